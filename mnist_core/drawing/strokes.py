"""Pen strokes as vectors: from the canvas's paths to points, and from points to ink.

A stroke is where the middle of the pen went. The canvas (Fabric.js, through
streamlit-drawable-canvas) reports each one as a path of M, L and Q commands in canvas pixels,
x to the right and y down, drawn with round caps and joins.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mnist_core.errors import DrawingError

FloatArray = NDArray[np.float32]

# Numbers that follow each path command, for the commands a freehand path can hold.
_PATH_ARGUMENTS = {"M": 2, "L": 2, "Q": 4}
# A quadratic piece between two mouse events is short: 4 chords leave it within 0.02 px for the
# pieces of 10 px that a quick hand makes.
CHORDS = 4
# Beyond this many points to stamp the spacing grows instead, so that a scribble of any length
# costs bounded memory.
MOST_POINTS = 20_000
# Between two discs the edge dips by spacing^2 / (8 radius), which this times the radius, the square
# of the spacing, keeps at 0.02 px.
SPACING = 0.16
_WIDEST = 2000  # a stamp of that pen is 4 million pixels


@dataclass(frozen=True, eq=False)
class Stroke:
    """One line drawn without lifting the pen.

    points: (n, 2) float32, x and y of the middle of the pen, y down, n at least 1.
    width: of the pen, in the same units, more than 0.
    """

    points: FloatArray
    width: float = 10.0

    def __post_init__(self) -> None:
        points = np.asarray(self.points, dtype=np.float32)
        if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
            raise DrawingError(f"stroke has shape {points.shape}; allowed: (n, 2), n at least 1")
        if not np.isfinite(points).all() or np.abs(points).max() > 1e6:
            raise DrawingError("stroke leaves the range of coordinates; allowed: -1e6 to 1e6")
        if not 0 < self.width <= _WIDEST:
            raise DrawingError(f"pen width is {self.width}; allowed: above 0, up to {_WIDEST}")
        object.__setattr__(self, "points", points)


Strokes = Mapping[str, Any] | Iterable[Stroke | Mapping[str, Any] | ArrayLike] | None


def as_strokes(strokes: Strokes) -> list[Stroke]:
    """Strokes from whatever holds them.

    strokes: the canvas's `json_data`, its list of objects, `Stroke`s, or (n, 2) arrays of points;
        None is an empty canvas.
    Raises DrawingError for objects other than freehand paths and for malformed paths.
    """
    if strokes is None:
        return []
    if isinstance(strokes, Mapping):
        strokes = strokes.get("objects", [])
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # of numbers that are refused below
            return [_stroke(item) for item in strokes]
    except (TypeError, ValueError, OverflowError) as error:  # a browser may send anything
        raise DrawingError(f"drawing is no list of lines, each of points: {error}") from error


def _stroke(item: Stroke | Mapping[str, Any] | ArrayLike) -> Stroke:
    if isinstance(item, Stroke):
        return item
    if isinstance(item, Mapping):
        return _stroke_of_path(item)
    return Stroke(np.asarray(item, dtype=np.float32))


def _stroke_of_path(shape: Mapping[str, Any]) -> Stroke:
    kind = str(shape.get("type"))
    if kind.lower() != "path":
        raise DrawingError(f"drawing holds an object of type {kind!r}; allowed: 'Path'")
    points: list[NDArray[np.float64]] = []
    for command, *numbers in shape.get("path", []):
        if _PATH_ARGUMENTS.get(command) != len(numbers):
            raise DrawingError(
                f"path holds {[command, *numbers]!r}; allowed: ['M', x, y], ['L', x, y] and "
                "['Q', x1, y1, x, y]"
            )
        ends = np.asarray(numbers, dtype=np.float64).reshape(-1, 2)
        if command == "Q" and points:
            start, (middle, end) = points[-1], ends
            for t in np.arange(1, CHORDS + 1) / CHORDS:
                points.append((1 - t) ** 2 * start + 2 * t * (1 - t) * middle + t**2 * end)
        else:
            points.append(ends[-1])
    return Stroke(np.array(points, dtype=np.float32).reshape(-1, 2), shape.get("strokeWidth", 10.0))


def resample(points: FloatArray, spacing: float) -> FloatArray:
    """Points at even steps of at most `spacing` along the polyline, both ends included."""
    steps = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    count = min(int(np.ceil(along[-1] / spacing)), MOST_POINTS) + 1
    at = np.linspace(0.0, along[-1], count)
    return np.stack([np.interp(at, along, axis) for axis in points.T], 1).astype(np.float32)


def draw(strokes: Sequence[Stroke], height: int, width: int) -> FloatArray:
    """Ink coverage (height, width) in [0, 1] of strokes given in pixels, anti-aliased.

    Discs are stamped along each stroke, and a disc covers a pixel by clip(radius + 1/2 -
    distance, 0, 1). Ink outside is cut off.
    """
    ink = np.zeros((height, width), dtype=np.float32)
    for stroke in strokes:
        radius = stroke.width / 2
        reach = int(np.ceil(radius + 1))
        offsets = np.arange(-reach, reach + 1)
        points = resample(stroke.points, (SPACING * radius) ** 0.5)
        for part in np.array_split(points, len(points) * len(offsets) ** 2 // 2_000_000 + 1):
            column = np.floor(part[:, :1]).astype(np.intp) + offsets
            row = np.floor(part[:, 1:]).astype(np.intp) + offsets
            across = (column + 0.5 - part[:, :1])[:, None, :]
            down = (row + 0.5 - part[:, 1:])[:, :, None]
            cover = np.clip(radius + 0.5 - np.sqrt(across**2 + down**2), 0, 1, dtype=np.float32)
            inside = ((row >= 0) & (row < height))[:, :, None] & ((column >= 0) & (column < width))[
                :, None, :
            ]
            index = (row[:, :, None] * width + column[:, None, :])[inside]
            np.maximum.at(ink.reshape(-1), index, cover[inside])
    return ink
