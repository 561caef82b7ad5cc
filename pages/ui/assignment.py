"""A teacher's link on Train: what it gives, what it says, and how far somebody is with it."""

import re
from collections.abc import Callable
from typing import Any

import streamlit as st

from mnist_core.config.assignment import Assignment, read_link
from mnist_core.config.fields import FIELDS
from mnist_core.config.texts import check_name
from mnist_core.errors import ConfigError
from mnist_core.learn.classroom import Standing, asked
from mnist_core.runs.records import MAX_PUPIL, Pupil, Run
from pages.ui import forms
from pages.ui.address import keep_in_address
from pages.ui.state import backend, once_open
from pages.ui.words import literal

ASSIGNMENT, NAME = "assignment", "pupil"  # query parameters
TAKEN = "assignment.taken"  # session key: the link that is followed; empty after it was left
LEFT = "assignment.left"  # session key: the link that was left, while the address still has it
CALLED = "assignment.name"  # widget key: what the pupil is called
PROBLEM = "assignment.problem"  # session key: why the address's link could not be taken


@st.cache_resource(max_entries=64, show_spinner=False)
def joined(key: str) -> set[str]:
    """The names that were given for an assignment since the app started."""
    return set()


def take() -> Assignment | None:
    """What the page's address asks for, or what it asked for before in this session.

    Fills the form of Train when it is new here; keeps what is given as it is.
    """
    said = st.query_params.get(ASSIGNMENT, "")
    if said != st.session_state.get(LEFT):
        st.session_state.pop(LEFT, None)
    if said and said not in (st.session_state.get(TAKEN), st.session_state.get(LEFT)):
        st.session_state.pop(PROBLEM, None)
        try:
            assignment = read_link(said)
        except ConfigError as error:
            st.session_state[PROBLEM] = error.problems[0].allowed
            said = ""
        else:
            if not any(name in st.query_params for name in FIELDS):
                forms.fill(forms.TRAIN, assignment.settings)
        st.session_state[TAKEN] = said
    keep_in_address(ASSIGNMENT, st.session_state.get(TAKEN, ""))
    if PROBLEM in st.session_state:
        st.error(f"The link to an assignment {literal(st.session_state[PROBLEM])}.")
    give()
    return followed()


def followed() -> Assignment | None:
    """The assignment that this session has, if it has one."""
    link = st.session_state.get(TAKEN)
    return read_link(link) if link else None


def given() -> dict[str, Any]:
    """The settings that cannot be changed in this session, by name."""
    assignment = followed()
    return assignment.given if assignment else {}


def give() -> None:
    """Put what is given into the form of Train, whatever was chosen before; also in a callback."""
    forms.put(forms.TRAIN, given())


def leave() -> None:
    """Go on without the assignment; the form keeps its values."""
    st.session_state[LEFT] = st.session_state[TAKEN]
    st.session_state[TAKEN] = ""


def pupil() -> Pupil | None:
    """Who starts a run now: somebody with an assignment who gave a name; else None."""
    assignment, name = followed(), _name()
    return Pupil(assignment.key, name) if assignment and name else None


def _name() -> str:
    """The name that was given, or none if there is none that can be."""
    try:
        return check_name("name", st.session_state.get(CALLED, "").strip(), MAX_PUPIL)
    except ConfigError:
        return ""


def text(assignment: Assignment) -> None:
    """What pupils read: title, text and goal."""
    st.markdown(f"#### {literal(assignment.title)}")
    if assignment.text:
        st.markdown(_without_pictures(assignment.text))
    if assignment.goal is not None:
        st.markdown(f":material/flag: **Your goal:** {asked(assignment.goal)}.")


def ask_name(assignment: Assignment) -> str:
    """The field for the pupil's name; the name, or an empty one."""
    if CALLED not in st.session_state:
        st.session_state[CALLED] = st.query_params.get(NAME, "")[:MAX_PUPIL]
    typed = st.text_input(
        "Your name",
        st.session_state[CALLED],
        max_chars=MAX_PUPIL,
        placeholder="as your teacher knows you",
        help="Your teacher's table shows it beside your best result. Two with one name share a "
        "row there.",
        key=CALLED,
        persist_state="session",
    )
    name = _name()
    if typed.strip() and not name:
        st.error("A name is one line, with a character that can be seen.")
    if name:
        joined(assignment.key).add(name)
    keep_in_address(NAME, name)
    return name


def state(assignment: Assignment, stands: Standing) -> None:
    """How far a pupil is."""
    if stands.done:
        st.markdown(f":green[:material/check_circle:] **Goal reached.** {stands.said}.")
    elif assignment.goal is None or stands.best is None:
        st.markdown(f"{stands.said}.")
    else:
        st.markdown(f":material/flag: **Not there yet.** {stands.said}.")


def all_runs(tell: Callable[[str], object]) -> list[Run] | None:
    """All runs; None while they cannot be listed, and the page says why: an error by ``tell``."""
    return once_open(lambda: backend().watch.library(), tell)


def _without_pictures(markdown: str) -> str:
    """A text whose pictures stay links: nothing is fetched from elsewhere for who opens it."""
    return re.sub(r"!(?=\[)", "", markdown)
