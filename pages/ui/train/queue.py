"""What else trains or waits, and on which workers."""

import streamlit as st

from mnist_core.errors import ClusterError
from mnist_core.jobs.cluster import WorkerInfo
from mnist_core.jobs.waiting import Waiting
from mnist_core.runs.records import Run
from pages.ui.actions import reported
from pages.ui.state import backend, select_run
from pages.ui.user import changeable, user, visible
from pages.ui.visitors import at_the_machine
from pages.ui.words import literal

FEW = 8  # places of others in the queue that are shown unasked: each costs a row at every poll


@reported
def _cancel(run_id: str) -> None:
    backend().queue.stop(run_id, by=user())


def queue_list(active: list[Run], shown: str | None) -> None:
    """The other runs that train, and the queue; the same in every session."""
    others = [run for run in active if run.state == "running" and run.id != shown]
    try:
        # One that has just begun is among both, which are not of the same moment.
        began = {run.id for run in others}
        waiting = [place for place in backend().watch.waiting() if place.run.id not in began]
    except ClusterError as error:
        st.warning(literal(str(error)))
        return
    if not others and not waiting:
        return
    with st.container(border=True):
        for run in others:
            text, show = st.columns([5, 1], vertical_alignment="center")
            text.markdown(f"Training · **{literal(run.name)}**")
            _show_button(show, run)
        for place in _few(waiting):
            text, show, cancel = st.columns([4, 1, 1], vertical_alignment="center")
            text.markdown(
                f"{place.position}. **{literal(place.run.name)}** · {literal(place.reason)}"
            )
            if place.run.id != shown:
                _show_button(show, place.run)
            if changeable(place.run):
                cancel.button(
                    "Cancel",
                    key=f"cancel-{place.run.id}",
                    on_click=_cancel,
                    args=(place.run.id,),
                    help="Take this run out of the queue.",
                    width="stretch",
                )


def _few(waiting: list[Waiting]) -> list[Waiting]:
    """The next in the queue and the visitor's own; all, if that is asked for."""
    few = [place for place in waiting if place.position <= FEW or place.run.user == user()]
    left = len(waiting) - len(few)
    if left and not st.toggle(f"Show the {left:,} others that wait", key="queue.all"):
        return few
    return waiting


def _show_button(column: st.delta_generator.DeltaGenerator, run: Run) -> None:
    if visible(run) and column.button("Show", key=f"show-{run.id}", width="stretch"):
        select_run(run.id)
        st.rerun()


def workers(active: list[Run]) -> None:
    """Who does the work: machine, cores, GPUs, and what each is doing."""
    try:
        found = backend().watch.workers()
    except ClusterError:
        return  # the queue says so already
    training = {run.id: run.name for run in active if run.state == "running"}
    lines = [_line(worker, training) for worker in found]
    with st.popover(f"Workers: {len(lines)}", icon=":material/memory:"):
        st.markdown("\n".join(lines) or "There is no worker, so runs wait until one comes.")
        if at_the_machine():
            st.markdown("[Status of this app](status): memory, disk, and what went wrong")


def _line(worker: WorkerInfo, training: dict[str, str]) -> str:
    """A worker in words. A table of data would take as long as the chart, at every poll."""
    cores = f"{worker.cores} core{'s' * (worker.cores != 1)}" if worker.cores else "cores unknown"
    doing = ", ".join(training[run] for run in worker.runs if run in training)
    gpus = ", ".join(worker.gpus) or "no GPU"
    said = f"{literal(f'{cores}, {gpus}')}: {literal(doing or 'nothing to do')}"
    # A machine's name and address are nothing to those who come over the network.
    host = worker.host if at_the_machine() else "A machine"
    address = f"  \n  {literal(worker.address)}" if at_the_machine() else ""
    return f"- **{literal(host)}**, {said}{address}"
