"""One run on the Runs page: its labels, its curves, and what to do with it."""

import streamlit as st

from mnist_core.errors import MnistLabError
from mnist_core.insight.compare import group_of
from mnist_core.runs.records import Run
from pages.ui import advice, learnt, runview, seeds
from pages.ui.actions import reported
from pages.ui.forms import clone
from pages.ui.runs import exports
from pages.ui.state import backend, select_run
from pages.ui.user import changeable, user
from pages.ui.words import literal


def show(run: Run, runs: list[Run]) -> None:
    labels(run)
    if run.error:
        st.error(literal(run.error))
    rows = backend().watch.rows(run)
    runview.charts(run, rows)
    runview.figures(run, rows)
    runview.details(run, rows)
    learnt.show(run)
    advice.show(run, rows, here=False)
    actions(run)
    seeds.summary(run, group_of(run, runs))
    if run.ready:
        exports.network(run, rows)


@reported
def _star(run_id: str, starred: bool) -> None:
    backend().library.set_starred(run_id, starred, by=user())


def labels(run: Run) -> None:
    """Star, name, tags and note; each is kept as soon as it is left. Another's are shown."""
    own = changeable(run)

    def keep(what: str) -> None:
        value = st.session_state[f"{what}-{run.id}"]
        if value == {"name": run.name, "tags": list(run.tags), "note": run.note}[what]:
            return  # Streamlit also calls this when a field leaves the page
        library = backend().library
        try:
            match what:
                case "name":
                    library.rename(run.id, value, by=user())
                case "tags":
                    library.set_tags(run.id, value, by=user())
                case "note":
                    library.set_note(run.id, value, by=user())
        except MnistLabError as error:
            st.session_state["runs.problem"] = (run.id, what, str(error))
        else:
            st.session_state.pop("runs.problem", None)
        backend().look_again()

    def problem(what: str) -> None:
        if st.session_state.get("runs.problem", ())[:2] == (run.id, what):
            st.error(literal(st.session_state["runs.problem"][2]), icon=":material/error:")

    known = sorted({tag for other in backend().watch.library() for tag in other.tags})
    star, name, tags, note = st.columns([0.8, 2, 2, 3], vertical_alignment="bottom")
    star.button(
        "Starred" if run.starred else "Star",
        key=f"star-{run.id}",
        icon=":material/star:" if run.starred else ":material/star_border:",
        on_click=_star,
        args=(run.id, not run.starred),
        disabled=not own,
        help="Take the star off."
        if run.starred
        else "Star it, to find it with the filter starred.",
        width="stretch",
    )
    with name:
        st.text_input(
            *("Name", run.name),
            key=f"name-{run.id}",
            on_change=keep,
            args=("name",),
            disabled=not own,
        )
        problem("name")
    with tags:
        st.multiselect(
            "Tags",
            known,
            list(run.tags),
            key=f"tags-{run.id}",
            accept_new_options=True,
            placeholder="type one and press Enter",
            on_change=keep,
            args=("tags",),
            disabled=not own,
        )
        problem("tags")
    with note:
        st.text_input(
            *("Note", run.note),
            key=f"note-{run.id}",
            on_change=keep,
            args=("note",),
            disabled=not own,
        )
        problem("note")


def actions(run: Run) -> None:
    with st.container(horizontal=True):
        if st.button(
            "Clone",
            icon=":material/content_copy:",
            type="primary",
            on_click=clone,
            args=(run.name, run.config, run.config),
            help="Fills the Train form with the settings it ended with, for you to change some.",
        ):
            st.switch_page("pages/train.py")
        if st.button(
            "Open on Train",
            icon=":material/open_in_new:",
            help="Stop it or go on with it." if changeable(run) else "Look at it there.",
        ):
            select_run(run.id)
            st.switch_page("pages/train.py")
