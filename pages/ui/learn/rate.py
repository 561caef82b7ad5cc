"""The learning rate: one step along the gradient, and sixty of them with three rates."""

from collections.abc import Mapping

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.charts.rate import HIGHEST, line_chart, steps_chart
from mnist_core.learn.digits import digits
from mnist_core.learn.line import (
    BATCH,
    BEFORE,
    GUESSING,
    SIZES,
    Line,
    at_the_end,
    first_steps,
    line_after,
    outcome,
    verdict,
)
from pages.ui.learn.choose import title
from pages.ui.turns import turns

RATES = tuple(float(f"{factor}e{power}") for power in range(-3, 2) for factor in (1, 2, 5))[:-1]
POINTS = 61  # of the curve
STEPS = 60  # of each training
SAID = {
    "diverged": "diverged: its loss is no number any more",
    "no better than guessing": "broken: at the end no better than guessing",
    "unsteady": "unsteady: on its way the loss rose above where it began",
    "slow": "slow",
    "quick": "quick",
}


def show() -> None:
    title("rate")
    st.markdown(
        "The gradient says in which direction the loss falls. How far to go that way is for you to "
        "say: that is the **learning rate**. The curve is the loss of one batch after a step of "
        "each length."
    )
    first, second = st.columns(2, gap="medium")
    rate = first.select_slider(
        "Learning rate",
        RATES,
        value=0.1,
        format_func=lambda value: f"{value:g}",
        key="learn.rate.rate",
        persist_state="session",
    )
    taken = second.slider(
        "Steps already taken",
        *(0, 60, 40, 5),
        key="learn.rate.taken",
        persist_state="session",
        help=f"With other batches and a learning rate of {BEFORE:g}.",
    )
    with turns.aside():
        line, best, best_loss = _line(taken)
        rates, losses = _curve(taken, max(4 * best, 1.15 * rate))
        loss = line.at(rate)
    said = one_step(line, rate, loss, best, best_loss)
    st.plotly_chart(
        line_chart(
            rates, losses, line.slope, (rate, loss), best, f"learn.rate.{taken}.{rates[-1]:g}"
        ),
        key="learn.rate.line",
        alt=f"Loss after one step against its learning rate, from 0 to {rates[-1]:.3g}. {said}",
        config={"displayModeBar": False},
    )
    st.markdown(said)
    st.caption(straight_on(line, rate, loss))
    _sixty(rate)
    st.markdown(
        "**Why not the best rate of each step?** It is the best for one batch in one direction, "
        "and it changes: move *Steps already taken*. The next batch has another valley, and what "
        "is right at the beginning may be too large soon after. So one tries a few rates, each "
        "about three to ten times the one before, and takes one of the larger ones that still run "
        "smoothly."
    )
    st.caption(
        f"A network {' – '.join(map(str, SIZES))} with ReLU, batches of {BATCH} digits, and a step "
        "of the tutorial's kind (stochastic gradient descent): each weight less the learning rate "
        "times its gradient."
    )


@st.cache_resource(max_entries=16, show_spinner=False)
def _line(taken: int) -> tuple[Line, float, float]:
    """The line after some steps, the best rate along it and the loss there."""
    line = line_after(taken, digits()[0])
    best = line.best()
    return line, best, line.at(best)


@st.cache_data(max_entries=100, show_spinner=False)
def _curve(taken: int, far: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rates = np.linspace(0, far, POINTS)
    return rates, _line(taken)[0].along(rates)


@st.cache_data(max_entries=40, show_spinner=False)
def _training(rate: float) -> list[float]:
    return first_steps(rate, STEPS, digits()[0])


def _sixty(rate: float) -> None:
    """The same network trained with a tenth of the rate, with it, and with ten times as much."""
    rates = [float(f"{factor * rate:.6g}") for factor in (0.1, 1, 10)]
    with turns.aside():
        trained = {each: _training(each) for each in rates}
    st.markdown(
        f"**{STEPS} steps from the beginning**, with a tenth of your rate, with it, and with ten "
        "times as much; the same untrained network and the same batches."
    )
    said = three_rates(trained)
    st.plotly_chart(
        steps_chart({f"{each:g}": losses for each, losses in trained.items()}, GUESSING),
        key="learn.rate.steps",
        alt=f"Loss of each batch over {STEPS} steps. {said}",
        config={"displayModeBar": False},
    )
    st.markdown(said)


def one_step(line: Line, rate: float, loss: float, best: float, best_loss: float) -> str:
    """What this step does, and what the best along the line would."""
    found = verdict(rate, loss, line.loss, best, best_loss)
    if not np.isfinite(loss):
        went = f"A step of {rate:g} takes the loss from {line.loss:.3f} to no number at all"
    else:
        went = f"A step of {rate:g} takes the loss from {line.loss:.3f} to {loss:.3f}"
    lowest = f"the lowest along this line is {best_loss:.3f}, at {best:.2g}"
    share = max(0.0, (line.loss - loss) / (line.loss - best_loss))
    told = {
        "too large": "This step is **too large**: the loss is higher than before.",
        "past the lowest point": "This step is **too large**: it goes past the lowest point and up "
        "again, though it still ends lower than it began.",
        "about right": f"This step is **about right**: it brings {share:.0%} of what can be had.",
        "too small": f"This step is **too small**: it brings {share:.0%} of what can be had.",
    }[found].replace("%", " %")
    return f"{went}; {lowest}. {told}"


def straight_on(line: Line, rate: float, loss: float) -> str:
    """What the slope at 0 promises, and what becomes of it."""
    promised = line.loss + line.slope * rate
    said = (
        f"The dashed line is the slope at 0: {line.slope:.2f} a unit of learning rate, which is "
        f"minus the squared length of the gradient. Straight on it would lead to {promised:.3f}"
    ).replace("-", "−")
    if not np.isfinite(loss):
        return f"{said}."
    if abs(loss - promised) <= 0.1 * abs(line.slope) * rate:
        return f"{said}; the curve is at {loss:.3f}, still close to it."
    below = " No loss is below 0: that far the slope cannot be trusted." if promised < 0 else ""
    return f"{said}; the curve is at {loss:.3f}, since it bends.{below}"


def three_rates(trained: Mapping[float, list[float]]) -> str:
    """What came of each training, in a sentence each; a loss is that of its last ten batches."""
    lines = []
    for rate, losses in trained.items():
        found = outcome(losses)
        told = f"**{rate:g}** is {SAID[found]}" if found in ("slow", "quick", "unsteady") else ""
        told = told or f"**{rate:g}** {'has ' if found == 'diverged' else 'is '}{SAID[found]}"
        if found != "diverged":
            told += f", from {losses[0]:.2f} to {at_the_end(losses):.2f}"
            if max(losses) > HIGHEST:
                told += f" (and above the chart on its way: up to {max(losses):,.0f})"
        lines.append(told)
    ends = {rate: at_the_end(losses) for rate, losses in trained.items()}
    least = min((rate for rate in ends if np.isfinite(ends[rate])), key=ends.__getitem__)
    return (
        f"{'; '.join(lines)}. The lowest loss after {STEPS} steps has {least:g}. Who gives each of "
        f"the ten digits a tenth has ln 10 = {GUESSING:.3f}."
    )
