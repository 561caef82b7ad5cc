"""Data: the pictures networks learn from, and what the distortions do to them."""

import streamlit as st

from mnist_core.config.distortion import Distortion
from mnist_core.config.fields import FIELDS
from mnist_core.data.own import is_own
from mnist_core.data.pictures import ImageDataset
from mnist_core.errors import MnistLabError
from pages.ui.actions import show_problem
from pages.ui.data import samples, views
from pages.ui.data.adding import add_your_own, origin, take_added
from pages.ui.forms import TRAIN, widget_key
from pages.ui.frame import page
from pages.ui.words import literal

page("Data", "The pictures that networks learn from, and what distortions do to them.")


def use() -> None:
    """Take the data set and the distortions over into the Train page's form."""
    st.session_state[widget_key(TRAIN, "dataset")] = st.session_state[samples.key("dataset")]
    for name, spec in FIELDS.items():
        if spec.distorts:
            st.session_state[widget_key(TRAIN, name)] = st.session_state[samples.key(name)]


def controls() -> tuple[ImageDataset, views.DataPart, int | None, Distortion] | None:
    """A data set, one of its parts, a class and distortions; None while the data set is gone."""
    samples.open_link()
    name = samples.choose_dataset()
    add_your_own()
    if samples.gone(name):
        return None
    data = samples.dataset(name)
    label = samples.choose_class(data)
    part = samples.choose_part()
    st.button("Other pictures", icon=":material/shuffle:", on_click=samples.next_draw)
    st.markdown("**Distort them**")
    distortion = samples.strengths()
    with st.container(key="foot"):
        if st.button(
            "Train with these",
            icon=":material/arrow_forward:",
            type="primary",
            width="stretch",
            on_click=use,
            help="Takes the data set and the distortions over into the Train page's form; starts "
            "nothing.",
        ):
            st.switch_page("pages/train.py")
    return data, part, label, distortion


def picture(
    data: ImageDataset, part: views.DataPart, label: int | None, distortion: Distortion
) -> None:
    """What was chosen to be seen of it."""
    samples.facts(data)
    if is_own(data.name):
        origin(data.name)
    view = samples.choose_view()
    samples.keep_link(data, part, label, distortion, view)
    match view:
        case "classes":
            views.classes(data)
        case "mean":
            views.mean(data, part)
        case "hard":
            views.hard(data, part, label)
        case _:
            samples.show(data, part, label, distortion)
    samples.on_disk(data.name)


take_added()
show_problem()
try:
    left, right = st.columns([1, 3])
    with left, st.container(key="card-form", border=True):
        chosen = controls()
    if chosen is not None:
        with right, st.container(key="card-picture", border=True):
            picture(*chosen)
except MnistLabError as error:
    st.error(literal(str(error)))
