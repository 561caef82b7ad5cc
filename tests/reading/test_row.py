"""Digits side by side: where each lies, and what is said."""

from itertools import combinations, pairwise

import numpy as np
import pytest

from mnist_core.drawing.prepare import strokes_to_mnist
from mnist_core.drawing.scans import row_of_picture
from mnist_core.drawing.strokes import FloatArray, Stroke, draw
from mnist_core.errors import DrawingError
from mnist_core.nn.network import Network
from mnist_core.reading.predict import Predictor
from mnist_core.reading.row import (
    MOST,
    MOST_PIECES,
    ODDS,
    Pieces,
    from_left,
    groups,
    marks_in_a_row,
    number,
    read_row,
    strokes_in_a_row,
)
from mnist_core.reading.shipped import load_shipped
from tests.helpers.photos import encoded


def line(*corners: tuple[float, float]) -> FloatArray:
    return np.array(corners, np.float32)


def arc(x: float, y: float, wide: float, tall: float, first: float, last: float) -> FloatArray:
    """A piece of an ellipse, from one angle to another in degrees, 0 to the right, clockwise."""
    angle = np.deg2rad(np.linspace(first, last, 40))
    points = np.stack([x + wide * np.cos(angle), y + tall * np.sin(angle)], 1)
    return np.asarray(points, np.float32)


# Each 100 high, from 0 on. The bar of the 5 and the stem of the 4 come last.
FOUR = [line((35, 0), (0, 60), (70, 60)), line((50, 25), (50, 100))]
ZERO = [arc(30, 50, 30, 50, -90, 270)]
SEVEN = [line((0, 0), (60, 0), (20, 100)), line((15, 50), (60, 50))]
FIVE = [
    np.concatenate([line((8, 0), (5, 45)), arc(25, 68, 30, 32, -130, 150)]),
    line((8, 0), (58, 0)),
]
ONE = [line((0, 0), (0, 100))]


def side_by_side(*digits: list[FloatArray], gap: float = 30) -> list[FloatArray]:
    row, left = [], 0.0
    for strokes in digits:
        row += [stroke + np.array([left, 0], np.float32) for stroke in strokes]
        left += max(float(stroke[:, 0].max()) for stroke in strokes) + gap
    return row


def on_ink(strokes: list[FloatArray], scale: float = 2.0) -> FloatArray:
    moved = [Stroke((stroke + 20) * scale, 8 * scale) for stroke in strokes]
    wide = int(max(stroke.points[:, 0].max() for stroke in moved) + 20 * scale)
    return draw(moved, int(140 * scale), wide)


def test_a_number_is_read_with_the_place_of_each_digit() -> None:
    found = read_row(strokes_in_a_row(side_by_side(FOUR, ZERO, SEVEN)), load_shipped())
    assert number(found) == "407"
    assert [digit.pieces for digit in found] == [(0, 1), (2,), (3, 4)]
    assert found[0].box == (0, 0, 70, 100)
    assert found[1].box == pytest.approx((100, 0, 160, 100), abs=0.5)
    assert found[2].box == pytest.approx((190, 0, 250, 100), abs=0.5)


@pytest.mark.parametrize("gap", [0, 10, 60])
def test_gaps_may_be_narrow_and_wide(gap: float) -> None:
    row = strokes_in_a_row(side_by_side(FIVE, ONE, ZERO, FOUR, gap=max(gap, 1)))
    assert number(read_row(row, load_shipped())) == "5104"


def test_the_order_of_the_strokes_and_their_size_say_nothing() -> None:
    strokes = side_by_side(FIVE, FOUR, SEVEN, ZERO)
    random = np.random.default_rng(0)
    for _ in range(5):
        order = random.permutation(len(strokes))
        size = random.uniform(0.3, 5)
        row = strokes_in_a_row([strokes[i] * np.float32(size) + 7 for i in order])
        found = read_row(row, load_shipped())
        assert number(found) == "5470"
        assert sorted(order[list(found[0].pieces)]) == [0, 1]


def test_a_bar_that_was_drawn_last_of_all_goes_to_its_five() -> None:
    stem, bar = FIVE
    strokes = [*side_by_side([stem], ONE, ZERO, gap=40), bar]
    found = read_row(strokes_in_a_row(strokes), load_shipped())
    assert number(found) == "510"
    assert sorted(found[0].pieces) == [0, 3]


def test_one_digit_is_read_as_it_is_alone() -> None:
    shipped = load_shipped()
    (found,) = read_row(strokes_in_a_row(FOUR), shipped)
    alone = shipped(strokes_to_mnist(FOUR))
    np.testing.assert_array_equal(found.prediction.probabilities, alone.probabilities)
    np.testing.assert_array_equal(found.prediction.image, alone.image)


@pytest.mark.parametrize("pieces", [strokes_in_a_row(None), marks_in_a_row(np.zeros((9, 9)))])
def test_nothing_is_nothing(pieces: Pieces) -> None:
    assert read_row(pieces, load_shipped()) == []


def test_no_row_has_hundreds_of_strokes() -> None:
    with pytest.raises(DrawingError, match=f"201 strokes .* allowed: up to {MOST_PIECES}"):
        strokes_in_a_row([line((i, 0), (i, 9)) for i in range(MOST_PIECES + 1)])


def test_of_all_ways_to_divide_it_takes_the_likeliest() -> None:
    random = np.random.default_rng(1)
    for _ in range(20):
        strokes = [
            random.uniform(0, 60, (4, 2)).astype(np.float32) + np.array([40 * i, 0], np.float32)
            for i in range(6)
        ]
        pieces = strokes_in_a_row(strokes)
        found, _, measured = groups(pieces, load_shipped())
        odds = {
            (group.start, group.stop): value
            for group, value in zip(found, measured @ ODDS[:-1] + ODDS[-1], strict=True)
        }
        ways = [(0, *cuts, 6) for many in range(6) for cuts in combinations(range(1, 6), many)]
        allowed = [way for way in ways if max(np.diff(way)) <= MOST]
        best = max(allowed, key=lambda w: sum(odds[p] for p in pairwise(w)))
        order = from_left(pieces).tolist()
        taken = [digit.pieces for digit in read_row(pieces, load_shipped())]
        assert taken == [tuple(order[a:b]) for a, b in pairwise(best)]


def test_the_judge_finds_the_digits_and_the_reader_says_what_they_are() -> None:
    # A network that takes everything for an 8, and is sure of it.
    weights = {
        "layers.0.weight": np.zeros((10, 784), np.float32),
        "layers.0.bias": np.eye(10, dtype=np.float32)[8] * 50,
    }
    blind = Predictor(Network.of(weights, "none"), judge=load_shipped())
    found = read_row(strokes_in_a_row(side_by_side(FOUR, SEVEN)), blind)
    assert number(found) == "88"
    assert [sorted(digit.pieces) for digit in found] == [[0, 1], [2, 3]]


def test_a_picture_of_a_number_is_read_with_the_same_code() -> None:
    ink = on_ink(side_by_side(FOUR, ZERO, SEVEN))
    ink[5:9, 200:204] = 1  # a speck
    found = read_row(marks_in_a_row(ink), load_shipped())
    assert number(found) == "407"
    assert found[1].box == pytest.approx((232, 32, 368, 248), abs=2)


@pytest.mark.parametrize("dark", [True, False], ids=["dark on light", "light on dark"])
def test_a_photo_of_a_number_is_read(dark: bool) -> None:
    ink = np.pad(on_ink(side_by_side(FOUR, ZERO, SEVEN, gap=45)), 60)
    light = 0.5 + 0.4 * np.linspace(0, 1, ink.shape[1], dtype=np.float32)
    grey = light * (1 - 0.7 * ink) + np.random.default_rng(0).normal(0, 0.01, ink.shape)
    pixels = (np.clip(grey if dark else 1 - grey, 0, 1) * 255).astype(np.uint8)
    found = read_row(marks_in_a_row(row_of_picture(encoded(pixels, "JPEG"))), load_shipped())
    assert number(found) == "407"
