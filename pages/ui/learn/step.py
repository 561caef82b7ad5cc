"""One step of training with its numbers: a stage a click, and then ten steps a second."""

import math

import numpy as np
import streamlit as st

from mnist_core.charts.learn import step_losses
from mnist_core.learn.course import parameters
from mnist_core.learn.lesson import BATCH, SIZES, STAGES, Lesson
from mnist_core.learn.onestep import OneStep
from mnist_core.learn.trainer import begin
from mnist_core.nn.network import FloatArray
from pages.ui.fragments import alone, fragment
from pages.ui.learn.choose import title
from pages.ui.pictures import picture, row, signed
from pages.ui.turns import turns
from pages.ui.words import shapes

STATE, RATE, RUNS = "learn.step.state", "learn.step.rate", "learn.step.runs"
SHOWN = 8  # pictures of the batch, and units
A_LOOK, STEPS_A_LOOK = 0.5, 5  # seconds; together ten steps a second
LAST = 600  # steps; nothing that can be seen changes after them


def _lesson() -> Lesson:
    lesson: Lesson = st.session_state.setdefault(STATE, Lesson(begin(SIZES, "relu", 3)))
    return lesson


def show() -> None:
    title("step")
    st.markdown(
        f"A network with {SIZES[1]} hidden units is shown {BATCH} digits, and each of its weights "
        "is moved once. That is a step; training is nothing but many of them."
    )
    rate = float(
        st.select_slider(
            "Learning rate",
            (0.02, 0.05, 0.1, 0.2, 0.5, 1.0),
            0.1,
            key=RATE,
            persist_state="session",
        )
    )
    going = bool(st.session_state.get(RUNS)) and len(_lesson().losses) < LAST
    _buttons(going)
    fragment(_steps, A_LOOK if going else None)(rate, going)


def _buttons(going: bool) -> None:
    """They stand side by side, so that a second click does not meet another button."""

    def go_on(step: int, stage: int) -> None:
        lesson = _lesson()
        if (len(lesson.losses), lesson.stage) == (step, stage):  # a click counts once
            st.session_state[STATE] = lesson.next(st.session_state[RATE])

    def begin_anew() -> None:
        st.session_state.pop(STATE, None)
        st.session_state[RUNS] = False

    def run(on: bool) -> None:
        st.session_state[RUNS] = on

    lesson = _lesson()
    ended, place = len(lesson.losses) >= LAST, (len(lesson.losses), lesson.stage)
    following = STAGES[(lesson.stage + 1) % len(STAGES)]
    with st.container(horizontal=True):
        st.button(
            f"Next: {following}" if lesson.stage + 1 < len(STAGES) else "Next: another batch",
            type="primary",
            on_click=go_on,
            args=place,
            disabled=going or ended,
            # While steps are taken it stays one button; else each stage has its own.
            key="learn.step.next" if going else "learn.step.next.{}.{}".format(*place),
        )
        st.button(
            "Ten steps a second",
            icon=":material/fast_forward:",
            on_click=run,
            args=(True,),
            disabled=going or ended,
            key="learn.step.run",
        )
        st.button(
            "Stop",
            icon=":material/pause:",
            on_click=run,
            args=(False,),
            disabled=not going,
            key="learn.step.stop",
        )
        st.button(
            "Begin anew", icon=":material/replay:", on_click=begin_anew, key="learn.step.anew"
        )


def _steps(rate: float, going: bool) -> None:
    lesson = _lesson()
    if going and alone():
        with turns.aside():
            for _ in range(STEPS_A_LOOK):
                lesson = lesson.done(rate)
        st.session_state[STATE] = lesson
        if len(lesson.losses) >= LAST:
            st.session_state[RUNS] = False
            st.rerun()  # the buttons stand outside, and nothing has to look again
    _shown(lesson, rate, all_at_once=going)


def _shown(lesson: Lesson, rate: float, all_at_once: bool) -> None:
    step, number = lesson.step(rate), len(lesson.losses) + 1
    stage = len(STAGES) - 1 if all_at_once else lesson.stage
    st.progress((stage + 1) / len(STAGES), f"Step {number} · {' → '.join(STAGES[: stage + 1])}")
    if all_at_once:
        _watched(lesson, step)
        return
    (_batch, _forward, _loss, _gradients, _update)[stage](step)
    if lesson.losses:
        _watched(lesson, step)


def _batch(step: OneStep) -> None:
    batch = step.batch
    st.html(
        row(
            [
                picture(batch.rows[place].reshape(28, 28), f"a {batch.labels[place]}", 72)
                for place in range(SHOWN)
            ]
        )
    )
    st.markdown(
        f"{BATCH} pictures of shape [{BATCH}, 784] and their answers of shape [{BATCH}]; the first "
        f"{SHOWN} are shown. The parameters that are to be moved:"
    )
    st.code(shapes(step.network), language=None)


def _forward(step: OneStep) -> None:
    st.markdown(
        f"[{BATCH}, 784] times the first weights makes {SIZES[1]} sums for each picture, "
        f"[{BATCH}, {SIZES[1]}]; ReLU replaces what is below 0 by 0; the second weights make ten "
        f"sums of them, [{BATCH}, {SIZES[2]}], and softmax ten shares. Of the first pictures:"
    )
    st.dataframe(
        {
            "Digit": step.batch.labels[:SHOWN].tolist(),
            "Read as": step.shares.argmax(1)[:SHOWN].tolist(),
            **{
                f"share of {digit}": step.shares[:SHOWN, digit].astype(float)
                for digit in range(SIZES[2])
            },
        },
        hide_index=True,
        column_config={
            f"share of {digit}": st.column_config.NumberColumn(str(digit), format="%.2f")
            for digit in range(SIZES[2])
        },
        key="learn.step.shares",
    )
    st.markdown(f"**{step.right} of {BATCH}** pictures are read right.")


def _loss(step: OneStep) -> None:
    right = step.shares[np.arange(SHOWN), step.batch.labels[:SHOWN]]
    st.dataframe(
        {
            "Digit": step.batch.labels[:SHOWN].tolist(),
            "Share of that digit": right.astype(float),
            "Loss, minus its logarithm": step.losses[:SHOWN].astype(float),
        },
        hide_index=True,
        column_config={
            "Share of that digit": st.column_config.NumberColumn(format="%.3f"),
            "Loss, minus its logarithm": st.column_config.NumberColumn(format="%.3f"),
        },
        key="learn.step.losses",
    )
    st.markdown(
        f"The mean over all {BATCH} pictures is **{step.loss:.4f}**. This one number is to become "
        f"smaller. (An even guess loses ln 10 = {math.log(10):.4f}.)"
    )


def _gradients(step: OneStep) -> None:
    first, second = step.gradients[0][0], step.gradients[-1][0]
    st.html(_by_unit(first, 84))
    st.markdown(
        "For each weight: by how much would the loss grow if this weight grew by 1, were it to go "
        "on as it begins? That is its derivative, and all of them together are the **gradient**, "
        f"with the shapes of the weights: {list(first.shape)} and {list(second.shape)}. Above, "
        "those of the first layer: blue where the loss would grow, orange where it would fall."
    )
    _table(step, "learn.step.slopes", update=False)


def _update(step: OneStep) -> None:
    st.markdown(
        f"**new weight = weight − {step.rate:g} × derivative**, for all "
        f"{parameters(step.network):,} of them at once. The five that move most in the first layer:"
    )
    _table(step, "learn.step.moved", update=True)
    fell = step.loss_after < step.loss
    st.markdown(
        f"The same {BATCH} pictures again: the loss was {step.loss:.4f} and is now "
        f"**{step.loss_after:.4f}**. "
        + (
            "It fell, as it should."
            if fell
            else "It grew: the step was too large for this place. A smaller rate would have helped."
        )
    )


def _by_unit(weights: FloatArray, side: int) -> str:
    """A picture of each hidden unit's numbers, (units, 784)."""
    return row(
        [
            picture(signed(numbers.reshape(28, 28)), f"unit {unit}", side)
            for unit, numbers in enumerate(weights)
        ]
    )


def _table(step: OneStep, key: str, update: bool) -> None:
    """The five weights of the first layer that the loss depends on most."""
    (weight, _), (slope, _), (after, _) = (
        step.network.layers[0],
        step.gradients[0],
        step.after.layers[0],
    )
    places = step.steepest(5)
    units, pixels = places[:, 0], places[:, 1]
    shown: dict[str, list[object]] = {
        "Weight": [
            f"unit {unit}, row {pixel // 28 + 1}, column {pixel % 28 + 1}"
            for unit, pixel in places.tolist()
        ],
        "Value": weight[units, pixels].astype(float).tolist(),
        "Derivative": slope[units, pixels].astype(float).tolist(),
    }
    if update:
        shown["New value"] = after[units, pixels].astype(float).tolist()
    number = st.column_config.NumberColumn(format="%.5f")
    st.dataframe(
        shown,
        hide_index=True,
        column_config={name: number for name in shown if name != "Weight"},
        key=key,
    )


def _watched(lesson: Lesson, step: OneStep) -> None:
    """What many steps make of the network."""
    taken = len(lesson.losses)
    first, second = st.columns([1, 1], gap="large")
    with first:
        st.markdown("**The weights of its hidden units**")
        weight, _ = step.network.layers[0]
        st.html(_by_unit(weight, 72))
        st.markdown(
            f"After {taken} step{'' if taken == 1 else 's'}, **{step.right} of {BATCH}** pictures "
            f"of the next batch are read right, at a loss of {step.loss:.3f}."
        )
    with second:
        st.plotly_chart(
            step_losses(lesson.losses, math.log(10)),
            key="learn-step-losses",
            alt=f"The loss of each batch over {len(lesson.losses)} steps: "
            f"{lesson.losses[0]:.3f} at the first, {lesson.losses[-1]:.3f} at the last."
            if lesson.losses
            else "No step is taken yet.",
        )
