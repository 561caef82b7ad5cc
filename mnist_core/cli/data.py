"""``data``: where a data set is; it is downloaded if it is nowhere."""

from pydantic import Field
from pydantic_settings import CliPositionalArg

from mnist_core.cli.common import Printing, as_json_fields, download_line, print_json
from mnist_core.config.fields import FIELDS, parse_config
from mnist_core.data.events import DataReady, Downloading


class Data(Printing):
    """Say where a data set is, or download it."""

    name: CliPositionalArg[str] = Field(
        "mnist", description=f"The data set: it {FIELDS['dataset'].allowed}."
    )

    def __call__(self) -> int:
        """Find or fetch it, and say how many pictures it has."""
        name = parse_config({"dataset": self.name}).dataset

        from mnist_core.data.datasets import load_dataset

        dataset = load_dataset(name, self._arrived)
        ready = DataReady(dataset.name, dataset.source, dataset.notice)
        if self.as_json:
            print_json(as_json_fields(ready))
        else:
            print(
                f"{dataset.name}: {len(dataset.labels):,} pictures to train and "
                f"{len(dataset.test_labels):,} to test, in {dataset.source}"
            )
            if dataset.notice:
                print(dataset.notice)
        return 0

    def _arrived(self, event: Downloading) -> None:
        if self.as_json:
            print_json(as_json_fields(event))
        else:
            print(download_line(event), flush=True)
