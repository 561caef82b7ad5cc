"""What the processor does in a step, how long it takes, and when another device wins."""

import streamlit as st

from mnist_core.charts.learn import work_chart
from mnist_core.config.device import LARGE, explain_automatic, multiplications
from mnist_core.insight.timing import two_digits
from mnist_core.learn.digits import digits
from mnist_core.learn.work import Measured, measure
from pages.ui.fragments import fragment
from pages.ui.learn.choose import title
from pages.ui.state import backend
from pages.ui.turns import turns
from pages.ui.words import literal

UNITS, BATCH, TAKEN = (f"learn.device.{name}" for name in ("units", "batch", "taken"))
SIZES = (16, 32, 64, 128, 256, 512, 1024)


def show() -> None:
    title("device")
    fragment(_work, None)()
    fragment(_measure, None)()
    st.markdown(
        "A GPU multiplies thousands of numbers at once, but each of the some 25 operations of a "
        "step has first to be started there, which takes about 20 µs however small it is (computed "
        "from public figures, not measured here). A small network is done on the processor before "
        "a GPU has begun; a large one, or a large batch, is where it wins. Choose the device on "
        "**Train**, under More settings."
    )
    if st.button(
        "Measure it on Devices",
        icon=":material/arrow_forward:",
        help="Training itself, by hidden units, pictures, batch size or layers, on each device.",
    ):
        st.switch_page("pages/devices.py")


def _work() -> None:
    first, second = st.columns(2, gap="large")
    with first:
        units = st.select_slider("Hidden units", SIZES, 32, key=UNITS, persist_state="session")
    with second:
        batch = st.select_slider(
            "Batch size", (10, 100, 1000), 100, key=BATCH, persist_state="session"
        )
    forward = multiplications((784, units, 10), batch)
    st.markdown(
        f"Forward, a step multiplies {batch} × (784 × {units} + {units} × 10) = **{forward:,}** "
        "times; the gradients take about twice as many again. Nearly all of it are two products of "
        "matrices, and every product of a row with a column can be done on its own: that is what "
        "many cores, or a GPU, are good for."
    )
    devices = backend().devices
    if devices:
        st.caption(f"For this size: {literal(explain_automatic(devices, forward))}")
    else:
        st.caption("Which devices there are is known when the trainer has started.")


def _measure() -> None:
    _, valid = digits()
    batch = int(st.session_state.get(BATCH, 100))
    if st.button("Measure on this processor", type="primary", icon=":material/timer:"):
        with turns.aside(), st.spinner("Taking steps …"):
            st.session_state[TAKEN] = [measure(units, valid.first(batch)) for units in SIZES]
    taken: list[Measured] | None = st.session_state.get(TAKEN)
    if taken is None:
        st.caption(
            f"Takes some steps with {SIZES[0]} to {SIZES[-1]:,} hidden units, in the program that "
            "draws this page: a second or a few. With visitors on other pages it takes longer."
        )
        return
    small, large = taken[0], taken[-1]
    st.plotly_chart(
        work_chart(
            [one.units for one in taken],
            [one.median for one in taken],
            [one.least for one in taken],
            [one.most for one in taken],
        ),
        key="learn-device-work",
        alt="Milliseconds of a step by hidden units: "
        + ", ".join(f"{one.units}: {milliseconds(one.median)}" for one in taken),
    )
    st.markdown(
        f"A batch of {small.batch}: {large.units // small.units} times the units are "
        f"{large.work / small.work:.0f} times the work, and took "
        f"**{large.median / small.median:.1f} times as long** ({milliseconds(small.median)} "
        f"ms and {milliseconds(large.median)} ms). With {small.units} units this processor did "
        f"{small.rate / 1e9:.1f} thousand million multiplications a second, with {large.units:,} "
        f"{large.rate / 1e9:.1f}. What a step costs beside its multiplications weighs most where "
        "there are few of them. The bars are the quickest and the slowest of seven steps."
    )
    st.caption(
        f"Training here takes one thread up to {LARGE:,} multiplications forward, about "
        f"{LARGE // multiplications((784, 1, 10), 100)} hidden units at a batch of 100, and two "
        "from there on: threads have to wait for each other."
    )


def milliseconds(seconds: float) -> str:
    """0.00031 -> 0.31, 0.17 -> 170."""
    return two_digits(1000 * seconds)
