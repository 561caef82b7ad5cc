"""The hidden units as pictures, by how much accuracy needs them, and how they formed."""

import math

import numpy as np
import streamlit as st

from mnist_core.insight.units import STRONGEST, Need, most_pictures, need, portraits
from mnist_core.nn.network import FloatArray, Network
from pages.ui.looked import Looked, rows_of
from pages.ui.pictures import picture, row, signed
from pages.ui.snapshots import networks
from pages.ui.turns import turns
from pages.ui.words import percent

PAGE = 40  # units at once
ASKED = 2000  # pictures among which those are that a later layer's unit answers to most


@st.cache_resource(max_entries=16, show_spinner="Switching off each unit in turn …")
def _need(run_id: str, checkpoint: str, part: str, layer: int, _looked: Looked) -> Need:
    network = _looked.network
    some = _looked.some(most_pictures(network, layer))
    return need(network, layer, rows_of(some), some.labels)


def choose_layer(network: Network, key: str) -> int:
    """A hidden layer, from 0 on; asked for where there are several."""
    hidden = network.sizes[1:-1]
    if len(hidden) < 2:
        return 0
    titles = {i: f"Layer {i + 1}: {units:,} units" for i, units in enumerate(hidden)}
    if st.session_state.get(key, 0) not in titles:
        del st.session_state[key]  # of another network
    chosen: int = st.selectbox(
        "Hidden layer",
        list(titles),
        index=st.session_state.get(key, 0),
        format_func=titles.__getitem__,
        key=key,
        persist_state="session",
    )
    return chosen


def show(looked: Looked) -> None:
    network = looked.network
    if len(network.layers) == 1:
        st.info(
            "This network has no hidden layer: each class is one sum over the picture's numbers. "
            "These are its weights: ink on blue speaks for the class, ink on orange against it."
        )
        pictures = looked.pictures
        shape = pictures.images.shape[1:]
        weights = network.layers[0][0]
        st.html(
            row([_tile(w, shape, name) for w, name in zip(weights, pictures.classes, strict=True)])
        )
        return
    layer = choose_layer(network, "inside.layer")
    run = looked.run
    with turns.aside():
        found = _need(run.id, run.checkpoint, looked.part, layer, looked)
    st.markdown(summary(found, looked.said))
    at, epoch = network, run.saved_epoch
    kept = networks(run.id)
    if len(kept) > 1:
        epochs = sorted(kept)
        epoch = st.select_slider(
            "As they were after epoch", epochs, epochs[-1], key=f"inside.epoch.{run.id}"
        )
        at = kept[epoch] if epoch != epochs[-1] else network
    else:
        st.caption("Its epochs were not kept, so how the units formed cannot be shown.")
    order = found.order
    pages = math.ceil(len(order) / PAGE)
    which = 1
    if pages > 1:
        which = st.pagination(pages, key=f"inside.units.{run.id}.{layer}")
    shape = looked.pictures.images.shape[1:]
    images = _portraits(at, layer, looked)
    st.html(
        row(
            [
                _tile(images[unit], shape, _worth(found, unit), f"unit {unit}: ")
                for unit in order[(which - 1) * PAGE : which * PAGE]
            ]
        )
    )
    what = (
        "The weights of each unit: ink on blue raises its answer, ink on orange lowers it."
        if layer == 0
        else f"What each unit answers to: the mean of the {STRONGEST} pictures that raise it most, "
        "less the mean of all; blue where they have more ink, orange where less."
    )
    st.caption(
        f"{what} The one that accuracy needs most comes first, with the points that are lost "
        "without it."
    )


def _portraits(network: Network, layer: int, looked: Looked) -> FloatArray:
    if layer == 0:
        return portraits(network, 0, np.empty((0, network.sizes[0]), np.float32))
    return portraits(network, layer, rows_of(looked.some(ASKED)))


def _worth(found: Need, unit: int) -> str:
    if found.dead[unit]:
        return "dead"
    points = f"{-100 * found.lost[unit]:+.1f}"
    return "0.0" if points[1:] == "0.0" else points.replace("-", "−")


def _tile(values: FloatArray, shape: tuple[int, ...], caption: str, heard: str = "") -> str:
    """A unit as a picture; of a coloured one the mean of its three colours."""
    image = values.reshape(shape)
    if image.ndim == 3:
        image = image.mean(2)
    return picture(signed(image), caption, side=76, label=heard + caption)


def summary(found: Need, said: str) -> str:
    """How much hangs on single units, in Markdown."""
    alive = found.lost[~found.dead]
    dead = int(found.dead.sum())
    text = (
        f"With all units {percent(found.accuracy, 1)} of {found.pictures:,} {said} are read right. "
    )
    if len(alive):
        idle = int((np.abs(alive) < 0.0005).sum())
        text += (
            f"Without the one it needs most, {percent(found.accuracy - float(alive.max()), 1)}. "
        )
        if idle:
            text += (
                f"{idle:,} of {len(found.lost):,} units make no difference of a tenth of a point "
                "when they alone are switched off. "
            )
    if dead:
        text += (
            f"**{dead:,} {'unit is' if dead == 1 else 'units are'} dead**: "
            f"{'it answers' if dead == 1 else 'they answer'} 0 to every one of these pictures."
        )
    return text
