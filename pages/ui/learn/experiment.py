"""The experiment at a chapter's end: its goal, the way to Train or Sweep, and how far it is."""

import streamlit as st

from mnist_core.errors import MnistLabError
from mnist_core.learn.checks import Progress, counted
from mnist_core.learn.experiments import EXPERIMENTS, Experiment, progress
from mnist_core.runs.records import Run
from pages.ui import forms
from pages.ui.fragments import fragment
from pages.ui.runview import progress_short
from pages.ui.state import backend, once_open, select_run
from pages.ui.turns import turns
from pages.ui.user import mine
from pages.ui.words import literal

POLL = 1.0  # seconds between two looks while something trains
SWEEP_POLL = 2.0  # while trials may be under way, which are runs only when they have ended


@st.cache_resource(max_entries=64, show_spinner=False)
def _checked(ended: int, _runs: list[Run]) -> dict[str, Progress]:
    """Each chapter's; ``ended`` is a hash of what makes them others. 3,000 runs take 0.2 s."""
    with turns.aside():
        return {chapter: progress(chapter, _runs) for chapter in EXPERIMENTS}


def _known() -> dict[str, Progress]:
    """How far each chapter's experiment is. Raises MnistLabError without a list of runs."""
    runs = counted(filter(mine, backend().watch.library()))
    ended = hash(tuple((run.id, run.name, run.state, run.queued) for run in runs))
    return _checked(ended, runs)


def done() -> set[str]:
    """The chapters whose experiment is done; none while the list of runs is not open."""
    if not backend().ready:
        return set()
    try:
        return {chapter for chapter, known in _known().items() if known.done}
    except MnistLabError:
        return set()  # the chapter's own experiment says why


def show(chapter: str) -> None:
    """What a chapter asks to be tried, and whether it is done."""
    experiment = EXPERIMENTS[chapter]
    with st.container(key="learn-experiment", border=True):
        st.markdown(f"#### Try it: {experiment.title}")
        st.markdown(experiment.goal)
        _open(chapter, experiment)
        fragment(_state, _every(chapter, experiment))(chapter)


def _open(chapter: str, experiment: Experiment) -> None:
    question = experiment.question

    def fill() -> None:
        forms.fill(forms.TRAIN, experiment.config)  # which a sweep's trials share, too
        if question is not None:
            st.session_state[forms.ASKED] = question

    if st.button(
        f"Open {'Sweep' if question else 'Train'} with these settings",
        key=f"learn.{chapter}.open",
        icon=":material/arrow_forward:",
        on_click=fill,
        help="Fills the form there; starts nothing.",
    ):
        st.switch_page("pages/sweep.py" if question else "pages/train.py")


def _under_way() -> list[Run]:
    """The runs on MNIST that wait or train."""
    active = filter(mine, backend().watch.active())
    return [run for run in active if run.config.dataset == "mnist"]


def _every(chapter: str, experiment: Experiment) -> float | None:
    """How often to look at how far it is; never where nothing can change it."""
    if not backend().ready:
        return None  # the page is drawn again when it is
    try:
        if _under_way():
            return POLL
        if experiment.question is None:
            return None
        known = _known()[chapter]
    except MnistLabError:
        return None
    return None if known.done else SWEEP_POLL


def _state(chapter: str) -> None:
    """Done, or how far it is and what to look at."""
    seen = once_open(
        lambda: (_known()[chapter], _under_way()),
        lambda why: st.caption(f"Whether it is done cannot be seen: {why}"),
    )
    if seen is None:
        return
    known, active = seen
    if known.done:
        st.markdown(f":green[:material/check_circle:] **Done.** {known.said}")
    else:
        st.markdown(f":material/flag: **Not done yet.** {known.said}")
    for run in active:
        st.caption(f"Under way: {literal(run.name)} · {progress_short(run)}")
    st.caption(f"What to look at: {EXPERIMENTS[chapter].hint}")
    if known.run is not None and st.button(
        f"Look at {literal(known.run.name)}",
        key=f"learn.{chapter}.look",
        type="tertiary",
        icon=":material/open_in_new:",
        help="Open this run on Train.",
        on_click=select_run,
        args=(known.run.id,),
    ):
        st.switch_page("pages/train.py")
