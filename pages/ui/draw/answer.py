"""The answer to a drawing: what was read, how sure that is, and what else it may be.

All of it is text and one small picture, so it is on the screen at once.
"""

import streamlit as st

from mnist_core.reading.predict import Prediction
from pages.ui.pictures import DIGITS, bars, picture
from pages.ui.words import percent

NO_DIGIT = "Not a digit, most likely"
# How sure a network is, in words, from this probability on. The network that comes with the app
# is calibrated (docs/drawing.md): of what it is 90 % sure of, it reads nine in ten right.
SURE = ((0.995, "certain", "sure"), (0.9, "quite sure", "sure"), (0.6, "not sure", "doubt"))
GUESS = "a guess", "doubt"


def answer(prediction: Prediction | None) -> None:
    """What was read and how likely each digit is; None while there is nothing to read."""
    words, chart = st.columns([1, 1.4])
    words.html(f"<div class='answer'>{in_words(prediction)}</div>")
    shares = [0.0] * len(DIGITS) if prediction is None else prediction.probabilities.tolist()
    winner = prediction.digit if prediction is not None and prediction.is_digit else None
    chart.html(bars(shares, DIGITS, winner))


def how_sure(probability: float) -> tuple[str, str]:
    """(words, "sure" or "doubt") for the probability, 0 to 1, of what was read."""
    for least, words, kind in SURE:
        if probability >= least:
            return words, kind
    return GUESS


def in_words(prediction: Prediction | None) -> str:
    """What was read and how sure that is, as HTML."""
    if prediction is None:
        return (
            "<h2>Draw a digit</h2><p>0 to 9, on the black square. The answer comes when you lift "
            "the pen.</p>"
        )
    if prediction.is_digit:
        sure, kind = how_sure(prediction.confidence)
        said = f"<div role='status' class='read {kind}'>{prediction.digit}</div>"
        mark = "✓" if kind == "sure" else "?"
        share = "" if sure == "certain" else f", {percent(prediction.confidence, 0)}"
        sure = f"<b class='{kind}'>{mark} {sure}</b>{share}"
    else:
        said = f"<div role='status' class='none'>{NO_DIGIT}</div>"
        sure = f"If it is one, then a {prediction.digit}"
    seen = picture(prediction.image, "What the network sees: 28 × 28, fitted and centred", 140)
    return f"{said}<p>{sure}</p>{seen}"
