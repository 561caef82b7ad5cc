"""Why: the ink that decided, the nearest training digits, and what the runner-up needed."""

import numpy as np
import streamlit as st

from mnist_core.data.datasets import SAMPLE, locate, read_from
from mnist_core.insight.attribution import Neighbours, attribution, counterfactual
from mnist_core.reading.predict import Prediction, Predictor
from pages.ui.pictures import picture, row, signed
from pages.ui.words import percent

NEAREST = 6
INK = np.float32(0.25)  # how bright ink without a say is


@st.cache_resource(show_spinner="Reading the training digits …")
def neighbours() -> Neighbours:
    """MNIST's training digits, or the 5,000 that are always there; read once a process."""
    digits = read_from("mnist", str(locate("mnist") or SAMPLE))
    return Neighbours(digits.images, digits.labels)


def why(prediction: Prediction, reader: Predictor) -> None:
    image, winner = prediction.image, prediction.digit
    runner_up = int(np.argsort(prediction.probabilities)[-2])
    ink, change = st.columns(2, gap="large")
    with ink:
        st.markdown(f"**Which ink spoke for {winner}, and which against**")
        parts = attribution(reader.network, image, winner)
        shown = np.maximum(signed(parts), INK * image[..., None])
        st.html(picture(shown, "blue: for · orange: against · grey: no say", 168))
    with change:
        st.markdown(f"**What {runner_up}, the runner-up, would have needed**")
        st.html(_change(reader, image, winner, runner_up))
    st.markdown("**The training digits most like yours**")
    near = neighbours().nearest(image, NEAREST)
    st.html(row([picture(p, f"a {label}, {far:.1f} away", 84) for p, label, far in near]))
    st.caption("Distance over all 784 pixels; 0 is the same picture.")


def _change(reader: Predictor, image: np.ndarray, winner: int, runner_up: int) -> str:
    """The smallest change that makes the runner-up win, as three pictures."""
    needed = counterfactual(reader.network, image, runner_up)
    if needed is None:
        return f"No small change of this drawing makes it a {runner_up}."
    changed = reader(needed)
    amount = float(np.abs(needed - image).sum() / max(image.sum(), 1))
    return row(
        [
            picture(signed(needed - image), f"blue: more ink, orange: less ({percent(amount, 0)})"),
            picture(needed, f"then: {changed.digit}, {percent(changed.confidence, 1)}"),
        ]
    )
