"""Fixtures that several test files use."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from mnist_core.data.datasets import load_dataset
from mnist_core.data.pictures import ResidentDataset
from tests.helpers.files import idx


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test touches the user's own runs."""
    monkeypatch.setenv("MNIST_LAB_HOME", str(tmp_path / "home"))


@pytest.fixture(scope="session")
def tiny() -> ResidentDataset:
    """Four classes of 16 numbers that a network can learn in a few epochs."""
    generator = torch.Generator().manual_seed(0)
    centres = torch.rand(4, 16, generator=generator)
    labels = torch.arange(400) % 4
    images = (centres[labels] + 0.3 * torch.randn(400, 16, generator=generator)).clamp(0, 1)
    return ResidentDataset(images[:300], labels[:300], images[300:], labels[300:], classes=4)


@pytest.fixture(scope="session")
def small_mnist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """600 + 100 pictures in MNIST's layout: digit d is a bright band at height 2 d."""
    root = tmp_path_factory.mktemp("small")
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    random = np.random.default_rng(0)
    for part, n in (("train", 600), ("t10k", 100)):
        labels = np.arange(n) % 10
        images = random.integers(0, 60, (n, 28, 28))
        for image, digit in zip(images, labels, strict=True):
            image[2 * digit : 2 * digit + 4] += 150
        (raw / f"{part}-images-idx3-ubyte").write_bytes(idx(images))
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(idx(labels))
    return root


@pytest.fixture
def data(small_mnist: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the small data set, which workers and pages use as well."""
    monkeypatch.setenv("MNIST_LAB_DATA", str(small_mnist))
    return small_mnist


@pytest.fixture(scope="session")
def mnist() -> ResidentDataset:
    """The full MNIST on the CPU."""
    if "MNIST_LAB_DATA" not in os.environ:
        pytest.skip("MNIST_LAB_DATA names no folder with the full MNIST")
    dataset = load_dataset("mnist")
    assert not dataset.notice, dataset.notice
    return dataset.to(torch.device("cpu"))
