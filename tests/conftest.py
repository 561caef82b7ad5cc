"""Fixtures that several test files use."""

import os
from pathlib import Path

import pytest
import torch

from mnist_core.datasets import ResidentDataset, load_dataset


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
def mnist() -> ResidentDataset:
    """The full MNIST on the CPU."""
    if "MNIST_LAB_DATA" not in os.environ:
        pytest.skip("MNIST_LAB_DATA names no folder with the full MNIST")
    dataset = load_dataset("mnist")
    assert not dataset.notice, dataset.notice
    return dataset.to(torch.device("cpu"))
