"""``score-drawings`` on the command line: how well a network reads a file of pen strokes."""

import argparse
from typing import Any, get_args

from mnist_core.cli.common import load_predictor, print_json


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The file and who reads it."""
    parser.add_argument("file", metavar="FILE", help="pen strokes in the UCI original format")
    reader = parser.add_mutually_exclusive_group(required=True)
    reader.add_argument("--run", metavar="ID", help="the network of this run reads")
    reader.add_argument(
        "--shipped", action="store_true", help="the network that comes with the library reads"
    )


def score(options: dict[str, Any], as_json: bool) -> int:
    """Draw every digit with every pen, have it read, and print how often it was read correctly."""
    import numpy as np

    from mnist_core.reading.scoring import Source, score_drawings
    from mnist_core.reading.shipped import load_shipped

    predictor = load_shipped() if options["shipped"] else load_predictor(options["run"])

    def read(images: Any) -> Any:
        return np.array([prediction.digit for prediction in predictor.read(images)])

    for source in get_args(Source):
        found = score_drawings(options["file"], read, source=source).as_dict()
        if as_json:
            print_json(found)
            continue
        print(f"From {source}: {_share(found['overall'])} read correctly")
        for name, label in (("by_pen", "pen of {} px"), ("by_digit", "digit {}")):
            for key, row in found[name].items():
                print(f"  {label.format(key):13} {_share(row)}")
    return 0


def _share(row: dict[str, float]) -> str:
    return f"{row['accuracy']:.2%} of {row['total']:,}"
