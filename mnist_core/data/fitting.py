"""A picture of any size and form becomes a square of a few pixels."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mnist_core.drawing.opening import Mode, decoded

FINER = 4  # times the side: what a JPEG is decoded to at least, before it is made small


def fitted_picture(data: bytes, side: int, colour: bool) -> tuple[NDArray[np.uint8], int]:
    """A picture's file as uint8 (side, side), in colour (side, side, 3); and its count of pixels.

    The whole picture is in it: its longer side fills the square, and what is left over has the
    colour of its border (the median, channel by channel). Pillow's Lanczos filter makes it small or
    large; a picture of just this size stays as it is.

    Raises:
        DrawingError: it is no picture that can be read, or too large.
    """
    mode: Mode = "RGB" if colour else "L"
    image, pixels = decoded(data, mode, FINER * side)
    scale = side / max(image.size)
    width, height = (max(round(length * scale), 1) for length in image.size)
    ground = border(np.asarray(image))
    square = Image.new(mode, (side, side), ground if colour else ground[0])
    small = image.resize((width, height), Image.Resampling.LANCZOS)
    square.paste(small, ((side - width) // 2, (side - height) // 2))
    return np.asarray(square), pixels


def border(picture: NDArray[np.uint8]) -> tuple[int, ...]:
    """The median of the outermost pixels of a picture (h, w) or (h, w, 3), channel by channel."""
    channels = picture.reshape(*picture.shape[:2], -1)
    edges = (channels[0], channels[-1], channels[:, 0], channels[:, -1])
    found = np.median(np.concatenate(edges), axis=0)
    return tuple(int(value) for value in found)
