"""Learn: the tutorial in short chapters, each with something to move and something to try."""

import streamlit as st

from mnist_core.errors import MnistLabError
from pages.ui.frame import page
from pages.ui.learn import (
    batches,
    device,
    experiment,
    functions,
    further,
    hidden,
    linear,
    loss,
    overfit,
    pixels,
    rate,
    step,
)
from pages.ui.learn.choose import choose_chapter, lead_on
from pages.ui.words import literal

SHOW = {
    "pixels": pixels.show,
    "linear": linear.show,
    "hidden": hidden.show,
    "loss": loss.show,
    "step": step.show,
    "rate": rate.show,
    "batches": batches.show,
    "overfit": overfit.show,
    "functions": functions.show,
    "device": device.show,
    "further": further.show,
}

page("Learn", "How a network learns to read digits: short chapters with something to move.")

with st.container(key="learn"):
    left, right = st.columns([1, 3])
with left, st.container(key="card-form", border=True):
    chapter = choose_chapter(experiment.done())
with right, st.container(key="card-picture", border=True):
    try:
        SHOW[chapter]()
    except MnistLabError as error:
        st.error(literal(str(error)))
    experiment.show(chapter)
    lead_on(chapter)
