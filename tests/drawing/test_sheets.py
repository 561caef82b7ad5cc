"""Sheets on tables: the digit on the paper is read, and not the paper."""

import numpy as np
import pytest
from numpy.typing import NDArray

from mnist_core.drawing.scans import image_to_mnist, ink_of_picture
from mnist_core.drawing.sheets import sheets
from mnist_core.drawing.strokes import Stroke, draw
from tests.helpers.photos import difference, strokes

HEIGHT, WIDTH = 600, 800


def on_table(
    paper: float,
    table: float,
    sheet: tuple[int, int, int, int] = (80, 100, 520, 700),
    lines: bool = False,
    shadow: bool = False,
    pen: float = 14,
    size: float = 200,
) -> NDArray[np.uint8]:
    """A 5 on a slanted sheet (top, left, bottom, right) on a table."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    top, left, bottom, right = sheet
    slant = 0.06
    inside = (y - slant * x > top - 20) & (y - slant * x < bottom - 40)
    inside &= (x + slant * y > left) & (x + slant * y < right)
    ink = draw(strokes(size, 320, 200, pen), HEIGHT, WIDTH)
    grey = np.where(inside, paper, table)
    if lines:
        grey = np.where(inside & ((x % 60 < 2) | (y % 60 < 2)), 0.75 * grey, grey)
    grey = grey * (1 - ink) + (0.15 if paper > 0.3 else 0.9) * ink
    if shadow:
        grey = grey * (1 - 0.5 / (1 + np.exp((x - 420 + y / 3) / 10)))
    grain = np.random.default_rng(0).normal(0, 0.015, grey.shape)
    return (255 * np.clip(grey + grain, 0, 1)).astype(np.uint8)


@pytest.mark.parametrize("table", [0.05, 0.2, 0.45])
@pytest.mark.parametrize("lines", [False, True], ids=["blank", "squared"])
@pytest.mark.parametrize("shadow", [False, True], ids=["light", "shadow"])
def test_a_white_sheet_on_a_dark_table(table: float, lines: bool, shadow: bool) -> None:
    picture = on_table(0.9, table, lines=lines, shadow=shadow)
    assert difference(image_to_mnist(picture)) < 0.25


@pytest.mark.parametrize(
    "sheet",
    [(150, 220, 480, 620), (-100, -100, 520, 700), (80, 100, 800, 900), (80, -100, 520, 900)],
    ids=["small", "one corner", "the other corner", "a strip"],
)
def test_whatever_is_seen_of_the_table(sheet: tuple[int, int, int, int]) -> None:
    assert difference(image_to_mnist(on_table(0.9, 0.2, sheet))) < 0.25


def test_a_slate_on_a_white_table() -> None:
    assert difference(image_to_mnist(on_table(0.15, 0.9))) < 0.25


def test_a_pencil() -> None:
    picture = on_table(0.9, 0.2, pen=6).astype(np.float32)
    ink = draw(strokes(200, 320, 200, 6), HEIGHT, WIDTH)
    pale = np.where(ink > 0, picture + 100 * ink, picture)
    assert difference(image_to_mnist(pale.clip(0, 255).astype(np.uint8))) < 0.3


TURN = np.linspace(0, 2 * np.pi, 60)
DIGITS = {
    "0": [np.stack([np.cos(TURN), np.sin(TURN)], 1) / 2],
    "1": [np.array([[0.1, -0.5], [0, 0.5]])],
    "5": [stroke.points - 0.5 for stroke in strokes(1, 0, 0, 1)],
    "8": [np.stack([np.sin(2 * TURN) / 3, np.cos(TURN) / 2], 1)],
}


@pytest.mark.parametrize("pen", [10, 25, 45])
@pytest.mark.parametrize("size", [200, 350])
@pytest.mark.parametrize("digit", DIGITS)
def test_ink_is_no_sheet(pen: float, size: float, digit: str) -> None:
    ink = draw([Stroke(line * size + 256, pen) for line in DIGITS[digit]], 512, 512)
    for grey in (0.9 - 0.7 * ink, 0.1 + 0.8 * ink):
        found = ink_of_picture(grey.astype(np.float32))
        assert found.shape == ink.shape, "a part of the picture was taken for a sheet"
        assert ((found > 0.5) != (ink > 0.5)).mean() < 0.01


def test_a_blank_sheet_is_blank() -> None:
    assert not image_to_mnist(np.full((300, 400), 230, np.uint8)).any()
    picture = on_table(0.9, 0.2, pen=0.01, size=0.01)
    sheet = next(sheets(picture[:512, :512].astype(np.float32) / 255))
    assert np.percentile(sheet, 1) > 0.7


def test_a_shadow_is_no_edge() -> None:
    grey = on_table(0.9, 0.9, shadow=True).astype(np.float32) / 255
    small = grey[::2, ::2]
    assert not list(sheets(small))
    assert ink_of_picture(small).any()
