"""Digits as pen strokes, in the original format of UCI's pen digits.

"Pen-Based Recognition of Handwritten Digits", E. Alpaydin and F. Alimoglu, 1996,
https://doi.org/10.24432/C5MG6K, CC BY 4.0. The file is text in UNIPEN's notation. A digit starts
with `.SEGMENT DIGIT ... "7"`, its `.COMMENT` gives the digit, the writer and a count, and each
stroke is a list of x and y between `.PEN_DOWN` and `.PEN_UP`, in a box of 500 x 500 with y growing
upwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mnist_core.drawing.strokes import FloatArray, Stroke
from mnist_core.errors import DrawingError

TABLET = 500  # units a side
_DIGITS = list("0123456789")
_FLIP, _FLOOR = np.array([1, -1], np.float32), np.array([0, TABLET], np.float32)


@dataclass(frozen=True, eq=False)
class PenDigit:
    """One digit by one writer; strokes are (n, 2) arrays in tablet units, y turned to grow down."""

    digit: int
    writer: int
    strokes: tuple[FloatArray, ...]

    def on_canvas(self, pen: float, side: float = 280.0) -> list[Stroke]:
        """The strokes as somebody would have drawn them with a pen of that width on a canvas.

        The whole tablet becomes the canvas, so the digits keep their sizes and places.
        """
        return [Stroke(points * (side / TABLET), pen) for points in self.strokes]


def load_pendigits(path: str | Path) -> list[PenDigit]:
    """All digits of a file, in its order.

    Raises DrawingError, naming the file and the line, where it does not follow the format.
    """
    digits: list[PenDigit] = []
    about: tuple[int, int] | None = None
    strokes: list[FloatArray] = []
    points: list[list[float]] | None = None

    def close() -> None:
        if about is not None and strokes:
            digits.append(PenDigit(*about, tuple(strokes)))

    try:
        lines = Path(path).read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DrawingError(f"cannot read pen digits from {path}: {error}") from error
    for number, line in enumerate(lines, 1):
        words = line.split()
        try:
            if not words:
                continue
            if words[0] == ".SEGMENT":
                close()
                about, strokes = None, []
            elif words[0] == ".COMMENT":
                about = _DIGITS.index(words[1]), int(words[2])
            elif words[0] == ".PEN_DOWN":
                points = []
            elif words[0] == ".PEN_UP":
                if points:
                    upright = np.array(points, dtype=np.float32)
                    strokes.append(upright * _FLIP + _FLOOR)
                points = None
            elif points is not None:
                x, y = words
                points.append([float(x), float(y)])
        except (ValueError, IndexError) as error:
            raise DrawingError(
                f"{path}, line {number}: {line!r} is not in the UCI original format"
            ) from error
    close()
    if not digits:
        raise DrawingError(f"{path} holds no pen digits in the UCI original format")
    return digits
