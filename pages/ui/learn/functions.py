"""What one hidden layer can compute: a function of one number, fitted while one looks."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from mnist_core.charts.fit import fit_chart, parts_chart
from mnist_core.learn.curve import HEIGHTS, LOOK_BACK, MOST_STEPS, SHAPES, Array, Curve, Fit, X
from mnist_core.learn.curve import through as drawn_through
from pages.ui import forms
from pages.ui.fragments import alone, fragment
from pages.ui.learn.choose import title
from pages.ui.turns import turns

EVERY = 0.3  # seconds between two pictures of a fit that runs
STEPS = 100  # of training from one picture to the next
FIT = "learn.functions.fit"  # session key: (what is fitted and how, its Fit)
RUNS = "learn.functions.runs"  # session key: whether it goes on by itself
SEED = "learn.functions.seed"  # session key
ENDED = "learn.functions.ended"  # session key: (function, {(activation, units): error at the end})
NAMES = {"step": "Steps", "bump": "Bump", "wave": "Wave", "zigzag": "Zigzag", "own": "My own"}
ACTIVATIONS = {"relu": "ReLU", "tanh": "tanh", "sigmoid": "sigmoid"}
OWN = (-0.5, 0.1, 0.7, 0.4, -0.2, -0.6, 0.0, 0.8, 0.3)  # heights to begin with


def show() -> None:
    title("functions")
    st.markdown(
        "Here is a network so small that all of it can be drawn: one number x goes in, one number "
        "y comes out, with one hidden layer between. Each hidden unit adds one simple curve. Can "
        "they add up to the dashed line?"
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        shape = forms.switch("Function", NAMES, "wave", "learn.functions.shape", width="content")
        activation = forms.switch(
            "Activation", ACTIVATIONS, "relu", "learn.functions.activation", width="content"
        )
    y = _own() if shape == "own" else SHAPES[shape]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        units = st.slider(
            *("Hidden units", 1, 64, 8),
            key="learn.functions.units",
            persist_state="session",
            width=300,
        )
        fit = _fit(y, units, activation)
        runs = st.session_state.get(RUNS, False)
        st.button(
            "Start",
            type="primary",
            icon=":material/play_arrow:",
            key="learn.functions.start",
            on_click=_run,
            args=(True,),
            disabled=runs or fit.settled,
        )
        st.button(
            "Stop",
            icon=":material/stop:",
            key="learn.functions.stop",
            on_click=_run,
            args=(False,),
            disabled=not runs,
        )
        st.button(
            "Restart",
            icon=":material/casino:",
            key="learn.functions.again",
            on_click=_again,
            help="Begin anew with other random weights.",
        )
    fragment(_picture, EVERY if runs else None)()
    st.markdown(
        "**What is known.** With enough hidden units, one hidden layer comes as close as you like "
        "to any continuous function on an interval, and to one of 784 pixels too. This is the "
        "universal approximation theorem: Cybenko proved it in 1989 for sigmoid units, Hornik in "
        "1991 for every bounded activation that is continuous and not constant (tanh is one), and "
        "Leshno and others in 1993 for ReLU."
    )
    st.markdown(
        "**What it does not say.** How many units are enough, and that training finds their "
        "weights. It only says that such weights exist. Try a few units and press *Restart*: with "
        "other random weights to begin with, the same network may end well or badly. And the fit "
        "is measured at the drawn points alone: what happens between and beside them is a question "
        "of its own."
    )
    st.caption(
        "Sources: G. Cybenko, *Approximation by superpositions of a sigmoidal function*, "
        "Mathematics of Control, Signals and Systems 2, 1989. K. Hornik, *Approximation "
        "capabilities of multilayer feedforward networks*, Neural Networks 4, 1991. M. Leshno, "
        "V. Lin, A. Pinkus, S. Schocken, *Multilayer feedforward networks with a nonpolynomial "
        "activation function can approximate any function*, Neural Networks 6, 1993."
    )


def _own() -> Array:
    """A function of one's own: straight from height to height."""
    places = np.linspace(-1, 1, HEIGHTS)
    with st.container(horizontal=True):
        heights = [
            st.slider(
                f"x = {place:g}".replace("-", "−"),
                *(-1.0, 1.0, height, 0.1),
                key=f"learn.functions.height.{number}",
                persist_state="session",
                format="%.1f",
                width=80,
            )
            for number, (place, height) in enumerate(zip(places, OWN, strict=True))
        ]
    return drawn_through(heights)


def _run(runs: bool) -> None:
    st.session_state[RUNS] = runs


def _again() -> None:
    st.session_state[SEED] = st.session_state.get(SEED, 0) + 1
    st.session_state[RUNS] = True


def _fit(y: Array, units: int, activation: str) -> Fit:
    """The fit of these settings as it stands. Of others it begins anew, and runs if one has."""
    seed = st.session_state.get(SEED, 0)
    asked = (y.tobytes(), units, activation, seed)
    known, fit = st.session_state.get(FIT, (None, None))
    if known != asked:
        st.session_state[RUNS] = st.session_state.get(RUNS, False) or bool(fit and fit.steps)
        fit = Fit.begin(y, units, activation, seed)
        st.session_state[FIT] = asked, fit
    return fit


def _picture() -> None:
    """The fit as it stands; while it runs, some steps further each time."""
    asked, fit = st.session_state[FIT]
    if st.session_state.get(RUNS, False) and alone():
        with turns.aside():
            fit = fit.on(STEPS)
        st.session_state[FIT] = asked, fit
        if fit.settled:
            st.session_state[RUNS] = False
            _remember(fit)
            st.rerun()
    function, ended = st.session_state.get(ENDED, (None, {}))
    said = [how_far(fit), bends(fit.curve)]
    if function == asked[0]:
        said.append(more_units(ended, fit.curve.activation))
    revision = "learn.functions"
    st.plotly_chart(
        fit_chart(X, fit.y, fit.curve(X), revision),
        key="learn.functions.chart",
        alt=f"The function and the network's output. {said[0]}",
        config={"displayModeBar": False},
    )
    st.markdown(" ".join(said))
    parts = fit.curve.parts(X)
    st.plotly_chart(
        parts_chart(X, parts, revision),
        key="learn.functions.parts",
        alt=in_words(parts, float(fit.curve.offset[0])),
        config={"displayModeBar": False},
    )
    st.caption(in_words(parts, float(fit.curve.offset[0])))


def _remember(fit: Fit) -> None:
    """Keep the error with which a fit has ended; of several starts, the least."""
    function, ended = st.session_state.get(ENDED, (None, {}))
    if function != fit.y.tobytes():
        ended = {}
    key = fit.curve.activation, len(fit.curve.out)
    least = min(fit.error, ended.get(key, fit.error))
    st.session_state[ENDED] = fit.y.tobytes(), {**ended, key: least}


def how_far(fit: Fit) -> str:
    """How far the network is from the function, in a sentence."""
    off = np.abs(fit.off)
    worst = int(off.argmax())
    if fit.steps == 0:
        begin = "**Before training**"
    else:
        begin = f"**After {fit.steps:,} steps of training**"
    said = (
        f"{begin} the network is typically {fit.error:.2g} away from the function (the root of the "
        f"mean squared error), and {off[worst]:.2g} at most, at x = {X[worst]:.2f}."
    ).replace("-", "−")
    if not fit.settled:
        return said
    if fit.steps >= MOST_STEPS:
        return f"{said} That was the last step."
    return f"{said} It has ended: the last {LOOK_BACK} steps brought hardly anything."


def bends(curve: Curve) -> str:
    """What the units can make together, and how many more would help."""
    count = len(curve.out)
    if curve.activation == "relu":
        inside = int((np.abs(curve.kinks) < 1).sum())
        return (
            f"A sum of ReLU units is made of straight pieces: it bends at most once a unit. "
            f"Of {count} possible bends, {inside} lie between x = −1 and x = 1."
        )
    steps = "one soft step" if count == 1 else f"{count} soft steps"
    return f"The output is the sum of {steps}, one a unit; each more unit adds one."


def more_units(ended: Mapping[tuple[str, int], float], activation: str) -> str:
    """What more units did to the error, from the fits that have ended: (activation, units)."""
    errors = {units: error for (name, units), error in sorted(ended.items()) if name == activation}
    if not errors:
        return ""
    if len(errors) == 1:
        return "Change the number of units, and the errors are compared here."
    few, many = min(errors), max(errors)
    listed = ", ".join(f"{units}: {error:.2g}" for units, error in errors.items())
    ratio = errors[few] / max(errors[many], 1e-12)
    if ratio >= 1.05:
        told = f"the error with {many} is {ratio:.3g} times smaller than with {few}"
    elif ratio > 0.95:
        told = f"the error with {many} is about the same as with {few}"
    else:
        told = (
            f"the error with {many} is larger than with {few}, though {many} can do all that {few} "
            "can: training did not find it"
        )
    return f"**Your fits by units** ({ACTIVATIONS[activation]}): {listed}; {told}."


def in_words(parts: Array, offset: float) -> str:
    """What the lower chart shows, for those who cannot see it."""
    span = parts.max(1) - parts.min(1)
    most = int(span.argmax())
    low, high = (round(float(end), 2) + 0.0 for end in (parts[most].min(), parts[most].max()))
    idle = int((span < 0.01).sum())
    lines = "one line" if len(parts) == 1 else f"{len(parts)} lines"
    said = (
        f"Lower chart: {lines}, one a unit; added up, with an offset of {offset:.2f}, they are the "
        f"network's output. The largest goes from {low:.2f} to {high:.2f}."
    ).replace("-", "−")
    if idle:
        said += f" Nearly flat, so of no use here: {idle}."
    return said
