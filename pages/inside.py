"""Inside: what a trained network has learnt, what it gets wrong, and how it works."""

import streamlit as st

from mnist_core.errors import MnistLabError
from mnist_core.runs.records import Run
from pages.ui.fragments import fragment
from pages.ui.frame import page
from pages.ui.inside import against, layers, mistakes, onepicture, space, units
from pages.ui.inside.choose import choose_part, choose_run, choose_view, open_link
from pages.ui.looked import Looked
from pages.ui.state import backend
from pages.ui.words import literal

SHOW = {
    "mistakes": mistakes.show,
    "units": units.show,
    "picture": onepicture.show,
    "map": space.show,
    "layers": layers.show,
    "two": against.show,
}

page("Inside", "Look into a trained network: what it confuses, what its units see, how it learnt.")


def view(run: Run, chosen: str, part: str) -> None:
    """What was chosen; a click in it runs this part of the page alone."""
    try:
        looked = Looked(run, part)
        looked.caution()
        SHOW[chosen](looked)
    except MnistLabError as error:
        st.error(literal(str(error)))


try:
    runs = [run for run in backend().watch.library() if run.ready]
    if not runs:
        st.info("No trained network yet. Train one, and look here at what it has learnt.")
        if st.button("Train the first one", type="primary", icon=":material/play_arrow:"):
            st.switch_page("pages/train.py")
    else:
        left, right = st.columns([1, 3])
        with left, st.container(key="card-form", border=True):
            open_link()
            run = choose_run(runs)
            chosen = choose_view()
            part = choose_part()
        with right, st.container(key="card-picture", border=True):
            fragment(view, None)(run, chosen, part)
except MnistLabError as error:
    st.error(literal(str(error)))
