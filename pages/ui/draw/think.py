"""See it think: the units of the network that reads along, broken by hand, and what that costs."""

import numpy as np
import streamlit as st

from mnist_core.errors import DataError
from mnist_core.insight.answers import read_all
from mnist_core.insight.breaking import Break, broken, most_asked
from mnist_core.runs.records import Run
from pages.ui.draw import models
from pages.ui.draw.live import KEY, browser, name_of
from pages.ui.looked import Looked
from pages.ui.pictures import AGAINST, FOR
from pages.ui.turns import turns
from pages.ui.words import literal, percent


def see_it_think(model: str, runs: models.Readers) -> None:
    """The panel of the network that reads along."""
    st.caption(
        "The hidden units that say most about the digit: blue lines speak for it, dashed orange "
        "ones against it. Point at a unit or a digit, and its sum is written out. Below, each tile "
        "is a unit, lit by what it answers: its weights want ink where they are blue, none where "
        "they are orange. Click one, and it is off (on a phone: the second tap). The stored "
        "network stays as it is."
    )
    said = st.container(key="cost")
    panel = browser()(
        data={"units": colours()},
        key=f"{KEY}.units",
        on_broken_change=lambda: None,
        height="content",
    )
    if model == models.SHIPPED:
        said.caption("Choose a run as the model, and this line says what a break costs.")
        return
    given = panel.broken or {}
    if isinstance(given, dict) and given.get("network") != name_of(model, runs):
        given = {}  # of the network that read before
    try:
        said.markdown(cost(runs[model], given))
    except DataError as error:
        said.caption(literal(str(error)))


def colours() -> dict[str, list[int]]:
    """What is above 0 and what below, 0 to 255 each."""
    return {"above": _bytes(FOR), "below": _bytes(AGAINST)}


def cost(run: Run, given: object) -> str:
    """What a break, as the browser tells it, does to a run on validation pictures, in Markdown.

    Raises:
        ConfigError: its network has nothing like that.
    """
    looked = Looked(run, "validation")
    network = looked.network
    change, most = Break.parse(given, network), most_asked(network)
    right = looked.answers.right[:most]
    all_or_some = "its" if len(right) == len(looked.pictures) else "the first"
    text = (
        f"Of {all_or_some} {len(right):,} {looked.said} it reads "
        f"**{percent(float(right.mean()), 1)}** right"
    )
    if change:
        share = _accuracy(run.id, run.checkpoint, change, looked)
        text += f" when it is whole, **{percent(share, 1)}** as it is broken now"
    return f"{text}."


@st.cache_data(max_entries=200, show_spinner=False)
def _accuracy(run_id: str, checkpoint: str, change: Break, _looked: Looked) -> float:
    with turns.aside():
        network = broken(_looked.network, change)
        pictures = _looked.some(most_asked(network))
        return read_all(network, pictures.images, pictures.labels).accuracy


def _bytes(colour: np.ndarray) -> list[int]:
    return (colour * 255).round().astype(int).tolist()
