"""Photographs of a 5, and how far a reading of one is from the 5 itself."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mnist_core.drawing.prepare import strokes_to_mnist
from mnist_core.drawing.strokes import Stroke, draw

FIVE = [
    [(0.2, 0.05), (0.15, 0.45), (0.6, 0.4), (0.8, 0.7), (0.5, 0.98), (0.1, 0.9)],
    [(0.2, 0.05), (0.8, 0.02)],
]


def strokes(size: float, x: float, y: float, pen: float) -> list[Stroke]:
    return [Stroke(np.array(s, np.float32) * size + np.float32([x, y]), pen) for s in FIVE]


def photo(
    size: int = 300, dark: bool = True, noise: float = 0.02, other: bool = True
) -> NDArray[np.uint8]:
    """A 5 on paper that the light falls on from the right, with a smaller mark next to it."""
    ink = draw(strokes(size, 350, 200, size / 14), 700, 1000)
    if other:
        ink = np.maximum(ink, draw([Stroke(np.array([[40, 620], [90, 600]]), 8)], 700, 1000))
    light = 0.4 + 0.45 * np.linspace(0, 1, 1000)[None]
    grain = np.random.default_rng(0).normal(0, noise, ink.shape)
    grey = light * (1 - 0.7 * ink) + grain
    return (np.clip(grey if dark else 1 - grey, 0, 1) * 255).astype(np.uint8)


# To pack a PNG or a WebP as small as it gets takes most of a test's time.
QUICK: dict[str, Any] = {"compress_level": 1, "method": 0}


def encoded(pixels: NDArray[np.uint8], kind: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **QUICK)
    return buffer.getvalue()


REFERENCE = strokes_to_mnist(strokes(200, 0, 0, 10))


def difference(image: NDArray[np.float32]) -> float:
    """Share of the ink that is not common to both, where rounding may move one by a pixel."""
    moved = [np.roll(image, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    return min(float(np.abs(m - REFERENCE).sum() / np.maximum(m, REFERENCE).sum()) for m in moved)
