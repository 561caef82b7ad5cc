"""A photo, scan or other picture of a digit becomes a 28 x 28 image as MNIST has them.

The picture may be dark on light or light on dark, unevenly lit, and may show other marks; the
largest writing is kept.
"""

from __future__ import annotations

import io
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from mnist_core.drawing.prepare import Preparation, Steps, prepare_ink
from mnist_core.drawing.strokes import FloatArray
from mnist_core.errors import DrawingError

MOST_BYTES = 10 * 2**20
# A photo of 50 megapixels takes 150 MB while it is decoded; nothing larger is worth that for a
# digit, and a decompression bomb is a small file that is much larger.
MOST_PIXELS = 50_000_000
_MOST = f"{MOST_PIXELS // 10**6} megapixels"
FORMATS = ("PNG", "JPEG")
# Writing is a few hundred pixels high at most afterwards, and everything here takes 50 ms.
_WORKING_SIDE = 512
# Ink differs from the paper around it by at least this share of the full range.
_LEAST_CONTRAST = 0.08
# ... and by this many times the paper's typical grain.
_GRAIN = 8
# Strokes of one digit lie closer than this share of its largest one (the bar of a 5).
_GAP = 0.25

Picture = bytes | str | Path | Image.Image | NDArray[np.uint8]


def image_to_mnist(picture: Picture) -> FloatArray:
    """The 28 x 28 float32 image in [0, 1] of the largest writing; all zeros on a blank picture.

    picture: the bytes or the path of a PNG or JPEG of at most 10 MB and 50 megapixels, or a
        decoded one: a PIL image, or uint8 (height, width), (height, width, 3 or 4).
    Raises DrawingError for anything else and for damaged files.
    """
    return prepare_image(picture).image


def prepare_image(picture: Picture, preparation: Preparation | None = None) -> Steps:
    """All the steps from a picture, see `image_to_mnist`."""
    return prepare_ink(ink_of_picture(_grey(_opened(picture))), preparation)


def _opened(picture: Picture) -> Image.Image:
    if isinstance(picture, Image.Image):
        image = picture.copy()
    elif isinstance(picture, np.ndarray):
        if picture.dtype != np.uint8 or picture.ndim not in (2, 3) or picture.size == 0:
            raise DrawingError(
                f"picture is {picture.dtype} of shape {picture.shape}; allowed: uint8 "
                "(height, width) or (height, width, 3 or 4)"
            )
        try:
            image = Image.fromarray(picture)
        except TypeError as error:
            raise DrawingError(f"picture of shape {picture.shape} has no meaning") from error
    else:
        return _decoded(picture)
    _check_pixels(image)
    return image


def _decoded(source: bytes | str | Path) -> Image.Image:
    try:
        data = source if isinstance(source, bytes) else _read(Path(source))
        if len(data) > MOST_BYTES:
            raise DrawingError(
                f"picture has {len(data) / 2**20:.1f} MB; allowed: {MOST_BYTES // 2**20} MB"
            )
        with warnings.catch_warnings():
            # Pillow warns of bombs by its own limit; ours is checked before anything is decoded.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(data), formats=FORMATS)
            _check_pixels(image)
            image.draft("L", (_WORKING_SIDE * 2, _WORKING_SIDE * 2))
            image.load()
    except Image.DecompressionBombError as error:  # Pillow refuses 179 megapixels by itself
        raise DrawingError(f"picture has too many pixels; allowed: {_MOST}") from error
    except (OSError, SyntaxError, ValueError) as error:
        raise DrawingError(
            f"picture cannot be read ({error}); allowed: a whole PNG or JPEG file"
        ) from error
    return ImageOps.exif_transpose(image)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _check_pixels(image: Image.Image) -> None:
    if image.width * image.height > MOST_PIXELS:
        raise DrawingError(f"picture measures {image.width} x {image.height}; allowed: {_MOST}")


def _grey(image: Image.Image) -> FloatArray:
    """Brightness in [0, 1], 256 to 512 a side; what is transparent becomes the background."""
    image.thumbnail((_WORKING_SIDE, _WORKING_SIDE), reducing_gap=2.0)
    # MNIST's own digits, saved as 28 x 28 pictures, were read 68 % correctly without enlarging.
    times = -(-_WORKING_SIDE // 2 // max(image.size))
    if times > 1:
        larger = image.width * times, image.height * times
        image = image.convert("RGBA").resize(larger, Image.Resampling.BICUBIC)
    if image.has_transparency_data:
        rgba = np.asarray(image.convert("RGBA"), dtype=np.float32) / np.float32(255)
        alpha = rgba[..., 3]
        if alpha.min() < 0.5:  # a drawing on glass: where it is opaque is ink, whatever the colour
            return np.float32(1) - alpha
    return np.asarray(image.convert("L"), dtype=np.float32) / np.float32(255)


def ink_of_picture(grey: FloatArray) -> FloatArray:
    """Ink in [0, 1] of the largest writing on unevenly lit paper; grey (height, width) in [0, 1].

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
    contrast: FloatArray = difference if difference.max() >= -difference.min() else -difference
    if contrast.max() < max(_LEAST_CONTRAST, _GRAIN * float(np.median(np.abs(difference)))):
        return np.zeros_like(grey)
    ink: FloatArray = np.clip(contrast / contrast.max(), 0, 1).astype(np.float32)
    written: FloatArray = ink * _largest(ink > 0.5)
    return written


def _largest(mask: NDArray[np.bool_]) -> NDArray[Any]:
    """The largest mark and what is near it, with the edge of the ink, 2 pixels around it."""
    from scipy import ndimage

    marks, count = ndimage.label(mask)
    main = marks == 1 + np.argmax(np.bincount(marks.ravel(), minlength=count + 1)[1:])
    gap = _GAP * max(np.ptp(np.flatnonzero(main.any(axis))) for axis in (0, 1))
    near = ndimage.distance_transform_edt(~mask) <= gap / 2
    groups, _ = ndimage.label(near)
    return np.asarray((groups == groups[main][0]) & ndimage.binary_dilation(mask, iterations=2))
