"""What can be done with a run that has ended: resume it, go on, or train it once more."""

import streamlit as st

from mnist_core.config.fields import FIELDS, parse_config
from mnist_core.data.catalog import shows_digits
from mnist_core.insight.compare import SEED_RUNS, group_of
from mnist_core.runs.records import Run
from pages.ui import assignment, forms, seeds
from pages.ui.actions import start_button
from pages.ui.forms import TRAIN
from pages.ui.state import backend, select_run
from pages.ui.user import changeable, user


def go_on(run_id: str) -> None:
    """More epochs on the same weights, as the tutorial's second call of fit."""
    run = backend().store.get(run_id)
    if not run.active:
        values = run.config.model_dump()
        for name in ("epochs", "learning_rate"):
            values[name] = st.session_state[f"more.{name}"]
        backend().queue.extend(run_id, parse_config(values), by=user())


def restart(run_id: str, new_seed: bool) -> None:
    config = backend().store.get(run_id).segments[0].config
    values = config.model_dump()
    if new_seed:
        values["seed"] = (config.seed + 1) % (int(FIELDS["seed"].high or 0) + 1)
        st.session_state[forms.widget_key(TRAIN, "seed")] = values["seed"]
    select_run(backend().start(parse_config(values), assignment.pupil(), by=user())[0])


def resume(run_id: str) -> None:
    backend().queue.resume(run_id, by=user())


def next_steps(run: Run) -> None:
    """What can be done with a run that has ended; what an assignment gives cannot be changed."""
    if not changeable(run):
        with st.container(horizontal=True, gap="xsmall"):
            st.button(
                "Clone",
                icon=":material/content_copy:",
                on_click=forms.clone,
                args=(run.name, run.config, run.config),
                help="Fills the form with the settings it ended with, for you to change some.",
            )
            _draw(run)
        return
    if run.state in ("interrupted", "failed"):
        start_button(
            "Resume",
            "resume",
            resume,
            run.id,
            icon=":material/resume:",
            type="primary",
            help="Goes on from the last checkpoint, to the same result as without a break.",
        )
        return
    if not run.checkpoint:
        return
    given = assignment.given()
    for name, default in (("epochs", 5), ("learning_rate", 0.1)):
        st.session_state[f"more.{name}"] = given.get(
            name, st.session_state.get(f"more.{name}", default)
        )
    with st.container(key="next", horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        for name, label, width in (
            ("epochs", "More epochs", 115),
            ("learning_rate", "at learning rate", 145),
        ):
            forms.number(FIELDS[name], f"more.{name}", name in given, label=label, width=width)
        start_button(
            "Continue training",
            "continue",
            go_on,
            run.id,
            icon=":material/play_arrow:",
            type="primary",
        )
        start_button(
            "Restart",
            "restart",
            restart,
            *(run.id, False),
            help="The run again, as it began: the same seed gives the same initial weights.",
        )
        start_button(
            "New seed",
            "restart-new",
            restart,
            *(run.id, True),
            help="The same settings from other initial weights.",
        )
        seeds.offer(run, group_of(run, backend().watch.library()), f"{SEED_RUNS} seeds")
        _draw(run)


def _draw(run: Run) -> None:
    if not (run.ready and shows_digits(run.config.dataset)):
        return
    if st.button("Draw digits for it", icon=":material/draw:"):
        st.switch_page("pages/draw.py")
