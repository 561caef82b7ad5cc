"""The answer to a drawing: what was read, how sure that is, and what else it may be.

All of it is text and one small picture, so it is on the screen at once.
"""

import streamlit as st

from mnist_core.charts.base import ACCENT, MUTED
from mnist_core.reading.predict import Prediction
from pages.ui.pictures import DIGITS, as_address, bars, figure
from pages.ui.words import percent

NO_DIGIT = "Not a digit, most likely"
# How sure a network is, in words, from this probability on. The network that comes with the app
# is calibrated (docs/drawing.md): of what it is 90 % sure of, it reads nine in ten right.
SURE = ((0.995, "certain", "sure"), (0.9, "quite sure", "sure"), (0.6, "not sure", "doubt"))
GUESS = (0.0, "a guess", "doubt")
# What is said, filled in here by the server and, while somebody draws, by live/view.js.
NOTHING = "<h2>Draw a digit</h2><p>0 to 9, on the black square.</p>"
DIGIT = (
    "<div role='status' class='read {kind}'>{digit}</div>"
    "<p><b class='{kind}'>{mark} {sure}</b>{share}</p>"
)
NONE = f"<div role='status' class='none'>{NO_DIGIT}</div><p>If it is one, then a {{digit}}</p>"
SEEN = figure("{image}", 28, 28, "What the network sees: 28 × 28, fitted and centred")
# All that live/view.js needs to say the same.
WORDS = {
    "templates": {"nothing": NOTHING, "digit": DIGIT, "none": NONE, "seen": SEEN},
    "sure": [*SURE, GUESS],
    "accent": ACCENT,
    "muted": MUTED,
}


def answer(prediction: Prediction | None, drawn: str = "") -> None:
    """What was read and how likely each digit is; None while there is nothing to read.

    ``drawn`` names the drawing that was read, for who answers to the next one before.
    """
    words, chart = st.columns([1, 1.4])
    seen = "" if prediction is None else SEEN.format(image=as_address(prediction.image))
    words.html(
        f"<div class='answer' data-drawn='{drawn}'>"
        f"<div>{in_words(prediction)}</div><div>{seen}</div></div>"
    )
    shares = [0.0] * len(DIGITS) if prediction is None else prediction.probabilities.tolist()
    winner = prediction.digit if prediction is not None and prediction.is_digit else None
    chart.html(bars(shares, DIGITS, winner))


def how_sure(probability: float) -> tuple[str, str]:
    """(words, "sure" or "doubt") for the probability, 0 to 1, of what was read."""
    return next((words, kind) for least, words, kind in (*SURE, GUESS) if probability >= least)


def in_words(prediction: Prediction | None) -> str:
    """What was read and how sure that is, as HTML."""
    if prediction is None:
        return NOTHING
    if not prediction.is_digit:
        return NONE.format(digit=prediction.digit)
    sure, kind = how_sure(prediction.confidence)
    return DIGIT.format(
        digit=prediction.digit,
        kind=kind,
        mark="✓" if kind == "sure" else "?",
        sure=sure,
        share="" if sure == "certain" else f", {percent(prediction.confidence, 0)}",
    )
