"""Draw: write a digit with the mouse or a finger, and see what a network reads, and why."""

import streamlit as st

from mnist_core.drawing.prepare import strokes_to_mnist
from mnist_core.errors import MnistLabError
from mnist_core.reading.predict import Prediction, Predictor
from pages.ui.draw import canvas, models
from pages.ui.draw.answer import answer
from pages.ui.draw.digits import KEPT, label_buttons, my_digits
from pages.ui.draw.everyone import everyone
from pages.ui.draw.live import in_short, live
from pages.ui.draw.number import number_pad
from pages.ui.draw.second import both, choose_second
from pages.ui.draw.think import see_it_think
from pages.ui.draw.upload import upload
from pages.ui.draw.watch import watch_it_learn
from pages.ui.draw.why import why
from pages.ui.draw.xray import xray
from pages.ui.fragments import fragment
from pages.ui.frame import page
from pages.ui.state import backend
from pages.ui.words import literal

WIDTHS = (1, 1.6)  # of the columns
PEN = 18  # pixels of the pad that the pen is wide, until somebody chooses
DIGIT, NUMBER = "A digit", "A number"
PANELS = (
    "See it think",
    "Watch it learn",
    "X-ray",
    "Why",
    "All models",
    "My digits",
    "Upload",
)

page("Draw", "Draw a digit and see which one the network reads, and how sure it is.")


def pad(runs: models.Readers) -> None:
    """The canvas and what the network says; a stroke runs this part of the page alone."""
    what = st.segmented_control(
        "What to draw",
        (DIGIT, NUMBER),
        default=DIGIT,
        required=True,
        key="what",
        label_visibility="collapsed",
        persist_state="session",
    )
    if what == NUMBER:
        number_pad(runs, st.session_state.get("pen", PEN))
    else:
        digit_pad(runs)


def digit_pad(runs: models.Readers) -> None:
    """The pad for one digit: the answer, its keys and the panels."""
    # Two rows, so that on a phone, where columns follow each other, the answer is at the canvas.
    drawn, said = st.columns(WIDTHS, gap="large")
    chosen, panel = st.columns(WIDTHS, gap="large")
    with drawn:
        pen = st.session_state.get("pen", PEN)
        strokes = canvas.draw_canvas(pen, st.session_state.get(KEPT, 0))
    with chosen:
        label_buttons()
        st.slider(
            "Pen width",
            *(6, 40, pen),
            key="pen",
            help="Of 280, the width of the pad.",
            persist_state="session",
        )
        model = models.choose(runs)
        second = choose_second(model, runs)
    try:
        image = strokes_to_mnist(strokes)
        reader = models.reader(model, runs)
        prediction = reader(image) if image.any() else None
        with said:
            with st.container(key="answer"):
                answer(prediction, in_short(strokes))
                if second is not None:
                    other = models.reader(second, runs)
                    beside = None if prediction is None else other(image)
                    titles = models.titles(runs)
                    st.html(both((titles[model], titles[second]), prediction, beside))
            live(strokes, pen, (model, second), runs)
        with panel:
            look_closer(strokes, prediction, reader, model, runs)
    except MnistLabError as error:
        st.error(literal(str(error)))


def look_closer(
    strokes: canvas.Drawing,
    prediction: Prediction | None,
    reader: Predictor,
    model: str,
    runs: models.Readers,
) -> None:
    """The panel that was chosen; some have something to show without a drawing too."""
    match (
        st.segmented_control("Look closer", PANELS, key="panel", persist_state="session"),
        prediction,
    ):
        case "See it think", _:
            see_it_think(model, runs)
        case "My digits", _:
            my_digits(model, runs)
        case "Watch it learn", _:
            watch_it_learn(None if prediction is None else prediction.image)
        case "Upload", _:
            upload(reader)
        case "X-ray", Prediction():
            xray(strokes, prediction, reader)
        case "Why", Prediction():
            why(prediction, reader)
        case "All models", Prediction():
            everyone(prediction.image, runs)


try:
    runs = models.readers() if backend().ready else {}
    if backend().ready:
        models.not_for_digits()
    fragment(pad, None)(runs)
    active = backend().ready and bool(backend().watch.active())
    if active or (backend().ready and not runs):
        fragment(models.training, models.POLL if active else None)(active)
except MnistLabError as error:
    st.error(literal(str(error)))
