"""What pictures of a class have in common, against NumPy's own mean and deviation."""

import numpy as np
import pytest

from mnist_core.data.statistics import class_counts, mean_and_deviation


def test_each_class_is_counted_also_one_without_pictures() -> None:
    assert class_counts(np.array([0, 2, 2, 1, 2]), 4).tolist() == [1, 1, 3, 0]


@pytest.mark.parametrize("shape", [(5, 6), (3, 4, 3)])
def test_mean_and_deviation_are_those_of_each_class(
    monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...]
) -> None:
    monkeypatch.setattr("mnist_core.data.statistics.AT_ONCE", 7)
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (40, *shape)).astype(np.uint8)
    labels = random.integers(0, 3, 40)
    mean, deviation = mean_and_deviation(images, labels, 4)
    for label in range(3):
        shown = images[labels == label] / 255
        np.testing.assert_allclose(mean[label], shown.mean(0), atol=1e-6)
        np.testing.assert_allclose(deviation[label], shown.std(0), atol=1e-6)
    assert not mean[3].any()
    assert not deviation[3].any()


def test_pictures_that_are_all_alike_do_not_deviate() -> None:
    images = np.full((1000, 2, 2), 77, np.uint8)
    _, deviation = mean_and_deviation(images, np.zeros(1000, int), 1)
    np.testing.assert_allclose(deviation, 0, atol=1e-7)
