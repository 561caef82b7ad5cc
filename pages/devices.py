"""Devices: how long training takes on each device, and from where on a GPU is worth it."""

import streamlit as st

from mnist_core.errors import ClusterError, MnistLabError
from mnist_core.insight.measurements import Measurement
from pages.ui import runview
from pages.ui.actions import reported, show_problem, start_button
from pages.ui.devices import form, results
from pages.ui.devices.measuring import measurer, shown
from pages.ui.fragments import fragment
from pages.ui.frame import page
from pages.ui.state import backend
from pages.ui.words import duration, literal

POLL = 1.0  # seconds between two looks at a measurement; more would take time from what it measures
OPENING = 0.5  # seconds between two looks for the devices while the trainer starts

page("Devices", "Measure how long training takes here, and from where on a GPU is worth it.")


def start() -> None:
    measurer().start(form.current())


@reported
def stop() -> None:
    measurer().stop()


def until_known() -> None:
    """Draw the page again when the devices are known."""
    if backend().devices:
        st.rerun()
    st.caption(backend().starting or "Looking for the devices …")


def controls(measuring: bool) -> None:
    """The form; what it takes and the button that starts it stay in sight."""
    plan = form.draw()
    if not form.possible():
        fragment(until_known, OPENING)()
    with st.container(key="foot", gap="xsmall"):
        if plan is not None:
            st.caption(f"{plan.samples} samples · about {duration(plan.seconds)}")
        if not measuring and (training := training_now()):
            st.caption(f"{literal(training)} trains now. Measuring begins when it is done.")
        start_button(
            "Start measuring",
            "measure",
            start,
            type="primary",
            icon=":material/timer:",
            width="stretch",
            disabled=plan is None or measuring,
        )


def training_now() -> str:
    """The name of a run or a sweep for which a measurement would wait; empty if there is none."""
    try:
        return measurer().training() if backend().ready else ""
    except ClusterError:  # Start says so, too
        return ""


def live(was_measuring: bool) -> None:
    """A measurement that is being made, polled."""
    now = measurer().now
    if now is None or not was_measuring:
        st.rerun()
    runview.headline("Measuring", now.waits or "nothing trains meanwhile", stop, now.stopping)
    left = duration(now.seconds_left)
    st.progress(
        now.done / now.plan.samples, text=f"{now.done} of {now.plan.samples} samples · {left} left"
    )
    if now.measurement is not None:
        results.picture([now.measurement], live=True)


def empty() -> None:
    st.info(
        "Nothing has been measured yet. Choose what varies, and press **Start measuring**: the "
        "network is trained for a second at each value on each device, and the chart shows which "
        "is faster where.",
        icon=":material/arrow_back:",
    )


def picture(measurements: list[Measurement], chosen: list[Measurement]) -> None:
    """What was measured and is looked at."""
    if not chosen:
        st.info("Tick a measurement to see it, and several to compare them.")
    else:
        results.picture(chosen)
        results.table(chosen)
        results.actions(chosen)
    results.kept(measurements, chosen)


def measured(measuring: bool) -> None:
    """The measurement that is being made, else those that are kept."""
    if measurer().problem:
        st.error(literal(f"The last measurement ended early: {measurer().problem}"))
    results.undo()
    if measuring:
        fragment(live, POLL)(was_measuring=True)
        return
    measurements, damaged = measurer().kept.all()
    for said in damaged:
        st.warning(literal(said), icon=":material/warning:")
    ids = shown([one.id for one in measurements])
    if measurements:
        picture(measurements, [one for one in measurements if one.id in ids])
    else:
        empty()


show_problem()
try:
    now = measurer().now if backend().ready else None
    left, right = st.columns([1, 3])
    with left, st.container(key="card-form", border=True):
        controls(now is not None)
    with right, st.container(key="card-picture", border=True):
        if backend().ready:
            measured(now is not None)
        else:  # the frame draws the page again when it is
            st.info(backend().starting or "Opening …", icon=":material/hourglass_top:")
except MnistLabError as error:
    st.error(literal(str(error)))
