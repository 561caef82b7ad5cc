"""Sweep: train many networks at once and see which settings matter."""

from functools import partial

import streamlit as st

from mnist_core.errors import ConfigError, MnistLabError
from mnist_core.runs.users import SERVER, may_change
from mnist_core.sweep.view import StudyView
from pages.ui import runview
from pages.ui.actions import has_room, hide_button, reported, show_problem, start_button
from pages.ui.fragments import fragment
from pages.ui.frame import page
from pages.ui.state import studies
from pages.ui.sweep import sweepform, sweepview
from pages.ui.sweep.studies import TRIAL, select_study, selected_study
from pages.ui.user import user
from pages.ui.words import literal

POLL = 1.0  # seconds between two looks at a study that runs
NEW = "a new one"

page("Sweep", "Train hundreds of networks side by side and see which settings matter.")


def start() -> None:
    """Start the study, and offer another name for the next one; a double click starts one."""
    names = studies().names()
    config = sweepform.current(names)
    shown = selected_study(names)
    if shown is not None:
        view = studies().look(shown)
        if view.active and view.config == config.model_copy(update={"name": shown}):
            st.toast("This study is running already.")
            return
    try:
        name = studies().start(config, by=user())
    except ConfigError:
        names = studies().names()
        if config.name not in names:
            raise
        # Of two who were offered the same name and clicked at once, the second gets another.
        name = studies().start(sweepform.current(names), by=user())
    select_study(name)
    sweepform.offer_name([name, *names])


@reported
def stop(name: str) -> None:
    studies().stop(name, by=user())


def resume(name: str) -> None:
    st.session_state.pop(TRIAL, None)  # another trial takes its place
    studies().resume(name, by=user())


def extend(name: str) -> None:
    studies().extend(name, st.session_state["sweep.more"], by=user())


@reported
def hide(name: str, hidden: bool) -> None:
    studies().hide(name, hidden, by=user())


def duplicate(view: StudyView) -> None:
    """The form of a new study with this one's settings."""
    sweepform.fill(view.config, studies().names())
    select_study(None)


def live(name: str, was_active: bool) -> None:
    """The picture: polled while the study runs, drawn once when it does not."""
    view = studies().look(name)
    if was_active and not view.active:
        st.rerun()
    own = may_change(user(), view.user)
    ask = partial(stop, name) if view.active and own else None
    runview.headline(view.name, sweepview.HEADLINES[view.state], ask, view.stopping)
    if not own:
        st.caption("Another visitor's sweep: look at it, and take over its settings if you like.")
    if view.error:
        st.error(literal(view.error))
    if not view.active and view.done:
        st.markdown(studies().summary(name))
    sweepview.progress(view)
    sweepview.pictures(view)
    if view.active:
        sweepview.opened(view)


def next_steps(view: StudyView) -> None:
    """What can be done with a study that does not run."""
    own = may_change(user(), view.user)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if view.done < view.planned and own:
            start_button(
                "Resume",
                "resume",
                resume,
                view.name,
                icon=":material/resume:",
                type="primary",
            )
        if view.config.sampler != "grid" and own:
            st.number_input("More trials", min_value=1, value=16, key="sweep.more", width=140)
            start_button("Extend", "extend", extend, view.name, icon=":material/add:")
        st.button(
            "Duplicate with changes",
            icon=":material/content_copy:",
            on_click=duplicate,
            args=(view,),
            help="Fills the form with this study's settings, so that you can change some of them.",
        )
        if own and user() != SERVER:
            others = "Others can look at all sweeps and their runs, but for hidden ones."
            hide_button(view.hidden, hide, view.name, others)


def controls(names: list[str]) -> None:
    """The form of a new study; what starts it is in sight however long the form is."""
    sweepform.open_link(names)
    config = sweepform.sweep_form(names)
    with st.container(key="foot", gap="xsmall"):
        if config is not None:
            sweepform.keep_link(config)
            sweepform.cost(config)
        room = has_room()
        start_button(
            "Start sweep",
            "start",
            start,
            type="primary",
            icon=":material/play_arrow:",
            width="stretch",
            disabled=config is None or not room,
        )


def choose(names: list[str], name: str | None) -> None:
    """Which study is looked at."""
    options = [NEW, *names]
    st.session_state["sweep.shown"] = name or NEW

    def chosen() -> None:
        shown = st.session_state["sweep.shown"]
        select_study(None if shown == NEW else shown)

    st.selectbox("Sweep shown", options, key="sweep.shown", on_change=chosen)


try:
    listed = studies().listed()
    names = [study.name for study in listed]
    seen = [study.name for study in listed if study.seen_by(user())]
    if sweepform.take_asked(names):
        select_study(None)
    name = selected_study(seen)
    left, picture = st.columns([1, 3])
    with left, st.container(key="card-form", border=True):
        if seen:
            choose(seen, name)
        controls(names)
    with picture, st.container(key="card-picture", border=True):
        show_problem()
        if name is None:
            st.info(
                "A sweep tries many settings at once: every combination, or as many as you like. "
                "Choose what to explore, and press **Start sweep**. The first curves appear "
                "within seconds.",
                icon=":material/arrow_back:",
            )
        else:
            view = studies().look(name)
            if view.active:
                fragment(live, POLL)(name, was_active=True)
            else:  # no fragment: a click on a chart draws the network that it opens, below
                live(name, was_active=False)
                next_steps(view)
                sweepview.choose_trial(view)
                sweepview.opened(view)
                if view.done:
                    brushed = sweepview.brush(view)
                    sweepview.findings(view, studies().importance(name), brushed)
except ConfigError as error:
    st.error("; ".join(problem.allowed for problem in error.problems))
except MnistLabError as error:
    st.error(literal(str(error)))
