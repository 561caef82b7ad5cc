"""``score-drawings``: how well a network reads a file of pen strokes."""

from pathlib import Path
from typing import Any, get_args

from pydantic import Field
from pydantic_settings import CliPositionalArg

from mnist_core.cli.common import Printing, load_predictor, print_json
from mnist_core.errors import ConfigError, Problem


class ScoreDrawings(Printing):
    """Measure how well pen strokes are read."""

    file: CliPositionalArg[Path] = Field(description="Pen strokes in the UCI original format.")
    run: str = Field("", description="The network of this run reads.")
    shipped: bool = Field(False, description="The network that comes with the library reads.")

    def __call__(self) -> int:
        """Draw every digit, have it read, and print how often it was read correctly."""
        if self.shipped == bool(self.run):
            raise ConfigError([Problem("run", self.run, "give one of --run --shipped")])

        import numpy as np

        from mnist_core.reading.scoring import Source, score_drawings
        from mnist_core.reading.shipped import load_shipped

        predictor = load_shipped() if self.shipped else load_predictor(self.run)

        def read(images: Any) -> Any:
            return np.array([prediction.digit for prediction in predictor.read(images)])

        for source in get_args(Source):
            found = score_drawings(self.file, read, source=source).as_dict()
            if self.as_json:
                print_json(found)
                continue
            print(f"From {source}: {_share(found['overall'])} read correctly")
            for name, label in (("by_pen", "pen of {} px"), ("by_digit", "digit {}")):
                for key, row in found[name].items():
                    print(f"  {label.format(key):13} {_share(row)}")
        return 0


def _share(row: dict[str, float]) -> str:
    return f"{row['accuracy']:.2%} of {row['total']:,}"
