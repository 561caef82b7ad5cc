"""A number: several digits on a wide pad or on a photo, each found and read in its place."""

import base64
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from mnist_core.charts.base import ACCENT, PALETTE
from mnist_core.drawing.scans import row_of_picture
from mnist_core.drawing.strokes import as_strokes
from mnist_core.errors import MnistLabError
from mnist_core.reading.row import Found, marks_in_a_row, number, read_row, strokes_in_a_row
from pages.ui.draw import canvas, models
from pages.ui.draw.answer import how_sure
from pages.ui.draw.upload import nothing_written, picture_file
from pages.ui.pictures import as_address
from pages.ui.words import literal, percent

if TYPE_CHECKING:
    from mnist_core.reading.predict import Predictor

NOTHING = (
    "<h2>Write a number</h2><p>Digits side by side, with or without gaps, in any order of strokes. "
    "A digit is read as soon as the pen is lifted.</p>"
)
DOUBT = PALETTE[1]
ROOM = 34  # units of the drawing above it, for what each digit is


def number_pad(runs: models.Readers, pen: int) -> None:
    """The wide pad, and below it what is read where."""
    strokes = canvas.draw_canvas(pen, pad=canvas.ROW)
    said = st.container()
    model = models.choose(runs)
    try:
        reader = models.reader(model, runs)
        said.html(_written(strokes, reader))
        _upload(reader)
    except MnistLabError as error:
        st.error(literal(str(error)))


def _written(strokes: canvas.Drawing, reader: "Predictor") -> str:
    drawn = as_strokes(strokes)
    lines = "".join(
        f"<polyline points='{' '.join(f'{x:.1f},{y:.1f}' for x, y in stroke.points)}' fill='none' "
        f"stroke='#fff' stroke-width='{stroke.width:.1f}' stroke-linecap='round' "
        "stroke-linejoin='round'/>"
        for stroke in drawn
    )
    found = read_row(strokes_in_a_row(drawn), reader)
    return answer(found, lines, canvas.ROW.width, canvas.SIDE)


def _upload(reader: "Predictor") -> None:
    data = picture_file("Or a picture of digits in a row", "upload.row")
    if data is None:
        return
    ink = row_of_picture(data)
    found = read_row(marks_in_a_row(ink), reader)
    if not found:
        nothing_written()
        return
    tall, wide = ink.shape
    picture = f"<image href='{as_address(ink)}' width='{wide}' height='{tall}'/>"
    st.html(answer(found, picture, wide, tall))


def answer(found: Sequence[Found], drawing: str, wide: int, tall: int) -> str:
    """The number, how sure each digit of it is, and where it lies on the drawing; as HTML.

    drawing: as SVG elements, ``wide`` x ``tall``.
    """
    if not found:
        return f"<div class='answer row'>{NOTHING}</div>"
    words = [_sure(digit) for digit in found]
    doubtful = any(kind == "doubt" for _, kind in words)
    each = ", ".join(
        f"<b class='{kind}'>{digit.prediction.digit} {sure}</b>"
        for digit, (sure, kind) in zip(found, words, strict=True)
    )
    # Letters and lines keep their size however large the picture is.
    unit = tall / canvas.SIDE
    marks = "".join(_mark(digit, kind, unit) for digit, (_, kind) in zip(found, words, strict=True))
    room = ROOM * unit
    # Streamlit takes SVG out of HTML; as a picture it stays.
    picture = (
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{wide}' height='{tall + room:.1f}' "
        f"viewBox='0 {-room:.1f} {wide} {tall + room:.1f}'>"
        f"<rect y='{-room:.1f}' width='{wide}' height='{tall + room:.1f}'/>{drawing}{marks}</svg>"
    )
    address = f"data:image/svg+xml;base64,{base64.b64encode(picture.encode()).decode()}"
    kind = "doubt" if doubtful else ""
    return (
        f"<div class='answer row'><div><div role='status' class='read {kind}'>{number(found)}</div>"
        f"<p>From left to right: {each}.</p></div>"
        f"<img alt='Where each digit of {number(found)} was found' src='{address}'></div>"
    )


def _sure(digit: Found) -> tuple[str, str]:
    """(words, "sure" or "doubt") for a digit of the row."""
    if not digit.prediction.is_digit:
        return "most likely none", "doubt"
    words, kind = how_sure(digit.prediction.confidence)
    share = percent(digit.prediction.confidence, 0)
    return words if words == "certain" else f"{words}, {share}", kind


def _mark(digit: Found, kind: str, unit: float) -> str:
    """A frame around a digit, dashed where it is doubtful, and what it is above it."""
    left, top, right, bottom = digit.box
    edge = 14 * unit
    colour, dashes = (ACCENT, "") if kind == "sure" else (DOUBT, f"{6 * unit:.1f}")
    return (
        f"<rect x='{left - edge:.1f}' y='{top - edge:.1f}' width='{right - left + 2 * edge:.1f}' "
        f"height='{bottom - top + 2 * edge:.1f}' rx='{6 * unit:.1f}' fill='none' "
        f"stroke='{colour}' stroke-width='{2.5 * unit:.1f}' stroke-dasharray='{dashes}'/>"
        f"<text x='{(left + right) / 2:.1f}' y='{top - edge - 6 * unit:.1f}' fill='#fff' "
        "text-anchor='middle' font-family='sans-serif' font-weight='700' "
        f"font-size='{24 * unit:.1f}'>{digit.prediction.digit}</text>"
    )
