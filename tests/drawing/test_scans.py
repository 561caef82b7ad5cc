"""Pictures of digits: photos, scans, and files that are none."""

import numpy as np
import pytest
from PIL import Image

from mnist_core.drawing.scans import image_to_mnist
from mnist_core.drawing.strokes import draw
from tests.helpers.photos import difference, encoded, photo, strokes


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


@pytest.mark.parametrize("width", [2, 5, 8, 20])
@pytest.mark.parametrize("size", [120, 300])
def test_the_dark_edge_of_a_scan_is_no_ink(width, size):
    """A line of a few pixels along the top was taken for paper, and what is beside it was read."""
    pixels = photo(size)
    for sides in ((0,), (1,), (0, 2), (0, 1)):
        scan = pixels
        for turns in sides:
            turned = np.rot90(scan, turns).copy()
            turned[:width] = 5
            scan = np.rot90(turned, -turns)
        assert difference(image_to_mnist(scan)) < 0.25


@pytest.mark.parametrize("noise", [0.0, 0.03])
def test_blank_paper_is_empty(noise):
    grey = 0.6 + np.random.default_rng(0).normal(0, noise, (300, 400))
    assert not image_to_mnist((np.clip(grey, 0, 1) * 255).astype(np.uint8)).any()
