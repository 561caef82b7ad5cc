"""What all pages have around their own: title, heading, and one line on what is training now."""

import base64
import functools
import html
from pathlib import Path

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from mnist_core.errors import MnistLabError
from pages.ui.actions import PROBLEM
from pages.ui.address import ADDRESS, acknowledge_address, read_address
from pages.ui.fragments import fragment
from pages.ui.runview import progress_words
from pages.ui.state import backend
from pages.ui.words import literal

OPENING, BUSY, IDLE = 0.3, 1.0, 2.0  # seconds between two looks at what trains

DRAWN_ANEW = "frame.drawn_anew"  # session key: this page asked for its rerun, not a person

OF_PAGE = (PROBLEM, "runs.deleted", ADDRESS)  # what belongs to a page alone is gone with it


def page(title: str, about: str) -> None:
    """Begin a page: its title, icon, heading and, in a sentence, what it is for.

    The icon travels inside the page: by the time the browser asks for a file, Streamlit may have
    dropped it with the page that was left.
    """
    if PagesManager.uses_pages_directory:
        # Until app.py has run once, Streamlit takes the folder's files for the pages: whoever comes
        # first, by a link to one of them, would get them all by their files' names.
        PagesManager.uses_pages_directory = False
        st.rerun()
    st.set_page_config(page_title=f"{title} · MNIST Lab", page_icon=_icon(), layout="wide")
    st.html(_heading(title, about), unsafe_allow_javascript=True)
    if st.session_state.get("page") != title:
        for key in map(str, list(st.session_state)):
            if key.startswith(OF_PAGE):
                del st.session_state[key]
        st.session_state["page"] = title
    read_address()
    if not st.session_state.pop(DRAWN_ANEW, False) and backend().given_up:
        backend.clear()  # who comes again, after doing what the message says, tries again
    active = _active()
    every = OPENING if active is None else BUSY if active else IDLE
    fragment(_status, every)(active)


@functools.cache
def _icon() -> str:
    """The icon as an address; read and encoded once a process."""
    data = base64.b64encode(Path(__file__).with_name("icon.png").read_bytes()).decode()
    return f"data:image/png;base64,{data}"


@functools.cache
def _heading(title: str, about: str) -> str:
    style, script = (Path(__file__).with_suffix(s).read_text("utf-8") for s in (".css", ".js"))
    return (
        f"<style>{style}</style><header class='mnist-lab'><h1><span>MNIST Lab</span> "
        f"{html.escape(title)}</h1><p>{html.escape(about)}</p></header><script>{script}</script>"
    )


def _active() -> list[tuple[str, str]] | str | None:
    """The runs that wait or train, and which; None while the trainer starts; why it cannot."""
    if not backend().ready:
        return None
    try:
        return [(run.id, run.state) for run in backend().watch.active()]
    except MnistLabError as error:
        return str(error)  # the page itself shows it, where it needs the trainer


def _status(seen: list[tuple[str, str]] | str | None) -> None:
    """What is training; the page is drawn again when another run began or one has ended."""
    acknowledge_address()
    if _active() != seen:
        st.session_state[DRAWN_ANEW] = True
        st.rerun()
    st.caption(_said())


def _said() -> str:
    """What is training and how far it is; always a line, so that nothing below it moves."""
    if not backend().ready:
        return backend().starting or "Opening …"
    try:
        active = backend().watch.active()
    except MnistLabError:
        return "The trainer does not run."
    training = [run for run in active if run.state == "running"]
    said = [f"Training {literal(run.name)}: {progress_words(run)}" for run in training[:2]]
    others = len(active) - len(said)
    if others:
        said.append(f"{others} more" if said else f"{others} waiting")
    return " · ".join(said) or "Nothing is training."
