"""Zips of pictures, made in the tests."""

import io
import zipfile
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mnist_core.data.adding import Wish, add
from mnist_core.data.datasets import load_sample


def png(picture: NDArray[np.uint8] | Image.Image) -> bytes:
    """A picture as a PNG file."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def zip_of(files: Mapping[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip of files by their paths."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", how) as file:
        for path, content in files.items():
            file.writestr(path, content)
    return buffer.getvalue()


def digit_files(each: int, digits: Iterable[int] = range(10)) -> dict[str, bytes]:
    """``each`` pictures of some of MNIST's digits, as they are, in folders by what they show."""
    sample = load_sample()
    return {
        f"{digit}/{row}.png": png(sample.images[row])
        for digit in digits
        for row in np.flatnonzero(sample.labels == digit)[:each]
    }


def add_zip(data: bytes, title: str, **wish: object) -> str:
    """Add a zip to the home of this test; returns the data set's name."""
    steps = add(data, f"{title}.zip", Wish(title, **wish))  # type: ignore[arg-type]
    while True:
        try:
            next(steps)
        except StopIteration as end:
            name: str = end.value
            return name
