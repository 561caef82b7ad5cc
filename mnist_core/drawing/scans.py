"""A photo, scan or other picture of a digit becomes a 28 x 28 image as MNIST has them.

The picture may be dark on light or light on dark, unevenly lit, may show other marks, printed lines
or a table around the paper; the largest writing is kept, one digit or a row of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_core.drawing.opening import WORKING_SIDE, Picture, brightness
from mnist_core.drawing.prepare import Preparation, Steps, prepare_ink
from mnist_core.drawing.sheets import sheets
from mnist_core.drawing.strokes import FloatArray

# Ink differs from the paper around it by at least this share of the full range.
_LEAST_CONTRAST = 0.08
# ... and by this many times the paper's typical grain.
_GRAIN = 8
# Paper in a shadow is at least this bright; below, grain would pass for ink.
_DARKEST = 0.15
# Strokes of one digit lie closer than this share of its largest one (the bar of a 5).
_GAP = 0.25
# What strays so far from the paper, along a whole side of the picture, is the edge of a scan where
# it is thinner than this share of the longer side; the bar of a 7 that fills a picture is wider.
_STRAYS, _SCAN_EDGE = 0.2, 0.02
# Digits of one number lie closer than this share of the largest one.
_ROW_GAP = 1.0


def image_to_mnist(picture: Picture) -> FloatArray:
    """The 28 x 28 float32 image in [0, 1] of the largest writing; all zeros on a blank picture.

    picture: the bytes or the path of a PNG, JPEG, WebP, TIFF, BMP or GIF file of at most 10 MB and
        50 megapixels, or a decoded one: a PIL image of any mode, uint8 (height, width) or
        (height, width, 3 or 4), or uint16 (height, width).
    Raises DrawingError for anything else and for damaged files.
    """
    return prepare_image(picture).image


def prepare_image(picture: Picture, preparation: Preparation | None = None) -> Steps:
    """All the steps from a picture, see `image_to_mnist`."""
    return prepare_ink(ink_of_picture(brightness(picture)), preparation)


def row_of_picture(picture: Picture) -> FloatArray:
    """Ink (height, width) in [0, 1] of the largest digit and of those in a row with it.

    picture: see `image_to_mnist`.
    """
    return ink_of_picture(brightness(picture), _ROW_GAP)


def ink_of_picture(grey: FloatArray, gap: float = _GAP) -> FloatArray:
    """Ink in [0, 1] of the largest writing; grey (height, width) is brightness in [0, 1].

    What is closer to the largest mark than ``gap`` of its size belongs to it, and so on. It is
    looked for on sheets that lie on a table, and if there is none, on all of the picture but for
    a scan's dark edges.
    """
    # What was smaller than this is a digit, and hardly a photograph of a table: of MNIST's
    # own, black on white, 1.6 % were lost when bold ink was taken for a sheet.
    large = max(grey.shape) >= WORKING_SIDE
    grey = grey[_within_edges(grey)]
    found = sheets(grey) if large else ()
    for sheet in (*found, grey):
        ink = _ink_on_paper(sheet, gap)
        if ink.any():
            return ink
    return np.zeros_like(grey)


def _within_edges(grey: FloatArray) -> tuple[slice, slice]:
    """What the edges of a scan leave: thin lines, darker or lighter, along whole sides.

    Paper is looked for in large neighbourhoods, which the picture's outermost pixels continue: such
    a line would be paper there, and what is beside it ink.
    """
    most = round(max(grey.shape) * _SCAN_EDGE)
    inside = []
    for picture in (grey, grey.T):
        cut = [0, 0]
        if len(picture) > 4 * most:
            for end, rows in enumerate((picture, picture[::-1])):
                behind = np.median(rows[most : most + 3], axis=0)
                strays = np.abs(rows[:most] - behind) > _STRAYS
                lines = np.flatnonzero(strays.mean(axis=1) > 0.9)
                cut[end] = int(lines[-1]) + 3 if lines.size else 0  # its own edge is soft
        inside.append(slice(cut[0], len(picture) - cut[1]))
    return inside[0], inside[1]


def _ink_on_paper(grey: FloatArray, gap: float) -> FloatArray:
    """Ink in [0, 1] of the largest writing on unevenly lit paper.

    The paper's brightness around each pixel is the median of a coarse neighbourhood, wider than
    any line. What reaches half the contrast of the strongest ink is ink; a threshold from the
    histogram (Otsu's) lost digits that fill less than 1 % of the picture.
    """
    from scipy import ndimage

    side = max(grey.shape)
    # A median over half the picture, on 48 pixels a side: 100 times faster than on all. Over a
    # third, bold digits that fill a picture were taken for paper.
    step = max(1, side // 48)
    paper = ndimage.median_filter(grey[::step, ::step], size=side // step // 2 + 1, mode="nearest")
    zoom = [n / c for n, c in zip(grey.shape, paper.shape, strict=True)]
    paper = ndimage.zoom(paper, zoom, order=1, mode="nearest", grid_mode=True)
    difference = ndimage.uniform_filter(paper - grey, 3)  # evens out the grain of a photo
    # Writing is the side, dark or light, that strays further from the paper.
    if difference.max() >= -difference.min():
        # In a shadow paper and ink are darker by the same factor.
        contrast: FloatArray = difference * (float(paper.max()) / np.maximum(paper, _DARKEST))
    else:
        contrast = -difference
    if contrast.max() < max(_LEAST_CONTRAST, _GRAIN * float(np.median(np.abs(difference)))):
        return np.zeros_like(grey)
    ink: FloatArray = np.clip(contrast / contrast.max(), 0, 1).astype(np.float32)
    written: FloatArray = ink * _largest(ink > 0.5, gap)
    return written


def _largest(mask: NDArray[np.bool_], gap: float) -> NDArray[Any]:
    """The largest mark and what is near it, with the edge of the ink, 2 pixels around it."""
    from scipy import ndimage

    marks, count = ndimage.label(mask)
    main = marks == 1 + np.argmax(np.bincount(marks.ravel(), minlength=count + 1)[1:])
    size = max(np.ptp(np.flatnonzero(main.any(axis))) for axis in (0, 1))
    near = ndimage.distance_transform_edt(~mask) <= gap * size / 2
    groups, _ = ndimage.label(near)
    return np.asarray((groups == groups[main][0]) & ndimage.binary_dilation(mask, iterations=2))
