"""A map of a hidden layer: what the network takes for alike lies close together."""

from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.charts.space import space_chart
from mnist_core.insight.parts import Pictures
from mnist_core.insight.space import STAGES, Plane, hidden_answers, neighbour_maps, principal_plane
from pages.ui import forms
from pages.ui.fragments import fragment
from pages.ui.inside.units import choose_layer
from pages.ui.looked import Looked, rows_of
from pages.ui.pictures import as_address
from pages.ui.state import in_background
from pages.ui.turns import turns
from pages.ui.words import percent

SHOWN = 1500  # pictures on the map
COLUMNS = 50  # of the sheet that has them all
POLL = 0.5  # seconds between two looks at a map that is being made
KINDS = {"pca": "Most of the spread (PCA)", "tsne": "Neighbours (t-SNE)"}


@st.cache_resource(max_entries=16, show_spinner=False)
def _plane(run_id: str, checkpoint: str, part: str, layer: int, _looked: Looked) -> Plane:
    return principal_plane(hidden_answers(_looked.network, layer, rows_of(_looked.some(SHOWN))))


@dataclass
class Making:
    """A slow map while it is made: how many of ``STAGES`` are done, and the last one's points."""

    done: int = 0
    points: NDArray[np.float64] | None = None
    work: "Future[None]" = field(default_factory=Future)


@st.cache_resource(max_entries=8, show_spinner=False)
def _neighbours(run_id: str, checkpoint: str, part: str, layer: int, _looked: Looked) -> Making:
    """One map for all who ask for it, begun by the first."""
    values = hidden_answers(_looked.network, layer, rows_of(_looked.some(SHOWN)))
    making = Making()

    def work() -> None:
        for points in neighbour_maps(values):
            making.points = points
            making.done += 1

    making.work = in_background(work, "t-SNE")
    return making


def show(looked: Looked) -> None:
    network = looked.network
    with st.container(horizontal=True, vertical_alignment="bottom"):
        kind = forms.switch("Map", KINDS, "pca", "inside.map", label_visibility="collapsed")
        layer = choose_layer(network, "inside.layer")
    run, some = looked.run, looked.some(SHOWN)
    st.html(sheet(some), unsafe_allow_javascript=False)
    if kind == "pca":
        with turns.aside():
            plane = _plane(run.id, run.checkpoint, looked.part, layer, looked)
        axes = tuple(
            f"{name} direction, {percent(share, 0)} of the spread"
            for name, share in zip(("first", "second"), plane.kept, strict=True)
        )
        _chart(looked, some, plane.points, (axes[0], axes[1]), f"pca-{layer}")
        st.caption(
            f"Each point is one of {len(some):,} {looked.said}, put where {_of(looked)} answers to "
            "it, seen from the side where they differ most. Point at one to see it; crosses are "
            "read wrong."
        )
    else:
        making = _neighbours(run.id, run.checkpoint, looked.part, layer, looked)
        fragment(_stages, None if making.work.done() else POLL)(looked, some, making, layer)


def _of(looked: Looked) -> str:
    return "the hidden layer" if len(looked.network.layers) > 1 else "the network"


def _stages(looked: Looked, some: Pictures, making: Making, layer: int) -> None:
    """The map that keeps neighbours, as far as it is."""
    if making.work.done():
        making.work.result()
        if st.session_state.get("inside.mapped") != id(making):
            st.session_state["inside.mapped"] = id(making)
            st.rerun()  # it need not be polled any more
    else:
        said = "finding out who are neighbours" if making.done == 0 else "moving them together"
        st.progress(making.done / STAGES, f"Stage {making.done + 1} of {STAGES}: {said} …")
    if making.points is not None:
        _chart(looked, some, making.points, ("no unit", "no unit"), f"tsne-{layer}")
        st.caption(
            "Pictures to which the layer answers alike are neighbours here (t-SNE); how far apart "
            "the groups are says little."
        )


def _chart(
    looked: Looked,
    some: Pictures,
    points: NDArray[np.float64],
    axes: tuple[str, str],
    revision: str,
) -> None:
    answers = looked.answers.answers[: len(some)]
    wrong = int((answers != some.labels).sum())
    with st.container(key="map"):
        st.plotly_chart(
            space_chart(
                points, some.labels, answers, some.classes, axes, f"{looked.run.id}-{revision}"
            ),
            key="inside.space",
            alt=f"A map of {len(some):,} pictures as the layer sees them, in the colours of their "
            f"classes; {wrong:,} that are read wrong are crosses.",
            config={"displayModeBar": False, "scrollZoom": True},
        )


def sheet(pictures: Pictures) -> str:
    """All pictures of a map on one sheet, from which the browser shows the one that is meant."""
    images = pictures.images
    height, width = images.shape[1:3]
    lines = -(-len(images) // COLUMNS)
    padded = np.zeros((lines * COLUMNS, *images.shape[1:]), np.uint8)
    padded[: len(images)] = images
    grid = padded.reshape(lines, COLUMNS, *images.shape[1:]).swapaxes(1, 2)
    whole = grid.reshape(lines * height, COLUMNS * width, *images.shape[3:])
    return (
        f"<i class='lab-sheet' data-columns='{COLUMNS}' data-width='{width}' data-height='{height}'"
        f" data-sheet='{as_address(whole.astype(np.float32) / np.float32(255))}'></i>"
    )
