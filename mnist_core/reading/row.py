"""Digits side by side: which pieces of ink make one digit, and what each of them is.

The pieces (a pen's strokes, or the marks on a picture) lie from left to right, and a digit is made
of up to ``MOST`` neighbours. Every such group is read. How likely it is one whole digit follows
from how sure the network is of it and from its measures, and of all ways to divide the row the
likeliest is taken: segmentation by recognition, as in Burges et al., "Shortest path segmentation:
a method for training a neural network to recognize character strings" (IJCNN 1992).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnist_core.drawing.prepare import prepare_ink, strokes_to_mnist
from mnist_core.drawing.strokes import FloatArray, Strokes, as_strokes
from mnist_core.errors import DrawingError
from mnist_core.reading.predict import Prediction, Predictor

MOST = 4  # pieces of one digit; none of 7,494 pen digits has more than 3 strokes
MOST_PIECES = 200  # of a row: 800 groups are read in about 0.3 s from strokes
# Log odds that a group is one whole digit: its measures times these, plus the last. A logistic
# regression on rows of one to four pen digits by writers 1 to 20: python -m benchmarks.rows --fit.
ODDS = np.array([-0.71, 2.00, 2.40, -8.18, -18.66, -2.05, -7.25])
# A mark smaller than this share of the tallest one is a speck.
_SPECK = 0.15


@dataclass(frozen=True, eq=False)
class Pieces:
    """What digits are made of.

    boxes: (n, 4) left, top, right and bottom of each piece, y down.
    image: the 28 x 28 picture of some of them, by their places.
    """

    boxes: NDArray[np.float64]
    image: Callable[[Iterable[int]], FloatArray]


@dataclass(frozen=True, eq=False)
class Found:
    """One digit of a row.

    prediction: what the network makes of it.
    pieces: the places of those that it is made of, from left to right.
    box: left, top, right and bottom of them all.
    """

    prediction: Prediction
    pieces: tuple[int, ...]
    box: tuple[float, ...]


def strokes_in_a_row(strokes: Strokes) -> Pieces:
    """A pen's strokes, in any order; the box of each is that of the middle of the pen.

    strokes: see `mnist_core.drawing.strokes.as_strokes`.
    Raises DrawingError for what is no drawing, and for more than ``MOST_PIECES`` strokes.
    """
    drawn = as_strokes(strokes)
    boxes = [(*stroke.points.min(0), *stroke.points.max(0)) for stroke in drawn]
    return _bounded(boxes, lambda places: strokes_to_mnist([drawn[i] for i in places]))


def marks_in_a_row(ink: FloatArray) -> Pieces:
    """What hangs together in ink (height, width) in [0, 1]; digits that touch are one mark.

    Raises DrawingError for more than ``MOST_PIECES`` marks that are no specks.
    """
    from scipy import ndimage

    marks, _ = ndimage.label(ink > 0.5, np.ones((3, 3)))
    found = [(x.start, y.start, x.stop, y.stop) for y, x in ndimage.find_objects(marks)]
    sizes = [max(right - left, bottom - top) for left, top, right, bottom in found]
    names = [name for name, size in enumerate(sizes, 1) if size >= _SPECK * max(sizes)]
    boxes = [found[name - 1] for name in names]

    def image(places: Iterable[int]) -> FloatArray:
        chosen = [*places]
        left, top, right, bottom = map(int, _around(np.array([boxes[i] for i in chosen])))
        part = np.s_[top:bottom, left:right]  # of a photo, a group is a small part
        wanted = np.isin(marks[part], [names[i] for i in chosen])
        return prepare_ink(np.where(wanted, ink[part], np.float32(0))).image

    return _bounded(boxes, image)


def _bounded(
    boxes: Sequence[tuple[float, ...]], image: Callable[[Iterable[int]], FloatArray]
) -> Pieces:
    if len(boxes) > MOST_PIECES:
        raise DrawingError(f"{len(boxes)} strokes or marks in a row; allowed: up to {MOST_PIECES}")
    return Pieces(np.array(boxes, dtype=np.float64).reshape(-1, 4), image)


def read_row(pieces: Pieces, reader: Predictor) -> list[Found]:
    """The digits that the pieces make, from left to right; none without pieces.

    Where the digits lie is told by the reader's judge, if it has one, since that knows what is no
    digit.
    """
    count = len(pieces.boxes)
    if not count:
        return []
    found, judged, measured = groups(pieces, reader.judge or reader)
    # For the first n pieces: the odds of the likeliest way to divide them, and its last group.
    best = [0.0, *[-np.inf] * count]
    last: dict[int, tuple[slice, Prediction]] = {}
    odds = measured @ ODDS[:-1] + ODDS[-1]
    for group, prediction, more in zip(found, judged, odds, strict=True):
        if best[group.start] + more > best[group.stop]:
            best[group.stop], last[group.stop] = best[group.start] + more, (group, prediction)
    taken: list[tuple[slice, Prediction]] = []
    while count:
        taken.insert(0, last[count])
        count = taken[0][0].start
    order = from_left(pieces)
    places = [tuple(order[group].tolist()) for group, _ in taken]
    predictions = reader.read(np.stack([judged.image for _, judged in taken]))
    return [
        Found(prediction, own, _around(pieces.boxes[list(own)]))
        for prediction, own in zip(predictions, places, strict=True)
    ]


def number(found: Sequence[Found]) -> str:
    """The digits as they are said, from left to right."""
    return "".join(str(digit.prediction.digit) for digit in found)


def from_left(pieces: Pieces) -> NDArray[np.intp]:
    """The places of the pieces, from left to right by the middle of each."""
    return np.argsort(pieces.boxes[:, 0] + pieces.boxes[:, 2], kind="stable")


def groups(
    pieces: Pieces, judge: Predictor
) -> tuple[list[slice], list[Prediction], NDArray[np.float64]]:
    """All groups of up to ``MOST`` neighbours, what the judge reads, and measures (groups, 6).

    A group is a slice of ``from_left``. Those that begin further left come first.
    """
    order, boxes = from_left(pieces), pieces.boxes
    # Of the row: as tall as its tallest piece; where that lies flat, half as wide.
    height = max((boxes[:, 3] - boxes[:, 1]).max(), (boxes[:, 2] - boxes[:, 0]).max() / 2, 1.0)
    found = [
        slice(first, last)
        for first in range(len(order))
        for last in range(first + 1, min(first + MOST, len(order)) + 1)
    ]
    predictions = judge.read(np.stack([pieces.image(order[group]) for group in found]))
    measured = [
        _measures(boxes[order[group]], height, prediction)
        for group, prediction in zip(found, predictions, strict=True)
    ]
    return found, predictions, np.array(measured)


def _measures(boxes: NDArray[np.float64], height: float, prediction: Prediction) -> list[float]:
    """What tells whether a group of pieces is one whole digit.

    boxes: (pieces, 4), left, top, right, bottom of each. height: of the row.
    prediction: what the judge makes of the group.
    """
    left, top, right, bottom = _around(boxes)
    tall, wide = (bottom - top) / height, (right - left) / height
    boxes = boxes[boxes[:, 0].argsort()]
    gaps = (boxes[1:, 0] - np.maximum.accumulate(boxes[:, 2])[:-1]) / height
    return [
        float(np.log(max(1 - prediction.confidence, 1e-4))),
        tall,
        wide,
        max(wide - 0.9, 0.0),
        # The widest gap between its pieces, negative where all overlap.
        float(np.clip(gaps.max(), -0.3, 0.5)) if len(gaps) else 0.0,
        float(len(gaps) > 0),
    ]


def _around(boxes: NDArray[np.float64]) -> tuple[float, ...]:
    return (*boxes[:, :2].min(0).tolist(), *boxes[:, 2:].max(0).tolist())
