"""The X-ray: every step from the canvas to the answer, and what each step is worth."""

import streamlit as st

from mnist_core.drawing.prepare import Preparation, Steps, prepare_strokes
from mnist_core.insight.attribution import Response, strongest_responses
from mnist_core.reading.predict import Prediction, Predictor
from pages.ui.draw.canvas import Drawing
from pages.ui.pictures import DIGITS, bars, picture, row, signed
from pages.ui.words import percent

UNITS = 8  # of the first layer, shown
STEPS = {
    "even_pen": ("Even pen", "Redraw the lines as wide as MNIST's, whatever pen you use."),
    "crop": ("Crop", "Cut away the empty canvas around the ink."),
    "margin": ("Margin", "Fit the digit into 20 x 20 inside the 28 x 28, as MNIST's makers did."),
    "centre": ("Centre", "Put the middle of the ink, not of its box, in the middle."),
}


def xray(strokes: Drawing, prediction: Prediction, reader: Predictor) -> None:
    st.caption(
        "What happens between your pen and the answer. Switch a step off to see what it is worth."
    )
    with st.container(horizontal=True):
        kept = {
            flag: st.toggle(title, True, key=f"xray.{flag}", help=text, persist_state="session")
            for flag, (title, text) in STEPS.items()
        }
    steps = prepare_strokes(strokes, Preparation(**kept))
    changed = reader(steps.image)
    st.html(row(_pictures(steps)))
    if not all(kept.values()):
        st.html(
            f"With every step: <b>{prediction.digit}</b>, {percent(prediction.confidence, 1)}. "
            f"Without {', '.join(STEPS[flag][0].lower() for flag in kept if not kept[flag])}: "
            f"<b>{changed.digit}</b>, {percent(changed.confidence, 1)}."
        )
    left, right = st.columns([1.6, 1], gap="large")
    with left:
        hidden = len(reader.network.layers) > 1
        st.markdown(f"**What the first layer responds to: its {UNITS} strongest units**")
        st.html(row([_unit(r) for r in strongest_responses(reader.network, steps.image, UNITS)]))
        what = "hidden unit" if hidden else "digit"
        st.caption(
            f"The weights of a {what}: ink on blue raises its answer, ink on orange lowers it."
        )
    with right:
        st.markdown("**Probabilities**")
        st.html(bars(changed.probabilities.tolist(), DIGITS, changed.digit))


def _pictures(steps: Steps) -> list[str]:
    side = len(steps.box)
    return [
        picture(steps.ink, "1 Canvas"),
        picture(steps.crop, "2 Ink, cropped"),
        picture(steps.box, f"3 Fitted to {side} × {side}"),
        picture(steps.image, "4 Centred in 28 × 28"),
    ]


def _unit(response: Response) -> str:
    caption = f"unit {response.unit}: {response.value:.1f}"
    return picture(signed(response.weights), caption, side=84)
