"""``data``: where a data set is; it is downloaded if it is nowhere."""

from typing import get_args

from pydantic import Field
from pydantic_settings import CliPositionalArg

from mnist_core.cli.common import Printing, as_json_fields, download_line, print_json
from mnist_core.config.train import DatasetName
from mnist_core.data.events import DataReady, Downloading


class Data(Printing):
    """Say where a data set is, or download it."""

    name: CliPositionalArg[DatasetName] = Field(
        "mnist", description=", ".join(get_args(DatasetName))
    )

    def __call__(self) -> int:
        """Find or fetch it, and say how many pictures it has."""
        from mnist_core.data.datasets import load_dataset

        dataset = load_dataset(self.name, self._arrived)
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
