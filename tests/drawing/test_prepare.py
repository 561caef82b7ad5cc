"""Drawings become MNIST's kind of image, whatever the pen, the place and the size."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mnist_core.drawing.prepare import (
    Preparation,
    prepare_pixels,
    prepare_strokes,
    strokes_to_mnist,
    to_mnist,
)
from mnist_core.drawing.strokes import Stroke, as_strokes, draw, resample
from mnist_core.errors import DrawingError


@pytest.mark.parametrize("margin", [True, False])
def test_strokes_outside_a_canvas_that_is_not_cropped_leave_it_empty(margin: bool) -> None:
    away = [Stroke(np.array([[900, 900], [950, 990]], np.float32), 8)]
    steps = prepare_strokes(away, Preparation(crop=False, margin=margin))
    assert steps.empty
    assert np.isfinite(steps.image).all()


# A 2 with a hook and an open 4, in a box of 0 to 1.
TWO = [[(0.1, 0.25), (0.3, 0.02), (0.7, 0.05), (0.75, 0.35), (0.1, 0.95), (0.3, 0.9), (0.9, 0.98)]]
FOUR = [[(0.3, 0.0), (0.1, 0.6), (0.9, 0.6)], [(0.7, 0.2), (0.65, 1.0)]]


def placed(shape, size=150.0, x=60.0, y=60.0, pen=12.0):
    return [Stroke(np.array(s, np.float32) * size + np.float32([x, y]), pen) for s in shape]


def canvas(strokes, side=280, ink=(255, 255, 255, 255), paper=(0, 0, 0, 255)):
    cover = draw(strokes, side, side)[..., None]
    return np.round(cover * np.array(ink) + (1 - cover) * np.array(paper)).astype(np.uint8)


def difference(a, b):
    """Share of the ink that is not common to both, where rounding may move one by a pixel."""
    moved = [np.roll(a, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    return min(float(np.abs(m - b).sum() / np.maximum(m, b).sum()) for m in moved)


def test_lines_are_drawn_where_they_are_and_as_wide_as_the_pen():
    ink = draw([Stroke(np.array([[10.0, 20.0], [50.0, 20.0]]), 8.0)], 40, 60)
    assert ink[16:24, 12:48] == pytest.approx(1.0, abs=0.021)
    assert ink[:15].sum() == ink[25:].sum() == 0
    # 8 wide and 40 long with a round cap of radius 4 at either end
    assert ink.sum() == pytest.approx(8 * 40 + np.pi * 16, rel=0.01)


def test_lines_agree_with_a_supersampled_drawing():
    strokes = placed(TWO, pen=14.0)
    big = Image.new("L", (2240, 2240))
    pencil = ImageDraw.Draw(big)
    for stroke in strokes:
        for x, y in resample(stroke.points, 0.25) * 8:
            pencil.ellipse([x - 56, y - 56, x + 55, y + 55], fill=255)
    reference = np.asarray(big.resize((280, 280), Image.Resampling.BOX), np.float32) / 255
    assert np.abs(draw(strokes, 280, 280) - reference).max() < 0.3
    assert difference(draw(strokes, 280, 280), reference) < 0.02


@pytest.mark.parametrize("shape", [TWO, FOUR], ids=["2", "4"])
@pytest.mark.parametrize("pen", [6, 12, 18, 26, 40])
def test_pen_width_does_not_matter(shape, pen):
    reference = to_mnist(canvas(placed(shape, size=200, x=40, y=40, pen=10)))
    assert difference(to_mnist(canvas(placed(shape, size=200, x=40, y=40, pen=pen))), reference) < (
        0.2 if pen < 30 else 0.35
    )
    # From vectors the pen makes no difference at all.
    drawn = strokes_to_mnist(placed(shape, pen=pen))
    np.testing.assert_array_equal(drawn, strokes_to_mnist(placed(shape, pen=10)))


@pytest.mark.parametrize(("size", "x", "y"), [(60, 10, 200), (60, 205, 15), (240, 20, 20)])
def test_size_and_place_do_not_matter(size, x, y):
    reference = to_mnist(canvas(placed(TWO, size=150, pen=10)))
    assert difference(to_mnist(canvas(placed(TWO, size=size, x=x, y=y, pen=10))), reference) < 0.2
    moved = strokes_to_mnist(placed(TWO, size=size, x=x, y=y))
    np.testing.assert_allclose(moved, strokes_to_mnist(placed(TWO)), atol=1e-3)


def test_canvas_size_does_not_matter():
    small = canvas(placed(FOUR, size=60, x=20, y=20, pen=5), side=100)
    large = canvas(placed(FOUR, size=480, x=160, y=160, pen=40), side=800)
    assert difference(to_mnist(small), to_mnist(large)) < 0.15


def test_pixels_and_strokes_give_the_same_image():
    strokes = placed(TWO)
    assert difference(to_mnist(canvas(strokes)), strokes_to_mnist(strokes)) < 0.12


@pytest.mark.parametrize(
    ("ink", "paper"),
    [
        ((0, 0, 0, 255), (255, 255, 255, 255)),
        ((0, 0, 0, 255), (0, 0, 0, 0)),
        ((255, 255, 255, 255), (0, 0, 0, 0)),
        ((200, 30, 30, 255), (240, 240, 230, 255)),
    ],
    ids=["black on white", "black on glass", "white on glass", "red on cream"],
)
def test_colours_do_not_matter(ink, paper):
    reference = to_mnist(canvas(placed(TWO)))
    assert difference(to_mnist(canvas(placed(TWO), ink=ink, paper=paper)), reference) < 0.1


def test_follows_mnist_s_rules():
    steps = prepare_pixels(canvas(placed(TWO, size=200, x=40, y=40)))
    assert steps.image.shape == (28, 28)
    assert steps.image.dtype == np.float32
    assert 0 <= steps.image.min() <= steps.image.max() <= 1
    rows, columns = np.flatnonzero(steps.box.max(1) > 0.2), np.flatnonzero(steps.box.max(0) > 0.2)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 == 20
    at = np.arange(28) + 0.5
    for profile in (steps.image.sum(0), steps.image.sum(1)):
        assert profile @ at / profile.sum() == pytest.approx(14.5, abs=0.51)
    # The aspect ratio is kept: 0.8 wide, and the pen on both sides.
    assert np.ptp(columns) + 1 == pytest.approx(0.84 * 17.5 + 2.5, abs=1.1)


def test_an_mnist_digit_stays_what_it_is(mnist):
    images = mnist.test_images[:200].reshape(-1, 28, 28).numpy()
    differences = []
    for image in images:
        big = np.kron(image, np.ones((8, 8), np.float32))
        rgba = np.repeat(np.round(big * 255).astype(np.uint8)[..., None], 4, axis=2)
        rgba[..., 3] = 255
        differences.append(
            difference(prepare_pixels(rgba, Preparation(even_pen=False)).image, image)
        )
    assert np.median(differences) < 0.1


def test_each_step_can_be_switched_off():
    rgba = canvas(placed(TWO, size=80, x=20, y=20))
    complete = prepare_pixels(rgba)
    for name in ("even_pen", "crop", "margin", "centre"):
        steps = prepare_pixels(rgba, Preparation(**{name: False}))
        assert not np.array_equal(steps.image, complete.image), name
        steps = prepare_strokes(placed(TWO, size=80, x=20, y=20), Preparation(**{name: False}))
        assert steps.image.any(), name
    naive = prepare_pixels(rgba, Preparation(False, False, False, False)).image
    scaled = rgba[..., 0].reshape(28, 10, 28, 10).mean((1, 3)) / 255
    np.testing.assert_allclose(naive, scaled, atol=0.01)


def test_the_steps_show_the_whole_canvas():
    steps = prepare_strokes(placed(FOUR), canvas=(300, 200))
    assert steps.ink.shape == (300, 200)
    assert steps.crop.shape == (160, 160)
    assert steps.box.shape == (20, 20)
    assert not steps.empty


@pytest.mark.parametrize("paper", [(0, 0, 0, 0), (0, 0, 0, 255), (255, 255, 255, 255)])
def test_an_empty_canvas_is_all_zeros(paper):
    empty = np.full((280, 280, 4), paper, np.uint8)
    assert not to_mnist(empty).any()
    assert prepare_pixels(empty).empty
    assert prepare_strokes([]).empty
    assert not strokes_to_mnist(None).any()
    assert not strokes_to_mnist({"objects": []}).any()


def test_a_dot_and_a_full_square_do_not_fail():
    dot = [Stroke(np.array([[30.0, 40.0]]), 9.0)]
    for image in (to_mnist(canvas(dot)), strokes_to_mnist(dot), strokes_to_mnist([[[5, 5]]])):
        assert image.sum() == pytest.approx(np.pi * 100, rel=0.2)  # a disc as large as the box
    square = np.zeros((280, 280, 4), np.uint8)
    square[..., 3] = 255
    assert to_mnist(square[:100]).sum() == 0  # black from edge to edge is a background
    square[1:, :, :3] = 255
    assert to_mnist(square).shape == (28, 28)
    single = np.zeros((280, 280, 4), np.uint8)
    single[7, 9] = 255
    assert to_mnist(single).sum() > 0


@pytest.mark.parametrize("side", [1, 2, 5, 12])
def test_tiny_canvases_do_not_fail(side):
    rng = np.random.default_rng(side)
    for _ in range(30):
        image = to_mnist(rng.integers(0, 256, (side, side, 4)).astype(np.uint8))
        assert np.isfinite(image).all()


@pytest.mark.parametrize(
    "bad",
    [
        np.zeros((28, 28), np.uint8),
        np.zeros((28, 28, 3), np.uint8),
        np.zeros((28, 28, 4), np.float32),
        np.zeros((0, 28, 4), np.uint8),
        np.zeros((5000, 2, 4), np.uint8),
    ],
)
def test_other_pixels_are_refused(bad):
    with pytest.raises(DrawingError, match="allowed"):
        to_mnist(bad)


def path(*commands, width=10):
    return {"type": "Path", "path": [list(c) for c in commands], "strokeWidth": width}


def test_reads_the_canvas_s_paths():
    drawing = {
        "version": "7.1.0",
        "objects": [
            path(("M", 10, 10), ("Q", 10, 10, 15, 10), ("Q", 20, 10, 20, 20), ("L", 20, 30)),
            path(("M", 50, 50), ("L", 50, 50.01), width=7),
        ],
    }
    first, second = as_strokes(drawing)
    assert first.width == 10
    assert second.width == 7
    np.testing.assert_allclose(first.points[0], [10, 10])
    np.testing.assert_allclose(first.points[-1], [20, 30])
    # A quadratic's middle: (start + 2 control + end) / 4
    middle = (np.array([15, 10]) + 2 * np.array([20, 10]) + np.array([20, 20])) / 4
    assert np.abs(first.points - middle).sum(1).min() < 1e-4
    np.testing.assert_array_equal(strokes_to_mnist(drawing), strokes_to_mnist(drawing["objects"]))


@pytest.mark.parametrize(
    "bad",
    [
        [{"type": "Rect", "left": 0}],
        [path(("M", 1))],
        [path(("C", 1, 2, 3, 4, 5, 6))],
        [path()],
        [path(("M", 1, 1), ("L", float("nan"), 2))],
        [path(("M", 1, 1), width=-3)],
        [np.zeros((3, 3))],
        [np.zeros((0, 2))],
    ],
)
def test_other_strokes_are_refused(bad):
    with pytest.raises(DrawingError, match="allowed"):
        strokes_to_mnist(bad)


def test_an_endless_scribble_stays_bounded():
    points = np.random.default_rng(0).uniform(0, 280, (50_000, 2))
    assert strokes_to_mnist([points]).sum() > 200
