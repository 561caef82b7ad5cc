"""How well a model reads a file of pen strokes: overall, by digit and by pen width."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mnist_core.drawing.prepare import prepare_ink, strokes_to_mnist
from mnist_core.drawing.strokes import FloatArray, draw
from mnist_core.errors import DrawingError
from mnist_core.reading.pendigits import PenDigit, load_pendigits

CANVAS = 280  # pixels a side
PENS = (8, 12, 18, 26)  # pixels

Source = Literal["pixels", "strokes"]
# (N, 28, 28) float32 in [0, 1] -> the N digits read, or -1 where it is no digit
Read = Callable[[FloatArray], NDArray[np.integer[Any]]]


@dataclass
class Score:
    """How many drawings there were and how many of them were read correctly."""

    correct: int = 0
    total: int = 0

    @property
    def accuracy(self) -> float:
        """Share read correctly, 0 to 1; 0 without any drawing."""
        return self.correct / max(self.total, 1)

    def as_dict(self) -> dict[str, float]:
        """For JSON."""
        return {"accuracy": self.accuracy, "correct": self.correct, "total": self.total}


@dataclass
class DrawingScores:
    """Scores of one model on one file; `by_pen` is keyed by pen width in pixels.

    From strokes, in which the pen's width plays no part, `by_pen` is empty.
    """

    source: Source
    overall: Score = field(default_factory=Score)
    by_digit: dict[int, Score] = field(default_factory=dict)
    by_pen: dict[int, Score] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """For JSON; keys are strings there."""
        return {
            "source": self.source,
            "overall": self.overall.as_dict(),
            "by_digit": {str(k): v.as_dict() for k, v in sorted(self.by_digit.items())},
            "by_pen": {str(k): v.as_dict() for k, v in sorted(self.by_pen.items())},
        }


def images_of(digits: Sequence[PenDigit], pen: float, source: Source = "pixels") -> FloatArray:
    """(N, 28, 28): each digit drawn with that pen on a 280 px canvas and read as `source` says."""
    drawn = (digit.on_canvas(pen, CANVAS) for digit in digits)
    if source == "strokes":
        return np.stack([strokes_to_mnist(strokes) for strokes in drawn])
    return np.stack([prepare_ink(draw(strokes, CANVAS, CANVAS)).image for strokes in drawn])


def score_drawings(
    path: str | Path,
    read: Read,
    pens: Collection[int] = PENS,
    source: Source = "pixels",
    writers: Collection[int] | None = None,
) -> DrawingScores:
    """Draw every digit of a file on a 280 px canvas and have it read.

    path: pen strokes in the UCI original format.
    pens: widths in pixels, 1 to 100.
    source: "pixels" reads the canvas's pixels, once with every pen; "strokes" its vector paths,
        once.
    writers: only these; everyone by default.
    Raises DrawingError where a file or a value cannot be used.
    """
    for pen in pens:
        if not 1 <= pen <= 100:
            raise DrawingError(f"pen = {pen}: must be from 1 to 100 pixels")
    digits = [d for d in load_pendigits(path) if writers is None or d.writer in writers]
    if not digits:
        raise DrawingError(f"writers = {writers}: {path} holds no digits by them")
    truth = np.array([digit.digit for digit in digits])
    scores = DrawingScores(source)
    for pen in pens if source == "pixels" else PENS[:1]:
        right = np.asarray(read(images_of(digits, pen, source))) == truth
        for digit in np.unique(truth):
            of_digit = right[truth == digit]
            counted = [scores.overall, scores.by_digit.setdefault(int(digit), Score())]
            if source == "pixels":
                counted.append(scores.by_pen.setdefault(pen, Score()))
            for score in counted:
                score.correct += int(of_digit.sum())
                score.total += len(of_digit)
    return scores
