"""What a network answers to many pictures: what it confuses, where it errs, how sure it may be."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mnist_core.data.pictures import in_rows
from mnist_core.nn.network import FloatArray, Network, softmax

AT_ONCE = 4096  # pictures read at a time: all of them as float32 would take four times their memory
BINS = 10  # of confidence, each a tenth wide
SIMULATED = 200  # perfectly calibrated networks that one is compared with

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Answers:
    """A network's answers to N pictures.

    labels: int64 (N,), what they show; probabilities: float32 (N, classes), each row's sum 1.
    """

    labels: Indices
    probabilities: FloatArray

    @cached_property
    def answers(self) -> Indices:
        """(N,): the likeliest class of each."""
        likeliest: Indices = self.probabilities.argmax(1)
        return likeliest

    @cached_property
    def confidence(self) -> FloatArray:
        """(N,): the probability of the class that was answered."""
        found: FloatArray = self.probabilities.max(1)
        return found

    @cached_property
    def right(self) -> NDArray[np.bool_]:
        """(N,): whether the answer is what the picture shows."""
        same: NDArray[np.bool_] = self.answers == self.labels
        return same

    @property
    def accuracy(self) -> float:
        """The share of right answers, 0 to 1."""
        return float(self.right.mean())

    @cached_property
    def confusion(self) -> Indices:
        """(classes, classes): how many pictures of the row's class were read as the column's."""
        classes = self.probabilities.shape[1]
        pairs = np.bincount(self.labels * classes + self.answers, minlength=classes**2)
        return pairs.reshape(classes, classes)

    def cell(self, truth: int, answer: int) -> Indices:
        """The rows of the pictures of ``truth`` that were read as ``answer``, the surest first."""
        rows = np.flatnonzero((self.labels == truth) & (self.answers == answer))
        return self._surest_first(rows)

    def mistakes(self) -> Indices:
        """The rows of all wrong answers, the surest first: the worst mistakes."""
        return self._surest_first(np.flatnonzero(~self.right))

    def hardest(self) -> Indices:
        """All rows, the one first in which what is shown was thought least likely.

        Where a picture has the wrong label, it is among the first.
        """
        likely = self.probabilities[np.arange(len(self.labels)), self.labels]
        return np.argsort(likely, kind="stable")

    def oddest(self) -> Indices:
        """All rows, the one first whose answer is least decided: by the entropy of its shares."""
        shares = self.probabilities
        logarithms = np.log(shares, out=np.zeros_like(shares), where=shares > 0)
        return np.argsort((shares * logarithms).sum(1), kind="stable")

    def _surest_first(self, rows: Indices) -> Indices:
        return rows[np.argsort(-self.confidence[rows], kind="stable")]


def read_all(network: Network, images: NDArray[np.uint8], labels: Indices) -> Answers:
    """What ``network`` answers to pictures uint8 (N, ...) that show ``labels`` (N,)."""
    parts = [
        softmax(network(in_rows(images[first : first + AT_ONCE])))
        for first in range(0, len(images), AT_ONCE)
    ]
    return Answers(labels, np.concatenate(parts))


@dataclass(frozen=True)
class ClassScore:
    """How well one class is read.

    ``count`` pictures show it, ``answered`` were read as it. ``recall`` is the share of the former
    that were read right (the accuracy on this class), ``precision`` the share of the latter that
    were right; NaN where there are none.
    """

    count: int
    answered: int
    recall: float
    precision: float


def class_scores(confusion: Indices) -> list[ClassScore]:
    """One score a class, from ``Answers.confusion``."""
    shown, answered, right = confusion.sum(1), confusion.sum(0), confusion.diagonal()
    with np.errstate(invalid="ignore"):  # 0 of 0 is NaN
        recall, precision = right / shown, right / answered
    return [
        ClassScore(int(count), int(named), float(found), float(sure))
        for count, named, found, sure in zip(shown, answered, recall, precision, strict=True)
    ]


def most_confused(confusion: Indices) -> tuple[int, int, int] | None:
    """(truth, answer, count) of the mistake that was made most often; None if none was made."""
    wrong = confusion - np.diag(confusion.diagonal())
    truth, answer = divmod(int(wrong.argmax()), len(wrong))
    count = int(wrong[truth, answer])
    return (truth, answer, count) if count else None


@dataclass(frozen=True)
class Bin:
    """Answers of about the same confidence: how many, their mean confidence, the share right."""

    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Calibration:
    """Whether a network is as often right as it is sure.

    ``bins`` are those of the ``BINS`` with answers, the least sure first. ``error`` is the mean
    distance between confidence and accuracy over all answers, the expected calibration error (Guo
    et al., "On Calibration of Modern Neural Networks", 2017). A network that is exactly as sure as
    it is right has one as well, asked about so many pictures: 19 times in 20 below ``chance``.
    """

    bins: list[Bin]
    error: float
    chance: float


def calibration(answers: Answers) -> Calibration:
    """Compare confidence with accuracy in bins of equal width."""
    sure = answers.confidence.astype(float)
    place = np.clip(np.ceil(sure * BINS).astype(int) - 1, 0, BINS - 1)
    counts = np.bincount(place, minlength=BINS)
    confident = np.bincount(place, sure, BINS)

    def error(right: NDArray[np.bool_]) -> float:
        gaps = np.bincount(place, right, BINS) - confident
        return float(np.abs(gaps).sum()) / len(right)

    random = np.random.default_rng(0)
    calibrated = [error(random.random(len(sure)) < sure) for _ in range(SIMULATED)]
    right = np.bincount(place, answers.right, BINS)
    bins = [
        Bin(int(counts[i]), float(confident[i] / counts[i]), float(right[i] / counts[i]))
        for i in np.flatnonzero(counts)
    ]
    return Calibration(bins, error(answers.right), float(np.quantile(calibrated, 0.95)))
