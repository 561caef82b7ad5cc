"""A drawing becomes a 28 x 28 image the way MNIST's makers made theirs.

LeCun, Cortes and Burges: "The original black and white (bilevel) images from NIST were size
normalized to fit in a 20x20 pixel box while preserving their aspect ratio. The resulting images
contain grey levels as a result of the anti-aliasing technique used by the normalization
algorithm. The images were centered in a 28x28 image by computing the center of mass of the
pixels" (http://yann.lecun.com/exdb/mnist/). One step is ours: the pen. People in NIST's forms
wrote with one kind of pen, on a canvas its width is a slider, so the ink is first thinned or
thickened to the width that MNIST's strokes have once they are in the box.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnist_core.drawing.strokes import (
    CHORDS,
    MOST_POINTS,
    SPACING,
    FloatArray,
    Stroke,
    Strokes,
    as_strokes,
    draw,
)
from mnist_core.errors import DrawingError

SIDE = 28  # of the image
BOX = 20  # of the square that the digit is fitted into
PEN = 2.5  # pixels of the 20 x 20 box: median over MNIST, measured as in _even_pen
# MNIST's centres of mass lie at 14.5 +- 0.29 (the spread of rounding to whole pixels), measured
# from the image's edge: on the middle of pixel 14, not on the corner of the four middle pixels.
MIDDLE = 14.5
# Ink at least this wide, compared with the whole drawing, is a blot rather than a line, and stays.
_BLOT = 0.75
# Half a pixel more or less is decided by more than this. A straight line's middle lies exactly
# between two places, and how a machine adds would decide where it goes.
_TIE = 1e-3
_LARGEST = 4096  # pixels a side


@dataclass(frozen=True)
class Preparation:
    """Which steps to take; all of them by default, none is what a naive app does."""

    even_pen: bool = True  # redraw the lines as wide as MNIST's
    crop: bool = True  # cut away the empty canvas around the ink
    margin: bool = True  # fit into 20 x 20 inside the 28 x 28, instead of all of it
    centre: bool = True  # put the centre of mass, not of the box, in the middle


@dataclass(frozen=True, eq=False)
class Steps:
    """What a drawing looks like after each step, float32 in [0, 1] with 1 for ink."""

    ink: FloatArray  # (height, width) the canvas
    crop: FloatArray  # (h, w) the ink alone, its pen made even
    box: FloatArray  # (20, 20), or (28, 28) without margin: fitted
    image: FloatArray  # (28, 28) what a model sees

    @property
    def empty(self) -> bool:
        """Nothing has been drawn."""
        return not self.image.any()


def description() -> dict[str, float]:
    """The numbers of `strokes_to_mnist`, for who does the same in another language."""
    return {
        "side": SIDE,
        "box": BOX,
        "pen": PEN,
        "middle": MIDDLE,
        "blot": _BLOT,
        "tie": _TIE,
        "chords": CHORDS,
        "spacing": SPACING,
        "mostPoints": MOST_POINTS,
    }


def to_mnist(rgba: NDArray[np.uint8]) -> FloatArray:
    """The 28 x 28 float32 image in [0, 1] of a canvas's pixels; all zeros for an empty canvas.

    rgba: uint8 (height, width, 4), up to 4096 a side. Any ink on any plain background: where parts
        are transparent the opaque is ink, otherwise what differs from the border is.
    Raises DrawingError for another shape or type.
    """
    return prepare_pixels(rgba).image


def strokes_to_mnist(strokes: Strokes) -> FloatArray:
    """The 28 x 28 float32 image in [0, 1] of pen strokes; all zeros without any.

    strokes: the canvas's `json_data` or its "objects", or (n, 2) arrays of x and y (y down), see
        `strokes.as_strokes`. Vectors do not blur into each other as pixels do under a wide pen, so
        read these where there is a choice.
    """
    drawn = as_strokes(strokes)
    preparation = Preparation()
    if not drawn:
        return np.zeros((SIDE, SIDE), np.float32)
    return _centred(_frame(drawn, preparation, (SIDE, SIDE)).draw(drawn), preparation)


def prepare_pixels(rgba: NDArray[np.uint8], preparation: Preparation | None = None) -> Steps:
    """All the steps from a canvas's pixels, see `to_mnist`."""
    return prepare_ink(ink_of_canvas(rgba), preparation)


def prepare_strokes(
    strokes: Strokes,
    preparation: Preparation | None = None,
    canvas: tuple[int, int] = (280, 280),
) -> Steps:
    """All the steps from pen strokes, see `strokes_to_mnist`.

    canvas: its height and width in the strokes' units; only shown, unless cropping is off.
    """
    preparation = preparation or Preparation()
    drawn = as_strokes(strokes)
    ink = draw(drawn, *canvas)
    if not drawn:
        return _blank(ink)
    frame = _frame(drawn, preparation, canvas)
    box = frame.draw(drawn)
    return Steps(ink, frame.draw(drawn, zoom=8), box, _centred(box, preparation))


@dataclass(frozen=True)
class _Frame:
    """The square that strokes are drawn into: `middle` of the strokes at its middle."""

    side: int
    scale: float
    middle: FloatArray
    pen: float | None  # in the square's pixels; None keeps each stroke's own

    def draw(self, strokes: Sequence[Stroke], zoom: int = 1) -> FloatArray:
        scale, side = self.scale * zoom, self.side * zoom
        moved = [
            Stroke(
                (stroke.points - self.middle) * scale + side / 2,
                max(stroke.width * scale, 1.0) if self.pen is None else self.pen * zoom,
            )
            for stroke in strokes
        ]
        return draw(moved, side, side)


def _frame(strokes: Sequence[Stroke], preparation: Preparation, canvas: tuple[int, int]) -> _Frame:
    points = np.concatenate([stroke.points for stroke in strokes])
    low, high = points.min(0), points.max(0)
    extent, pen = float((high - low).max()), max(stroke.width for stroke in strokes)
    side = BOX if preparation.margin else SIDE
    even = preparation.even_pen and pen <= _BLOT * (extent + pen)
    if not preparation.crop:
        low, high = np.zeros(2, np.float32), np.array(canvas[::-1], np.float32)
        scale = side / max(canvas)
    else:
        scale = (side - PEN) / extent if even else side / (extent + pen)
    return _Frame(side, scale, (low + high) / 2, PEN if even else None)


def prepare_ink(ink: FloatArray, preparation: Preparation | None = None) -> Steps:
    """All the steps from ink (height, width) in [0, 1], where 1 is ink and 0 background."""
    preparation = preparation or Preparation()
    rows, columns = np.flatnonzero((ink > 0.5).any(1)), np.flatnonzero((ink > 0.5).any(0))
    if not len(rows):
        return _blank(ink)
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    side = BOX if preparation.margin else SIDE
    cut = ink
    if preparation.crop:
        cut = ink[top:bottom, left:right]
    if preparation.even_pen:
        cut = _even_pen(cut, max(bottom - top, right - left), side, preparation.crop)
    box = _fitted(cut, side)
    return Steps(ink, cut, box, _centred(box, preparation))


def ink_of_canvas(rgba: NDArray[np.uint8]) -> FloatArray:
    """How much each pixel is ink, float32 (height, width) in [0, 1], see `to_mnist`."""
    rgba = np.asarray(rgba)
    if rgba.dtype != np.uint8 or rgba.ndim != 3 or rgba.shape[2] != 4:
        raise DrawingError(
            f"drawing is {rgba.dtype} of shape {rgba.shape}; allowed: uint8 (height, width, 4)"
        )
    if not 1 <= min(rgba.shape[:2]) <= max(rgba.shape[:2]) <= _LARGEST:
        raise DrawingError(
            f"drawing measures {rgba.shape[1]} x {rgba.shape[0]}; allowed: 1 to {_LARGEST} a side"
        )
    alpha: FloatArray = rgba[..., 3].astype(np.float32) / np.float32(255)
    if alpha.min() < 0.5:
        return alpha
    colour = rgba[..., :3].astype(np.float32) / 255
    border = np.concatenate([colour[0], colour[-1], colour[:, 0], colour[:, -1]])
    ink: FloatArray = np.abs(colour - np.median(border, axis=0)).max(2)
    # Below a tenth of full contrast it is noise, not ink; above, the darkest ink counts as full.
    full: FloatArray = (ink / max(float(ink.max()), 0.1)).astype(np.float32)
    return full


def _blank(ink: FloatArray) -> Steps:
    return Steps(ink, ink, np.zeros((BOX, BOX), np.float32), np.zeros((SIDE, SIDE), np.float32))


def _even_pen(ink: FloatArray, extent: int, side: int, crop: bool) -> FloatArray:
    """The same lines drawn with a pen that is PEN wide once `extent` pixels fill the box.

    The distance to the edge of the ink is shifted, which for a round pen gives what a thinner or
    thicker pen would have drawn. Only holes that a thick pen has filled stay filled.
    """
    from scipy import ndimage

    ink = np.pad(ink, pad := 1 + extent // 4 if crop else 0)
    solid = np.pad(ink > 0.5, 1)
    inside = ndimage.distance_transform_edt(solid)[1:-1, 1:-1]
    ridge = inside[(inside > 0) & (inside >= ndimage.maximum_filter(inside, 3))]
    # The middle line of a pen's ink lies half its width inside; blobs where lines run together lie
    # deeper, hence not the median. Right within 0.6 px for pens of 6 to 26 px on pen digits.
    pen = 2 * float(np.percentile(ridge, 20))
    if pen > _BLOT * extent:
        return ink[pad : len(ink) - pad or None, pad : ink.shape[1] - pad or None]
    wanted = PEN * (extent - pen) / (side - PEN) if crop else PEN * max(ink.shape) / side
    wanted = max(wanted, 2.0)  # pixels; a drawing of 10 pixels must not be thinned to nothing
    if wanted < pen - 2:  # then nothing outside can become ink
        edge = np.where(inside > 0, inside - 0.5, -np.inf)
    else:
        outside = ndimage.distance_transform_edt(~solid)[1:-1, 1:-1]
        edge = np.where(inside > 0, inside - 0.5, 0.5 - outside)
    even: FloatArray = np.clip(edge + (wanted - pen) / 2 + 0.5, 0, 1).astype(np.float32)
    if not crop:
        return even
    rows, columns = np.flatnonzero((even > 0.5).any(1)), np.flatnonzero((even > 0.5).any(0))
    return even[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _fitted(ink: FloatArray, side: int) -> FloatArray:
    """Ink scaled by area to fit (side, side), its aspect ratio kept, in the middle."""
    scale = side / max(ink.shape)
    down, across = (_area_weights(n, side, scale) for n in ink.shape)
    fitted: FloatArray = np.clip(down @ ink @ across.T, 0, 1)
    return fitted


def _area_weights(pixels: int, side: int, scale: float) -> FloatArray:
    """(side, pixels): the share of each source pixel in each target pixel, exact in area."""
    start = (side - pixels * scale) / 2
    edges = start + scale * np.arange(pixels + 1)
    target = np.arange(side)[:, None]
    overlap = np.minimum(edges[1:], target + 1) - np.maximum(edges[:-1], target)
    weights: FloatArray = np.clip(overlap, 0, None).astype(np.float32)
    return weights


def _centred(box: FloatArray, preparation: Preparation) -> FloatArray:
    """The box in (28, 28), moved by whole pixels so that its centre of mass is in the middle."""
    room = SIDE - len(box)
    offset = np.full(2, room // 2)
    mass = box.sum()  # 0 where all strokes lie outside a canvas that is not cropped
    if preparation.centre and room and mass:
        middle = np.arange(len(box)) + 0.5
        at: Sequence[float] = [float(box.sum(1) @ middle / mass), float(box.sum(0) @ middle / mass)]
        offset = np.clip(np.ceil(MIDDLE - np.array(at) - 0.5 - _TIE), 0, room).astype(int)
    image = np.zeros((SIDE, SIDE), np.float32)
    image[offset[0] : offset[0] + len(box), offset[1] : offset[1] + len(box)] = box
    return image
