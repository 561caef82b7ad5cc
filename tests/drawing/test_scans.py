"""Pictures of digits: photos, scans, and files that are none."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from mnist_core.drawing.prepare import strokes_to_mnist
from mnist_core.drawing.scans import MOST_BYTES, image_to_mnist
from mnist_core.drawing.strokes import Stroke, draw
from mnist_core.errors import DrawingError

FIVE = [
    [(0.2, 0.05), (0.15, 0.45), (0.6, 0.4), (0.8, 0.7), (0.5, 0.98), (0.1, 0.9)],
    [(0.2, 0.05), (0.8, 0.02)],
]


def strokes(size, x, y, pen):
    return [Stroke(np.array(s, np.float32) * size + np.float32([x, y]), pen) for s in FIVE]


def photo(size=300, dark=True, noise=0.02, other=True):
    """A 5 on paper that the light falls on from the right, with a smaller mark next to it."""
    ink = draw(strokes(size, 350, 200, size / 14), 700, 1000)
    if other:
        ink = np.maximum(ink, draw([Stroke(np.array([[40, 620], [90, 600]]), 8)], 700, 1000))
    light = 0.4 + 0.45 * np.linspace(0, 1, 1000)[None]
    grain = np.random.default_rng(0).normal(0, noise, ink.shape)
    grey = light * (1 - 0.7 * ink) + grain
    return (np.clip(grey if dark else 1 - grey, 0, 1) * 255).astype(np.uint8)


def encoded(pixels, kind):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


REFERENCE = strokes_to_mnist(strokes(200, 0, 0, 10))


def difference(image):
    """Share of the ink that is not common to both, where rounding may move one by a pixel."""
    moved = [np.roll(image, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    return min(float(np.abs(m - REFERENCE).sum() / np.maximum(m, REFERENCE).sum()) for m in moved)


@pytest.mark.parametrize("size", [120, 300, 420])
@pytest.mark.parametrize("dark", [True, False], ids=["dark on light", "light on dark"])
def test_reads_the_largest_writing_in_uneven_light(size, dark):
    assert difference(image_to_mnist(encoded(photo(size, dark), "JPEG"))) < 0.25


def test_reads_every_form_of_the_same_picture(tmp_path):
    pixels = photo()
    (tmp_path / "five.png").write_bytes(encoded(pixels, "PNG"))
    expected = image_to_mnist(pixels)
    for form in (
        tmp_path / "five.png",
        str(tmp_path / "five.png"),
        encoded(pixels, "PNG"),
        Image.fromarray(pixels),
        np.repeat(pixels[..., None], 3, axis=2),
    ):
        np.testing.assert_allclose(image_to_mnist(form), expected, atol=0.05)


@pytest.mark.parametrize("pen", [2, 3, 4])
def test_reads_a_small_picture_with_nothing_but_a_bold_digit(pen):
    ink = draw(strokes(18, 5, 5, pen), 28, 28)
    assert difference(image_to_mnist(np.round(ink * 255).astype(np.uint8))) < 0.3


def test_leaves_the_caller_s_picture_alone():
    picture = Image.fromarray(photo())
    image_to_mnist(picture)
    assert picture.size == (1000, 700)


def test_reads_a_drawing_on_a_transparent_background():
    ink = draw(strokes(200, 40, 40, 12), 280, 280)
    for colour in (0, 255):
        rgba = np.full((280, 280, 4), colour, np.uint8)
        rgba[..., 3] = np.round(ink * 255)
        assert difference(image_to_mnist(encoded(rgba, "PNG"))) < 0.25


def test_turns_a_photo_as_its_camera_says():
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: turn by 90 degrees
    Image.fromarray(np.rot90(photo()).copy()).save(buffer, "JPEG", exif=exif)
    assert difference(image_to_mnist(buffer.getvalue())) < 0.25


@pytest.mark.parametrize("noise", [0.0, 0.03])
def test_blank_paper_is_empty(noise):
    grey = 0.6 + np.random.default_rng(0).normal(0, noise, (300, 400))
    assert not image_to_mnist((np.clip(grey, 0, 1) * 255).astype(np.uint8)).any()


def bomb(width, height):
    """A PNG that announces a size and holds almost nothing."""

    def chunk(kind, data):
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + (chunk(b"IEND", b""))
    )


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (b"", "PNG or JPEG"),
        (b"not a picture", "PNG or JPEG"),
        (encoded(photo(), "GIF"), "PNG or JPEG"),
        (encoded(photo(), "PNG")[:5000], "PNG or JPEG"),
        (encoded(photo(), "JPEG")[:5000], "PNG or JPEG"),
        (bomb(100, 100), "PNG or JPEG"),
        (bomb(60_000, 60_000), "megapixels"),
        (bomb(9_000, 9_000), "megapixels"),
        (b"\x89PNG" + bytes(MOST_BYTES), "MB"),
        (np.zeros((4, 4, 7), np.uint8), "picture"),
        (np.zeros((4, 4), np.float64), "uint8"),
        (np.zeros((0, 4), np.uint8), "uint8"),
    ],
)
def test_anything_else_is_refused(bad, message):
    with pytest.raises(DrawingError, match=message):
        image_to_mnist(bad)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(DrawingError, match=r"nowhere\.png"):
        image_to_mnist(tmp_path / "nowhere.png")
