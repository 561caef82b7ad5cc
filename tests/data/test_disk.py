"""What a data set takes on the disk, and removing it."""

import shutil
from pathlib import Path

import pytest

from mnist_core.data.datasets import load_dataset, locate
from mnist_core.data.disk import place_and_size, removable, remove
from mnist_core.errors import DataError
from mnist_core.settings import Settings
from tests.helpers.files import write_mnist


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MNIST_LAB_DATA", raising=False)


def test_what_was_downloaded_is_counted_and_removed() -> None:
    downloads = Settings().downloads
    assert place_and_size("mnist") is None
    write_mnist(downloads)
    files = [path for path in downloads.rglob("*") if path.is_file()]
    assert place_and_size("mnist") == (downloads, sum(path.stat().st_size for path in files))
    assert load_dataset("mnist").source == str(downloads)
    assert removable("mnist")
    remove("mnist")
    assert locate("mnist") is None
    assert [path for path in downloads.rglob("*") if path.is_file()] == []


def test_other_pictures_in_its_place_are_read_anew() -> None:
    downloads = Settings().downloads
    write_mnist(downloads)
    before = load_dataset("mnist").images
    remove("mnist")
    shutil.rmtree(downloads / "MNIST")
    write_mnist(downloads)
    assert load_dataset("mnist").images is not before


def test_what_lies_in_a_folder_of_somebody_s_own_is_not_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_LAB_DATA", str(tmp_path / "data"))
    write_mnist(tmp_path / "data")
    assert not removable("mnist")
    with pytest.raises(DataError, match="which MNIST_LAB_DATA names"):
        remove("mnist")
    assert locate("mnist") == tmp_path / "data"


def test_what_is_not_here_cannot_be_removed() -> None:
    with pytest.raises(DataError, match="KMNIST is not on this machine"):
        remove("kmnist")
