"""Weights, answers and gradients of each layer after each epoch that was kept."""

import streamlit as st

from mnist_core.charts.layers import layers_chart
from mnist_core.insight.layers import LayerRow, layer_rows, remarks
from mnist_core.nn.network import Network
from pages.ui import forms
from pages.ui.looked import Looked, rows_of
from pages.ui.snapshots import networks
from pages.ui.turns import turns

ASKED = 2000  # pictures on which answers and gradients are measured
MOST_EPOCHS = 60  # measured; of more, some between the first and the last
FIGURES = {
    "gradient": ("Gradients", "Size of the gradient", "root mean square"),
    "answer": ("Answers", "Size of what each layer hands on", "root mean square"),
    "weight": ("Weights", "Size of the weights", "root mean square"),
    "dead": ("Dead units", "Units that answer 0 to every picture", "share of the layer"),
}


@st.cache_resource(max_entries=16, show_spinner="Measuring each layer …")
def _rows(run_id: str, part: str, epochs: tuple[int, ...], _looked: Looked) -> list[LayerRow]:
    some, kept = _looked.some(ASKED), networks(run_id)
    return layer_rows({epoch: kept[epoch] for epoch in epochs}, rows_of(some), some.labels)


def some_of(epochs: list[int]) -> tuple[int, ...]:
    """At most ``MOST_EPOCHS`` of them, the first and the last included."""
    if len(epochs) <= MOST_EPOCHS:
        return tuple(epochs)
    step = (len(epochs) - 1) / (MOST_EPOCHS - 1)
    return tuple(epochs[round(i * step)] for i in range(MOST_EPOCHS))


def show(looked: Looked) -> None:
    kept: dict[int, Network] = networks(looked.run.id)
    if len(kept) < 2:
        st.info("The epochs of this run were not kept: it is too large for that, or too old.")
        return
    epochs = some_of(sorted(kept))
    with turns.aside():
        rows = _rows(looked.run.id, looked.part, epochs, looked)
    count = len(kept[epochs[-1]].layers)
    relu = looked.config.activation == "relu" and count > 1
    titles = {name: said for name, (said, _, _) in FIGURES.items() if relu or name != "dead"}
    what = forms.switch("What is shown", titles, "gradient", "inside.figure")
    names = [f"layer {i + 1}" for i in range(count)]
    names[-1] = "output layer" if len(names) > 1 else "the only layer"
    hidden = names[:-1] if what == "dead" else names
    lines = {
        name: [float(getattr(row, what)) for row in rows if row.layer == place + 1]
        for place, name in enumerate(hidden)
    }
    _, title, unit = FIGURES[what]
    st.plotly_chart(
        layers_chart(epochs, lines, title, unit, looked.run.id + what, share=what == "dead"),
        key="inside.layers",
        alt=in_words(title, epochs, lines),
        config={"displayModeBar": False},
    )
    for remark in remarks(rows):
        st.warning(remark, icon=":material/info:")
    if not remarks(rows):
        dead = ", and few or no units are dead" if relu else ""
        st.caption(f"Nothing stands out: no gradient vanishes or explodes{dead}.")
    st.caption(f"Measured on {min(ASKED, len(looked.pictures)):,} {looked.said}, without dropout.")


def in_words(title: str, epochs: tuple[int, ...], lines: dict[str, list[float]]) -> str:
    """What the chart shows, for those who cannot see it."""
    ends = [f"{name} {values[0]:.3g} to {values[-1]:.3g}" for name, values in lines.items()]
    return f"{title} from epoch {epochs[0]} to epoch {epochs[-1]}: {', '.join(ends)}."
