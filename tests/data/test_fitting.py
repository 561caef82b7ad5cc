"""Pictures in every form, against what Pillow makes of them."""

import io

import numpy as np
import pytest
from PIL import Image

from mnist_core.data.fitting import border, fitted_picture
from mnist_core.errors import DrawingError
from tests.helpers.zips import png

RANDOM = np.random.default_rng(0)
COLOURED = RANDOM.integers(0, 256, (40, 20, 3), dtype=np.uint8)
WIDE = RANDOM.integers(0, 65536, (28, 28), dtype=np.uint16)


def test_a_picture_of_just_this_size_stays_as_it_is() -> None:
    grey = RANDOM.integers(0, 256, (28, 28), dtype=np.uint8)
    found, pixels = fitted_picture(png(grey), 28, colour=False)
    assert pixels == 28 * 28
    np.testing.assert_array_equal(found, grey)
    colours = RANDOM.integers(0, 256, (16, 16, 3), dtype=np.uint8)
    np.testing.assert_array_equal(fitted_picture(png(colours), 16, colour=True)[0], colours)


@pytest.mark.parametrize("colour", [False, True])
def test_the_whole_picture_is_seen_on_the_colour_of_its_border(colour: bool) -> None:
    found, _ = fitted_picture(png(COLOURED), 28, colour)
    image = Image.fromarray(COLOURED).convert("RGB" if colour else "L")
    expected = np.asarray(image.resize((14, 28), Image.Resampling.LANCZOS))
    np.testing.assert_array_equal(found[:, 7:21], expected)
    assert found.shape == ((28, 28, 3) if colour else (28, 28))
    pixels = np.asarray(image)
    edge = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    for beside in (found[:, :7], found[:, 21:]):
        assert (beside == np.median(edge, axis=0).astype(int)).all()
    assert border(pixels) == tuple(np.atleast_1d(np.median(edge, axis=0).astype(int)))


def test_a_small_picture_is_made_large_and_a_line_keeps_a_pixel() -> None:
    small = fitted_picture(png(np.full((2, 2), 9, np.uint8)), 28, colour=False)[0]
    np.testing.assert_array_equal(small, np.full((28, 28), 9))
    line = fitted_picture(png(np.full((3, 900), 200, np.uint8)), 28, colour=False)[0]
    assert (line == 200).all()


def test_palettes_and_16_bits_are_what_pillow_says() -> None:
    palette = Image.fromarray(COLOURED[:20]).quantize(16)
    expected = np.asarray(palette.convert("RGB"))
    np.testing.assert_array_equal(fitted_picture(png(palette), 20, colour=True)[0], expected)
    found = fitted_picture(png(Image.fromarray(WIDE)), 28, colour=False)[0]
    np.testing.assert_array_equal(found, np.round(WIDE / 65535 * 255))
    three = fitted_picture(png(Image.fromarray(WIDE)), 28, colour=True)[0]
    np.testing.assert_array_equal(three, np.repeat(found[..., None], 3, axis=2))


@pytest.mark.parametrize(("ink", "ground"), [(250, 0), (10, 255)])
def test_what_is_transparent_is_unlike_what_is_there(ink: int, ground: int) -> None:
    picture = np.zeros((28, 28, 4), np.uint8)
    picture[10:20, 10:20] = (ink, ink, ink, 255)
    found = fitted_picture(png(picture), 28, colour=False)[0]
    assert (found[10:20, 10:20] == ink).all()
    assert found[0, 0] == ground
    assert (fitted_picture(png(np.zeros((28, 28, 4), np.uint8)), 28, False)[0] == 255).all()


def test_a_photo_stands_as_its_camera_says() -> None:
    picture = np.zeros((28, 28), np.uint8)
    picture[:14] = 255  # the upper half
    buffer, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter to the right
    Image.fromarray(picture).save(buffer, "JPEG", exif=exif, quality=95)
    found = fitted_picture(buffer.getvalue(), 28, colour=False)[0]
    assert found[:, 15:].min() > 240
    assert found[:, :13].max() < 15


def test_what_is_no_picture_says_what_it_is() -> None:
    for data, said in (
        (b"hello", "cannot be read"),
        (png(COLOURED)[:-40], "cannot be read"),
        (b"%PDF-1.7", "a PDF document"),
    ):
        with pytest.raises(DrawingError, match=said):
            fitted_picture(data, 28, colour=False)
