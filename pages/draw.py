"""Draw: write a digit with the mouse or a finger, and see what a network reads, and why."""

import streamlit as st

from mnist_core.drawing import strokes_to_mnist
from mnist_core.errors import MnistLabError
from mnist_core.predict import Prediction, Predictor
from pages.ui import canvas, models
from pages.ui.answer import answer
from pages.ui.digits import KEPT, label_buttons, my_digits
from pages.ui.epochs import epochs
from pages.ui.everyone import everyone
from pages.ui.state import backend, page
from pages.ui.upload import upload
from pages.ui.why import why
from pages.ui.xray import xray

PANELS = ("X-ray", "Why", "All models", "My digits", "Epochs", "Upload")

page("Draw")


def pad(runs: models.Readers) -> None:
    """The canvas and what the network says; a stroke runs this part of the page alone."""
    left, right = st.columns([1, 2], gap="large")
    with left:
        strokes = canvas.draw_canvas(st.session_state.get("pen", 18), st.session_state.get(KEPT, 0))
        label_buttons()
        st.slider("Pen width", 6, 40, 18, key="pen", help="In pixels of the 280 x 280 pad.")
        model = models.choose(runs)
    with right:
        try:
            image = strokes_to_mnist(strokes)
            reader = models.reader(model, runs)
            prediction = reader(image) if image.any() else None
            answer(prediction)
            panel = st.segmented_control("Look closer", PANELS, key="panel")
            if panel == "My digits":
                my_digits(model, runs)
            elif panel == "Epochs":
                epochs(image if image.any() else None)
            elif panel == "Upload":
                upload(reader)
            elif prediction is not None:
                look_closer(panel, strokes, prediction, reader, runs)
        except MnistLabError as error:
            st.error(str(error))


def look_closer(
    panel: str | None,
    strokes: canvas.Drawing,
    prediction: Prediction,
    reader: Predictor,
    runs: models.Readers,
) -> None:
    match panel:
        case "X-ray":
            xray(strokes, prediction, reader)
        case "Why":
            why(prediction, reader)
        case "All models":
            everyone(prediction.image, runs)


st.caption("Draw a digit and see which one the network reads, and how sure it is.")
try:
    runs = models.readers()
    st.fragment(pad)(runs)
    active = bool(backend().store.active())
    if active or not runs:
        st.fragment(models.training, run_every=models.POLL if active else None)(active)
except MnistLabError as error:
    st.error(str(error))
