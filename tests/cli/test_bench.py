"""The benchmark's mechanics, on twenty pictures; what it measures is not tested."""

from pathlib import Path

import pytest
import torch

from mnist_core.cli.bench import bench, report
from mnist_core.data import datasets
from mnist_core.errors import DataError, DownloadError
from mnist_core.nn.device import threads
from tests.helpers.files import mnist_files, write_mnist


def test_both_loops_are_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_mnist(tmp_path, mnist_files(side=28))
    monkeypatch.setenv("MNIST_LAB_DATA", str(tmp_path))
    with threads(2):
        result = bench(repeats=2)
        assert torch.get_num_threads() == 2
    assert len(result.tutorial_seconds) == len(result.our_seconds) == 2
    ratios = [a / b for a, b in zip(result.tutorial_seconds, result.our_seconds, strict=True)]
    assert min(ratios) <= result.ratio <= max(ratios)
    assert 0 <= result.tutorial_accuracy <= 1
    assert 0 <= result.our_accuracy <= 1
    parts = ["gather", "gradient", "optimizer step", "accounting", "evaluation"]
    assert list(result.breakdown) == [*parts, "other"]
    assert min(result.breakdown[part] for part in parts) > 0
    text = report(result)
    assert f"{result.ratio:.1f} times as fast" in text
    assert result.hardware.cpu in text


def test_it_needs_the_full_mnist(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_download(*_: object) -> None:
        raise DownloadError("no server answers")

    monkeypatch.delenv("MNIST_LAB_DATA", raising=False)
    monkeypatch.setattr(datasets, "download", no_download)
    with pytest.raises(DataError, match="needs the full MNIST"):
        bench()
