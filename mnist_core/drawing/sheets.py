"""Where in a photograph the paper is, when there is a table around it."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mnist_core.drawing.strokes import FloatArray

# All lengths are shares of the picture's longer side, brightness is in [0, 1].
_LINE = 1 / 70  # printed lines are narrower, and would cut squared paper into its squares
# The logarithm of brightness changes by this much from pixel to pixel (of 512) at the edge of a
# sheet, and by less at the edge of a shadow, which is soft.
_EDGE = 0.07
_LEAST = 0.1  # of the picture: smaller than that is no sheet that somebody took a picture of
_PAPER = 0.72  # of a sheet at least is paper; of a bold 0 with its hole at most 0.67 is ink
_BROAD = 0.22  # the largest circle on a sheet, its radius as a share of the sheet's longer side
_STEP = 1.6  # paper is so many times as bright as the table, or the other way round
# Where that is looked for beside a sheet's edge. Beside the hole of a 0 there is first its ink, and
# then paper again.
_SEEN = 0.005  # of the picture's square at least must be table there
_RINGS = ((0.02, 0.06), (0.06, 0.1))


def sheets(grey: FloatArray) -> Iterator[FloatArray]:
    """What may be a sheet on a table, each alone in the box around it, the largest first.

    grey: brightness (height, width), 256 to 512 pixels a side. What is around a sheet becomes as
        bright as the paper next to it. Nothing where no sheet's edge is seen.
    """
    from scipy import ndimage

    side = max(grey.shape)
    line = max(3, round(side * _LINE) | 1)
    smooth = ndimage.grey_closing(ndimage.gaussian_filter(grey, 1), line, mode="nearest")
    slope = ndimage.gaussian_gradient_magnitude(np.log(smooth + 0.03), 1.5, mode="nearest")
    edges = slope >= max(_EDGE, 4 * float(np.median(slope)))
    # Widened: a thin wedge of table is closed like a line, and its edge ends before the picture's.
    areas, _ = ndimage.label(~ndimage.binary_dilation(edges, iterations=line // 2 + 1))
    sizes = np.bincount(areas.ravel())
    sizes[0] = 0  # the edges themselves
    for label in np.argsort(-sizes):
        if sizes[label] < _LEAST * grey.size:
            return
        sheet = ndimage.binary_fill_holes(areas == label)
        if _is_compact(sheet, areas == label) and _is_on_a_table(sheet, smooth, side):
            yield _alone(grey, smooth, sheet, line)


def _is_compact(sheet: NDArray[np.bool_], paper: NDArray[np.bool_]) -> bool:
    """Whether it is broad and mostly paper: the ink of a thick 8 is neither, that of a 0 not paper.

    paper: the sheet without its writing.
    """
    return bool(paper.sum() >= _PAPER * sheet.sum()) and is_broad(sheet)


def is_broad(area: NDArray[np.bool_]) -> bool:
    """Whether an area is as broad as a sheet, and not drawn with a pen."""
    from scipy import ndimage

    rows, columns = (np.flatnonzero(area.any(axis)) for axis in (1, 0))
    extent = max(np.ptp(rows), np.ptp(columns)) + 1
    # What is nearest to a point of the area lies in the box around it, or on the box's own edge.
    box = (slice(max(at[0] - 1, 0), at[-1] + 2) for at in (rows, columns))
    return bool(ndimage.distance_transform_edt(area[tuple(box)]).max() > _BROAD * extent)


def _is_on_a_table(sheet: NDArray[np.bool_], smooth: FloatArray, side: int) -> bool:
    """Whether what is beside a sheet is much darker, or much brighter, nearly all around it."""
    from scipy import ndimage

    away, nearest = ndimage.distance_transform_edt(~sheet, return_indices=True)
    seen = False
    for low, high in _RINGS:
        beside = (away > low * side) & (away < high * side)
        if beside.sum() < _SEEN * side * side:
            continue  # the picture ends there
        ratio = smooth[tuple(nearest)][beside] / np.maximum(smooth[beside], 1e-3)
        if max(np.mean(ratio > _STEP), np.mean(ratio < 1 / _STEP)) < 0.8:
            return False
        seen = True
    return seen


def _alone(grey: FloatArray, smooth: FloatArray, sheet: NDArray[np.bool_], line: int) -> FloatArray:
    from scipy import ndimage

    inside = ndimage.binary_erosion(sheet, iterations=line // 2, border_value=1)
    rows, columns = np.flatnonzero(inside.any(1)), np.flatnonzero(inside.any(0))
    box = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    nearest = ndimage.distance_transform_edt(~inside, return_distances=False, return_indices=True)
    alone: FloatArray = np.where(inside, grey, smooth[tuple(nearest)]).astype(np.float32)[box]
    return alone
