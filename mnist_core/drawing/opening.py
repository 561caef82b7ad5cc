"""A picture in any form that people bring becomes brightness; a file is checked first."""

from __future__ import annotations

import io
import logging
import struct
import warnings
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from mnist_core.drawing.sheets import is_broad
from mnist_core.drawing.strokes import FloatArray
from mnist_core.errors import DrawingError

log = logging.getLogger(__name__)

MOST_BYTES = 10 * 2**20
# A photo of 50 megapixels takes 150 MB while it is decoded; nothing larger is worth that for a
# digit, and a decompression bomb is a small file that is much larger.
MOST_PIXELS = 50_000_000
_MOST = f"{MOST_PIXELS // 10**6} megapixels"
FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF")
ENDINGS = ("png", "jpg", "jpeg", "webp", "tif", "tiff", "bmp", "gif")
# What else people take for pictures, known by its bytes at an offset.
_OTHERS = (
    *(
        (4, b"ftyp" + brand, "a HEIC picture, as phones take them")
        for brand in (b"hei", b"hev", b"mif1", b"msf1")
    ),
    (4, b"ftypavi", "an AVIF picture"),
    (4, b"ftyp", "a film"),
    (4, b"JXL ", "a JPEG XL picture"),
    (0, b"\xff\x0a", "a JPEG XL picture"),
    (4, b"jP  ", "a JPEG 2000 picture"),
    (0, b"8BPS", "a Photoshop document"),
    (0, b"PK\x03\x04", "a zip archive"),
    (0, b"%PDF", "a PDF document"),
    (0, b"<svg", "an SVG drawing"),
    (0, b"<", "a web page or an XML file"),
)
# Writing is a few hundred pixels high at most afterwards, and everything takes 50 ms.
WORKING_SIDE = 512
# The largest numbers of pictures with more than 8 bits: a scanner's 12 bits come in files of 16.
_FULL = (1, 255, 1023, 4095, 16383, 65535)
# What white is in pictures of floats, and by what share of it enlarging them goes beyond.
_WHITE, _BEYOND = (1, 255, 65535), 0.25

Mode = Literal["L", "RGB"]
Picture = bytes | str | Path | Image.Image | NDArray[np.uint8] | NDArray[np.uint16]


def brightness(picture: Picture) -> FloatArray:
    """Brightness in [0, 1], 256 to 512 a side; what is transparent is as bright as the paper.

    picture: see ``scans.image_to_mnist``, and for the errors.
    """
    image = _in_few_modes(_opened(picture))
    image.thumbnail((WORKING_SIDE, WORKING_SIDE), reducing_gap=2.0)
    # MNIST's own digits, saved as 28 x 28 pictures, were read 68 % correctly without enlarging.
    times = -(-WORKING_SIDE // 2 // max(image.size))
    if times > 1:
        larger = image.width * times, image.height * times
        image = image.resize(larger, Image.Resampling.BICUBIC)
    if image.mode == "F":
        return np.clip(np.asarray(image, dtype=np.float32), 0, 1)
    grey = np.asarray(image.convert("L"), dtype=np.float32) / np.float32(255)
    if image.mode != "RGBA":
        return grey
    return _on_paper(grey, np.asarray(image.getchannel("A"), dtype=np.float32) / np.float32(255))


def decoded(data: bytes, mode: Mode, side: int) -> tuple[Image.Image, int]:
    """A picture's file in ``mode``, 8 bits a channel, and how many pixels the file has.

    It may be smaller already where it is a JPEG, yet not below ``side`` pixels. What is transparent
    becomes black around what is light, and white around what is dark.

    Raises:
        DrawingError: see ``scans.image_to_mnist``.
    """
    image, pixels = _decoded(data, mode, side)
    image = _in_few_modes(image)
    if image.mode == "F":
        values = np.clip(np.asarray(image, dtype=np.float32), 0, 1) * 255
        image = Image.fromarray(values.round().astype(np.uint8))
    elif image.mode == "RGBA":
        grey, opaque = np.asarray(image.convert("L")), np.asarray(image.getchannel("A")) > 127
        light = opaque.any() and float(np.median(grey[opaque])) > 127
        ground = Image.new("RGBA", image.size, "black" if light else "white")
        image = Image.alpha_composite(ground, image)
    return image.convert(mode), pixels


def _in_few_modes(image: Image.Image) -> Image.Image:
    """Any picture as one in mode F from 0 to 1, L, RGBA or RGB."""
    if image.mode.startswith(("I", "F")):
        return _of_wide_numbers(image)
    if image.mode == "LAB":
        return image.getchannel("L")
    if image.has_transparency_data:
        unmixed = {"La": "LA", "RGBa": "RGBA"}.get(image.mode, image.mode)
        return image.convert(unmixed).convert("RGBA")
    return image if image.mode == "L" else image.convert("RGB")


def _of_wide_numbers(image: Image.Image) -> Image.Image:
    """Pixels of 16 or 32 bits, or floats, as floats in [0, 1]: what their numbers mean is seen."""
    # In float64, since the span of two floats may be beyond float32.
    values = np.asarray(image, dtype=np.float64)
    known = values[np.isfinite(values)]
    least, largest = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    if image.mode.startswith("F"):
        values = np.nan_to_num(
            values, nan=float(np.median(known)) if known.size else 0, posinf=largest, neginf=least
        )
        black, white = _span_of_floats(least, largest)
    else:
        black = min(least, 0.0)
        white = black + next((n for n in _FULL if largest - black <= n), largest - black)
    return Image.fromarray(np.clip((values - black) / (white - black), 0, 1).astype(np.float32))


def _span_of_floats(least: float, largest: float) -> tuple[float, float]:
    """What is black and white: of a usual scale where the numbers fill it, else what they span."""
    for white in _WHITE:
        if least >= -_BEYOND * white and _BEYOND * white <= largest <= (1 + _BEYOND) * white:
            return 0.0, float(white)
    return (least, largest) if largest > least else (0.0, max(largest, 1.0))


def _on_paper(grey: FloatArray, alpha: FloatArray) -> FloatArray:
    """Transparency has two meanings: around a drawing there is nothing, around paper a cut.

    Opaque lines are ink, whatever their colour. Something broad with marks on it, or that fills
    the picture, is paper, and what is missing of it is as bright as the rest.
    """
    opaque = alpha >= 0.5
    if opaque.all():
        return grey
    if not opaque.any():
        return np.float32(1) - alpha
    paper = float(np.median(grey[opaque]))
    marks = float(np.mean(np.abs(grey[alpha > 0.9] - paper) > 0.15)) if (alpha > 0.9).any() else 0
    if is_broad(opaque) and (marks > 0.001 or opaque.mean() > 0.9):
        return np.asarray(alpha * grey + (1 - alpha) * np.float32(paper))
    return np.float32(1) - alpha


def _opened(picture: Picture) -> Image.Image:
    if isinstance(picture, Image.Image):
        _check_pixels(picture)
        return _turned(picture)
    if not isinstance(picture, np.ndarray):
        data = picture if isinstance(picture, bytes) else _read(Path(picture))
        return _decoded(data, "L", WORKING_SIDE * 2)[0]
    known = picture.dtype == np.uint8 or (picture.dtype == np.uint16 and picture.ndim == 2)
    if not known or picture.ndim not in (2, 3) or picture.size == 0:
        raise DrawingError(
            f"picture is {picture.dtype} of shape {picture.shape}; allowed: uint8 or uint16 "
            "(height, width), or uint8 (height, width, 3 or 4)"
        )
    try:
        image = Image.fromarray(picture)
    except TypeError as error:
        raise DrawingError(f"picture of shape {picture.shape} has no meaning") from error
    _check_pixels(image)
    return image


def _decoded(data: bytes, mode: Mode, side: int) -> tuple[Image.Image, int]:
    if len(data) > MOST_BYTES:
        raise DrawingError(
            f"picture has {len(data) / 2**20:.1f} MB; allowed: {MOST_BYTES // 2**20} MB"
        )
    try:
        with warnings.catch_warnings():
            # Pillow warns of bombs by its own limit; ours is checked before anything is decoded.
            warnings.simplefilter("ignore")
            image = Image.open(io.BytesIO(data), formats=FORMATS)
            _check_pixels(image)
            pixels = image.width * image.height
            image.draft(mode, (side, side))
            image.load()
            return _turned(image), pixels
    except Image.DecompressionBombError as error:  # Pillow refuses 179 megapixels by itself
        raise DrawingError(f"picture has too many pixels; allowed: {_MOST}") from error
    except (OSError, SyntaxError, ValueError, struct.error) as error:
        # Pillow's own words for what it does not know name an address in memory.
        unknown = isinstance(error, UnidentifiedImageError)
        what = _named(data) or ("it is none that is known" if unknown else error)
        raise DrawingError(
            f"picture cannot be read ({what}); allowed: a whole PNG or JPEG file, "
            "or WebP, TIFF, BMP, GIF"
        ) from error


def _turned(image: Image.Image) -> Image.Image:
    """A copy, as its camera says that it was held; as it is where what that wrote is damaged."""
    try:
        return ImageOps.exif_transpose(image)
    except (SyntaxError, ValueError, struct.error) as error:
        log.info("a picture's EXIF cannot be read, so it is not turned: %s", error)
        return image.copy()


def _named(data: bytes) -> str:
    """What another file is, or nothing if that is not known."""
    if not data:
        return "it is empty"
    begins = data[:20].lstrip()
    return next((f"it is {n}" for at, mark, n in _OTHERS if begins[at:].startswith(mark)), "")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise DrawingError(f"{path} cannot be read: {error.strerror}") from error


def _check_pixels(image: Image.Image) -> None:
    if not image.width * image.height:
        raise DrawingError(f"picture measures {image.width} x {image.height}; it has no pixels")
    if image.width * image.height > MOST_PIXELS:
        raise DrawingError(f"picture measures {image.width} x {image.height}; allowed: {_MOST}")
