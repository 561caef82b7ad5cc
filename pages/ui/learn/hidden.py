"""A hidden layer: what it gains with a non-linearity, and that without one it is no layer."""

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.charts.base import ACCENT, MUTED, SECOND
from mnist_core.charts.courses import Line, epochs_chart
from mnist_core.learn.claims import paired
from mnist_core.learn.course import Course, Plan, parameters
from mnist_core.learn.digits import digits
from mnist_core.learn.merge import largest_difference, merged
from pages.ui import forms
from pages.ui.learn.choose import title
from pages.ui.learn.live import Courses, heard, live, progress
from pages.ui.words import percent

ACTIVATIONS = {"relu": "ReLU", "tanh": "tanh", "sigmoid": "sigmoid", "gelu": "GELU"}
COLOURS = (MUTED, SECOND, ACCENT)
EPOCHS = 15


def show() -> None:
    title("hidden")
    st.markdown(
        "A hidden layer forms weighted sums of the pixels first, and the ten sums are made of "
        "these. Between the two stands an **activation**, which bends each sum: ReLU makes 0 of "
        "what is below 0. Three networks learn the same digits side by side."
    )
    with st.container(horizontal=True, gap="medium"):
        activation = forms.switch("Activation", ACTIVATIONS, "relu", "learn.hidden.activation")
        units = st.slider(
            "Hidden units",
            *(4, 128, st.session_state.get("learn.hidden.units", 32), 4),
            key="learn.hidden.units",
            persist_state="session",
            width=260,
        )
    named = ACTIVATIONS[activation]
    plans = {
        "no hidden layer": _plan((), "none"),
        f"{units} units, none": _plan((units,), "none"),
        f"{units} units, {named}": _plan((units,), activation),
    }
    live("hidden", plans, _draw)


def _plan(hidden: tuple[int, ...], activation: str) -> Plan:
    return Plan(hidden, activation, rate=0.2, batch=50, epochs=EPOCHS, count=4000)


def _draw(courses: Courses) -> None:
    left, right = st.columns([3, 2], gap="medium")
    with left:
        lines = [
            Line(name, [point.val_accuracy for point in course.points], colour)
            for (name, course), colour in zip(courses.items(), COLOURS, strict=True)
        ]
        heading = "Validation accuracy after each epoch"
        st.plotly_chart(
            epochs_chart(lines, heading, "read right", EPOCHS, height=280),
            key="learn.hidden.chart",
            alt=heard(courses),
        )
    with right:
        st.markdown(progress(courses))
        st.markdown(
            "\n".join(
                f"- {name}: **{percent(course.points[-1].val_accuracy, 1)}**, "
                f"{parameters(course.network):,} parameters"
                for name, course in courses.items()
            )
        )
        names, (_, plain, bent) = list(courses), courses.values()
        if plain.epoch:
            st.markdown(against(names[2], bent, names[1], plain))
    _one_layer(plain)


def against(better: str, first: Course, worse: str, second: Course) -> str:
    """How much more of the validation digits the first network reads than the second."""
    found, noise = paired(_right(second), _right(first))
    said = (
        f"**{better}** reads {100 * abs(found):.1f} points {'more' if found > 0 else 'fewer'} of "
        f"the {len(digits()[1]):,} validation digits right than **{worse}**; chance alone is about "
        f"±{100 * noise:.1f} points"
    )
    if abs(found) > 2 * noise:
        return f"{said}, so this is more than chance."
    return f"{said}, so this may be chance."


def _right(course: Course) -> NDArray[np.bool_]:
    _, validation = digits()
    found: NDArray[np.bool_] = course.network(validation.rows).argmax(1) == validation.labels
    return found


def _one_layer(course: Course) -> None:
    """The network without a non-linearity, multiplied out."""
    network, rows = course.network, digits()[1].rows
    one = merged(network)
    same = int((network(rows).argmax(1) == one(rows).argmax(1)).sum())
    inputs, units, classes = network.sizes
    st.markdown("**Without an activation, two layers are one.**")
    st.latex(r"W_2\,(W_1 x + b_1) + b_2 = (W_2 W_1)\,x + (W_2 b_1 + b_2)")
    size = float(np.abs(network(rows)).max())
    st.markdown(
        f"Here the orange network is multiplied out as it is now: [{classes}, {units}] times "
        f"[{units}, {inputs}] is one matrix [{classes}, {inputs}], {parameters(one):,} parameters "
        f"instead of {parameters(network):,}. On {len(rows):,} digits the logits of both differ "
        f"by at most **{largest_difference(network, one, rows):.6f}** (they reach {size:.0f}; what "
        f"is left is rounding), and {same:,} of {len(rows):,} answers are the same."
    )
    st.markdown(
        "So more layers alone add nothing: however long it learns, the orange network cannot "
        "compute more than the grey one. What bends the sums makes the difference. Try few units, "
        "and another activation."
    )
