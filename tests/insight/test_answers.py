"""What a network confuses, against scikit-learn."""

import math
from itertools import pairwise

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import confusion_matrix, precision_score, recall_score

from mnist_core.insight.answers import (
    BINS,
    Answers,
    calibration,
    class_scores,
    most_confused,
    read_all,
)
from mnist_core.nn.model import MnistModel
from mnist_core.nn.network import softmax
from tests.helpers.networks import in_numpy


def random_answers(count: int = 2000, classes: int = 7, seed: int = 0) -> Answers:
    """Answers that are right about half the time; no picture shows the last class."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, classes - 1, count)
    logits = random.normal(size=(count, classes)).astype(np.float32)
    logits[np.arange(count), labels] += 1
    return Answers(labels, softmax(logits))


def test_the_matrix_and_the_scores_are_scikit_learns() -> None:
    found = random_answers()
    expected = confusion_matrix(found.labels, found.answers, labels=range(7))
    np.testing.assert_array_equal(found.confusion, expected)
    scores = class_scores(found.confusion)
    looks = {"labels": range(7), "average": None, "zero_division": math.nan}
    np.testing.assert_allclose(
        [score.recall for score in scores], recall_score(found.labels, found.answers, **looks)
    )
    np.testing.assert_allclose(
        [score.precision for score in scores], precision_score(found.labels, found.answers, **looks)
    )
    assert math.isnan(scores[6].recall)
    assert [score.count for score in scores] == expected.sum(1).tolist()
    assert [score.answered for score in scores] == expected.sum(0).tolist()
    assert found.accuracy == pytest.approx(expected.trace() / expected.sum())


def test_a_class_that_is_never_answered_has_no_precision() -> None:
    shares = np.array([[0.9, 0.1], [0.8, 0.2]], np.float32)
    first, second = class_scores(Answers(np.array([0, 1]), shares).confusion)
    assert (first.recall, first.precision) == (1.0, 0.5)
    assert second.recall == 0.0
    assert math.isnan(second.precision)


def test_the_worst_mistakes_are_the_surest_ones() -> None:
    found = random_answers()
    rows = found.mistakes()
    assert set(rows) == set(np.flatnonzero(found.answers != found.labels))
    assert (np.diff(found.confidence[rows]) <= 0).all()
    cell = found.cell(2, 4)
    assert len(cell) == found.confusion[2, 4] > 0
    assert (found.labels[cell] == 2).all()
    assert (found.answers[cell] == 4).all()
    assert (np.diff(found.confidence[cell]) <= 0).all()


def test_what_is_confused_most_is_named_and_nothing_where_all_is_right() -> None:
    assert most_confused(np.array([[90, 2, 0], [7, 80, 3], [0, 0, 99]])) == (1, 0, 7)
    assert most_confused(np.diag([3, 4])) is None


def test_pictures_are_read_in_parts_as_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    network = in_numpy(MnistModel(12, (5,), 4))
    images = np.random.default_rng(0).integers(0, 256, (50, 3, 4)).astype(np.uint8)
    whole = read_all(network, images, np.zeros(50, int))
    monkeypatch.setattr("mnist_core.insight.answers.AT_ONCE", 7)
    parts = read_all(network, images, np.zeros(50, int))
    np.testing.assert_allclose(parts.probabilities, whole.probabilities, rtol=1e-5)
    expected = softmax(network(images.reshape(50, 12).astype(np.float32) / 255))
    np.testing.assert_allclose(whole.probabilities, expected, rtol=1e-5)


def with_confidence(sure: np.ndarray, right: np.ndarray) -> Answers:
    """Answers of two classes, all 'the first', that are as sure and as often right as told."""
    shares = np.stack([sure, 1 - sure], 1).astype(np.float32)
    return Answers(np.where(right, 0, 1), shares)


def test_calibration_is_the_error_by_its_definition() -> None:
    random = np.random.default_rng(3)
    sure = random.uniform(0.5, 1, 4000)
    right = random.random(4000) < sure**2
    found = calibration(with_confidence(sure, right))
    edges, error = np.linspace(0, 1, BINS + 1), 0.0
    for low, high in pairwise(edges):
        inside = (sure > low) & (sure <= high)
        if inside.any():
            error += inside.mean() * abs(right[inside].mean() - sure[inside].mean())
    assert found.error == pytest.approx(error, abs=1e-6)
    assert sum(b.count for b in found.bins) == 4000
    assert all(b.accuracy < b.confidence for b in found.bins)


def test_the_bins_are_those_of_scikit_learn() -> None:
    random = np.random.default_rng(4)
    sure = random.uniform(0.5, 1, 4000).astype(np.float32)
    right = random.random(4000) < sure**2
    found = calibration(with_confidence(sure, right))
    accuracy, confidence = calibration_curve(right, sure, n_bins=BINS)
    assert [b.accuracy for b in found.bins] == pytest.approx(accuracy.tolist())
    assert [b.confidence for b in found.bins] == pytest.approx(confidence.tolist())


def test_chance_explains_the_error_of_a_network_that_is_as_sure_as_it_is_right() -> None:
    """In 19 of 20 cases; a network that is too sure has more."""
    below = 0
    for seed in range(40):
        random = np.random.default_rng(seed)
        sure = random.uniform(0.5, 1, 1000)
        found = calibration(with_confidence(sure, random.random(1000) < sure))
        below += found.error <= found.chance
    assert below >= 34
    random = np.random.default_rng(0)
    sure = random.uniform(0.8, 1, 1000)
    found = calibration(with_confidence(sure, random.random(1000) < sure - 0.1))
    assert found.error > 2 * found.chance


def test_the_hardest_are_those_whose_label_is_least_likely_and_the_oddest_least_decided() -> None:
    shares = np.array([[0.9, 0.1, 0], [0.2, 0.7, 0.1], [0.34, 0.33, 0.33], [0, 0, 1]], np.float32)
    found = Answers(np.array([0, 0, 2, 0]), shares)
    assert found.hardest().tolist() == [3, 1, 2, 0]
    assert found.oddest().tolist() == [2, 1, 0, 3]


def test_a_wrong_label_is_among_the_hardest() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 5, 300)
    logits = random.normal(size=(300, 5)).astype(np.float32)
    logits[np.arange(300), labels] += 6
    told = labels.copy()
    told[[17, 200]] = (told[[17, 200]] + 1) % 5
    assert set(Answers(told, softmax(logits)).hardest()[:2]) == {17, 200}
