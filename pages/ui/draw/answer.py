"""The answer to a drawing: first in words, which are on the screen at once, then as a chart."""

import streamlit as st

from mnist_core.charts.base import probability_bars
from mnist_core.reading.predict import Prediction
from pages.ui.pictures import DIGITS, picture
from pages.ui.words import percent

NO_DIGIT = "Not a digit, most likely"


def answer(prediction: Prediction | None, key: str = "probabilities") -> None:
    """What was read and how likely each digit is; None while there is nothing to read.

    ``key`` tells the charts of two answers on one page apart.
    """
    words, chart = st.columns([1, 1.6])
    with words:
        st.html(f"<div style='min-height:17rem'>{_in_words(prediction)}</div>")
    shares = [0.0] * len(DIGITS) if prediction is None else prediction.probabilities.tolist()
    winner = prediction.digit if prediction is not None and prediction.is_digit else None
    chart.plotly_chart(
        probability_bars(shares, DIGITS, winner), key=key, config={"displayModeBar": False}
    )


def _in_words(prediction: Prediction | None) -> str:
    if prediction is None:
        return (
            "<h4 style='margin:0'>Draw a digit</h4><p style='opacity:0.75'>0 to 9, on the black "
            "square. The answer comes when you lift the pen.</p>"
        )
    if prediction.is_digit:
        said = f"<div role='status' style='font-size:5rem;line-height:1'>{prediction.digit}</div>"
        sure = f"{percent(prediction.confidence, 1)} sure"
    else:
        said = f"<div role='status' style='font-size:1.6rem;line-height:1.2'>{NO_DIGIT}</div>"
        sure = f"If it is one, then a {prediction.digit}"
    seen = picture(prediction.image, "What the network sees: 28 × 28, fitted and centred", 168)
    return f"{said}<p style='opacity:0.75;margin:0.3rem 0 0.8rem'>{sure}</p>{seen}"
