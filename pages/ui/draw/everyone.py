"""Every model at once: all chosen networks read the same drawing, and vote."""

import html

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.reading.predict import Prediction, vote
from pages.ui.draw import models
from pages.ui.draw.answer import NO_DIGIT, how_sure
from pages.ui.pictures import DIGITS, bars

DEFAULT = 4  # models shown until somebody chooses


def everyone(image: NDArray[np.float32], runs: models.Readers) -> None:
    """All chosen models read an image (28, 28)."""
    ids, names = [models.SHIPPED, *runs], models.names(runs)
    st.session_state.setdefault("everyone", ids[:DEFAULT])
    # A run that was deleted meanwhile is no choice any more.
    st.session_state["everyone"] = [m for m in st.session_state["everyone"] if m in ids]
    chosen = st.multiselect(
        "Models", ids, format_func=names.__getitem__, key="everyone", persist_state="session"
    )
    read = {model: models.reader(model, runs)(image) for model in chosen}
    if not read:
        st.info("Choose one or more models to read the drawing.")
        return
    result = vote(list(read.values()))
    if result is None:
        st.markdown(f"**{NO_DIGIT}**, say all {len(read)}.")
    else:
        digit, votes = result
        st.markdown(f"**The vote: {digit}**, with {votes} of {len(read)}.")
    cards = [_card(names[model], prediction) for model, prediction in read.items()]
    st.html(f"<div style='display:flex;flex-wrap:wrap;gap:1rem'>{''.join(cards)}</div>")


def _card(name: str, prediction: Prediction) -> str:
    digit = str(prediction.digit) if prediction.is_digit else "–"
    sure = how_sure(prediction.confidence)[0] if prediction.is_digit else NO_DIGIT.lower()
    shares = bars(
        prediction.probabilities.tolist(), DIGITS, prediction.digit if prediction.is_digit else None
    )
    return (
        "<div style='width:12rem'>"
        f"<div style='font-size:0.85rem;min-height:2.6rem'>{html.escape(name)}</div>"
        f"<div style='font-size:2.6rem;line-height:1.1'>{digit}</div>"
        f"<div style='font-size:0.8rem;opacity:0.75;margin-bottom:0.4rem'>{sure}</div>"
        f"{shares}</div>"
    )
