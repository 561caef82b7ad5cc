"""The answer to a drawing: one piece of HTML, so that it is on the screen at once."""

import streamlit as st

from mnist_core.predict import Prediction
from pages.ui.pictures import DIGITS, bars, percent, picture

NO_DIGIT = "Not a digit, most likely"


def answer(prediction: Prediction | None) -> None:
    """What was read and how likely each digit is; None while there is nothing to read."""
    if prediction is None:
        head = (
            "<h4 style='margin:0'>Draw a digit</h4><p style='opacity:0.75'>0 to 9, on the black "
            "square. The answer comes when you lift the pen.</p>"
        )
        st.html(_side_by_side(head, bars([0.0] * len(DIGITS), DIGITS, None)))
        return
    if prediction.is_digit:
        said = f"<div role='status' style='font-size:5rem;line-height:1'>{prediction.digit}</div>"
        sure = f"{percent(prediction.confidence)} sure"
    else:
        said = f"<div role='status' style='font-size:1.6rem;line-height:1.2'>{NO_DIGIT}</div>"
        sure = f"If it is one, then a {prediction.digit}"
    seen = picture(prediction.image, "What the network sees: 28 × 28, fitted and centred", 168)
    head = f"{said}<p style='opacity:0.75;margin:0.3rem 0 0.8rem'>{sure}</p>{seen}"
    winner = prediction.digit if prediction.is_digit else None
    st.html(_side_by_side(head, bars(prediction.probabilities.tolist(), DIGITS, winner)))


def _side_by_side(left: str, right: str) -> str:
    return (
        "<div style='display:flex;flex-wrap:wrap;gap:1rem 2rem'>"
        f"<div style='flex:0 1 11rem;min-height:17rem'>{left}</div>"
        f"<div style='flex:1 1 14rem'>{right}</div></div>"
    )
