"""The form of an assignment, how pupils will see it, and its links."""

from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from mnist_core.config.assignment import (
    MAX_EPOCHS,
    MAX_GROUP,
    MAX_LESSON,
    MAX_PARAMETERS,
    MAX_TITLE,
    Assignment,
    parse_assignment,
    read_link,
)
from mnist_core.config.fields import FIELDS
from mnist_core.config.train import TrainConfig
from mnist_core.errors import ConfigError
from mnist_core.learn.classroom import out_of_reach
from pages.ui import assignment, forms
from pages.ui.address import keep_in_address
from pages.ui.state import backend
from pages.ui.words import literal

TEACH = "teach"  # the prefix of the form's keys
TITLE, GROUP, TEXT, FIXED, HIDDEN, GOAL, ACCURACY, PARAMETERS, EPOCHS = (
    f"{TEACH}.form.{name}"
    for name in (
        *("title", "group", "text", "fixed", "hidden"),
        *("goal", "accuracy", "parameters", "epochs"),
    )
)
MADE = "teach.made"  # session key: the link that was made last
SAID = "teach.said"  # session key: why the address's link could not be taken
BEGUN: dict[str, Any] = {
    TITLE: "",
    GROUP: "",
    TEXT: "",
    FIXED: [],
    HIDDEN: [],
    GOAL: True,
    ACCURACY: 97.0,
    PARAMETERS: None,
    EPOCHS: None,
}


def open_link() -> None:
    """Fill the form from the page's address, once a session: a teacher's own link, or a class's."""
    if MADE not in st.session_state:
        st.session_state[MADE] = ""
        for key, value in BEGUN.items():
            st.session_state.setdefault(key, value)
        if said := st.query_params.get(assignment.ASSIGNMENT, ""):
            try:
                _fill(read_link(said))
                st.session_state[MADE] = said
            except ConfigError as error:
                st.session_state[SAID] = error.problems[0].allowed
    if SAID in st.session_state:
        st.error(f"The link {literal(st.session_state[SAID])}.")
    keep_in_address(assignment.ASSIGNMENT, st.session_state[MADE])


def _fill(known: Assignment) -> None:
    goal = known.goal
    st.session_state.update(
        {
            TITLE: known.title,
            GROUP: known.group,
            TEXT: known.text,
            FIXED: [name for name in FIELDS if name in known.fixed],
            HIDDEN: [name for name in FIELDS if name in known.hidden],
            GOAL: goal is not None,
            ACCURACY: 100 * goal.accuracy if goal else BEGUN[ACCURACY],
            PARAMETERS: goal.parameters if goal else None,
            EPOCHS: goal.epochs if goal else None,
        }
    )
    forms.fill(TEACH, known.settings)


def form() -> Assignment | None:
    """What is asked of the class; the assignment, or None while it cannot be one."""
    st.text_input(
        "Title",
        st.session_state[TITLE],
        max_chars=MAX_TITLE,
        placeholder="such as: How wide must it be?",
        key=TITLE,
        persist_state="session",
    )
    st.text_input(
        "Class",
        st.session_state[GROUP],
        max_chars=MAX_GROUP,
        placeholder="such as: 10b",
        help="Each class has a link and a table of its own.",
        key=GROUP,
        persist_state="session",
    )
    st.text_area(
        "Text to read",
        st.session_state[TEXT],
        max_chars=MAX_LESSON,
        height=160,
        placeholder="What to try, what to look at. **Bold**, lists and links are shown as such.",
        help="Markdown. HTML is shown letter by letter, and pictures as links.",
        key=TEXT,
        persist_state="session",
    )
    _goal()
    st.markdown("**Settings that pupils begin with**")
    settings = forms.config_form(TEACH, backend().devices)
    _chosen(FIXED, HIDDEN, "Pupils see these, but cannot change them")
    _chosen(HIDDEN, FIXED, "Pupils do not see these")
    asked = _read(settings)
    st.button(
        "Make the link",
        key="teach-make",
        type="primary",
        icon=":material/link:",
        width="stretch",
        disabled=asked is None,
        on_click=_make,
        args=(asked,),
    )
    return asked


def _goal() -> None:
    """A goal, if there is one."""
    if not st.toggle("A goal to reach", st.session_state[GOAL], key=GOAL, persist_state="session"):
        return
    with st.container(horizontal=True, gap="small"):
        for label, key, low, high, step in (
            ("Accuracy, %", ACCURACY, 10.0, 100.0, 0.5),
            ("Most parameters", PARAMETERS, 1, MAX_PARAMETERS, 1000),
            ("Most epochs", EPOCHS, 1, MAX_EPOCHS, 1),
        ):
            st.number_input(
                label,
                min_value=low,
                max_value=high,
                value=st.session_state[key],
                step=step,
                format="%g" if key == ACCURACY else "%d",
                placeholder="any",
                key=key,
                persist_state="session",
                width=138,
            )


def _chosen(key: str, other: str, label: str) -> None:
    """Some of the settings, of those that are not among the other ones."""
    st.multiselect(
        label,
        [name for name in FIELDS if name not in st.session_state[other]],
        st.session_state[key],
        format_func=lambda name: FIELDS[name].label,
        help="They have the values from above.",
        placeholder="none",
        key=key,
        persist_state="session",
    )


def _read(settings: TrainConfig | None) -> Assignment | None:
    """What the form holds, or None, with the reason beside it."""
    held = st.session_state
    if settings is None:
        return None
    if not held[TITLE].strip():
        return None  # the page says what it needs
    goal = {
        "accuracy": held[ACCURACY] / 100,
        "parameters": held[PARAMETERS],
        "epochs": held[EPOCHS],
    }
    try:
        return parse_assignment(
            {
                "title": held[TITLE].strip(),
                "group": held[GROUP].strip(),
                "text": held[TEXT],
                "settings": settings.model_dump(),
                "fixed": held[FIXED],
                "hidden": held[HIDDEN],
                "goal": goal if held[GOAL] else None,
            }
        )
    except ConfigError as error:
        for problem in error.problems:
            st.error(literal(f"{problem.field.capitalize()}: {problem.allowed}"))
        return None


def _make(asked: Assignment) -> None:
    """Keep the link of what was on the screen when it was asked for."""
    st.session_state.pop(SAID, None)
    try:
        st.session_state[MADE] = asked.link()
    except ConfigError as error:
        st.session_state[SAID] = error.problems[0].allowed


def made() -> Assignment | None:
    """The assignment whose link was made, or opened, last."""
    return read_link(st.session_state[MADE]) if st.session_state[MADE] else None


def preview(asked: Assignment) -> None:
    """What pupils find on Train, above the form."""
    with st.container(key="card-preview", border=True):
        st.caption("What your pupils will see on Train")
        assignment.text(asked)
        if reason := out_of_reach(asked):
            st.warning(f"Nobody can reach this goal. {reason}", icon=":material/flag:")
        if not asked.given:
            st.caption("They can change all settings.")
            return
        free = [spec.label for name, spec in FIELDS.items() if name not in asked.given]
        if free:
            st.caption(f"They can change: {'; '.join(free)}.")
        for said, kept in (("Given", asked.fixed), ("Not shown", asked.hidden)):
            values = [
                f"{FIELDS[name].label} {literal(forms.shown(name, value))}"
                for name, value in asked.given.items()
                if name in kept
            ]
            if values:
                st.caption(f"{said}: {'; '.join(values)}.")


def links(made: Assignment) -> None:
    """The link for the class, and that for the teacher."""
    page = urlsplit(st.context.url or "")
    here = page._replace(query=f"{assignment.ASSIGNMENT}={made.link()}")
    pupils = here._replace(path=page.path.removesuffix("teach"))
    with st.container(key="card-links", border=True):
        of = f" for {literal(made.group)}" if made.group else ""
        st.markdown(f"**{literal(made.title)}**: the link{of}")
        st.code(pupils.geturl(), language=None, wrap_lines=True)
        st.caption(
            "The address of this page is your own link: it opens this form and the table below. "
            "What you change above is in a link when you make it anew; it has a new table then."
        )
