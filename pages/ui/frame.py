"""What all pages have around their own: mark, name, heading, and what is training now."""

import base64
import functools
import html
from pathlib import Path

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from mnist_core.errors import ClusterError, MnistLabError
from mnist_core.runs.records import Run
from pages.ui.actions import PROBLEM
from pages.ui.address import ADDRESS, acknowledge_address, read_address
from pages.ui.fragments import fragment
from pages.ui.login import gate
from pages.ui.runview import progress_short, share_done
from pages.ui.state import RUN, backend, select_run
from pages.ui.user import keep, mine, visible

OPENING, BUSY, IDLE = 0.3, 1.0, 2.0  # seconds between two looks at what trains

DRAWN_ANEW = "frame.drawn_anew"  # session key: this page asked for its rerun, not a person

# What belongs to a page alone is gone with it.
OF_PAGE = (PROBLEM, "runs.deleted", "devices.deleted", ADDRESS)


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
    tab_title(title)
    st.html(_heading(title, about), unsafe_allow_javascript=True)
    if st.session_state.get("page") != title:
        for key in map(str, list(st.session_state)):
            if key.startswith(OF_PAGE):
                del st.session_state[key]
        st.session_state["page"] = title
    gate()
    keep()
    read_address()
    if not st.session_state.pop(DRAWN_ANEW, False) and backend().given_up:
        backend.clear()  # who comes again, after doing what the message says, tries again
    seen = _look()
    every = OPENING if seen is None else BUSY if seen else IDLE
    fragment(_status, every)(_states(seen))


def tab_title(title: str) -> None:
    """What the browser's tab says; a later call replaces an earlier one."""
    st.set_page_config(page_title=f"{title} · MNIST Lab", page_icon=_mark(), layout="wide")


@functools.cache
def _mark() -> str:
    """The mark as an address; read and encoded once a process."""
    data = base64.b64encode(Path(__file__).with_name("mark.svg").read_bytes()).decode()
    return f"data:image/svg+xml;base64,{data}"


@functools.cache
def _heading(title: str, about: str) -> str:
    style, script = (Path(__file__).with_suffix(s).read_text("utf-8") for s in (".css", ".js"))
    return (
        f"<style>{style}</style>"
        f"<div class='lab-brand'><img src='{_mark()}' alt=''><span>MNIST Lab</span></div>"
        f"<header class='lab-page'><h1>{html.escape(title)}</h1>"
        f"<p>{html.escape(about)}</p></header><script>{script}</script>"
    )


def _look() -> list[Run] | str | None:
    """The runs that wait or train; None while the trainer starts; a text says why it cannot."""
    if not backend().ready:
        return None
    try:
        return backend().watch.active()
    except MnistLabError as error:
        return str(error)  # the page itself shows it, where it needs the trainer


def _states(seen: list[Run] | str | None) -> set[tuple[str, str]] | str | None:
    """What of a look calls for another drawing of the page when it changes.

    That is the visitor's own runs, and whether there are any. Were it all runs, then in a class
    every start and every end would have thirty pages drawn anew.
    """
    if not isinstance(seen, list):
        return seen
    own = {(run.id, run.state) for run in seen if mine(run)}
    return own | {("somebody's", "active")} if seen else own


def _status(drawn: set[tuple[str, str]] | str | None) -> None:
    """What is training; the page is drawn again when a run of the visitor's began or has ended."""
    acknowledge_address()
    seen = _look()
    if _states(seen) != drawn:
        st.session_state[DRAWN_ANEW] = True
        st.rerun()
    active = seen if isinstance(seen, list) else []
    # One's own first: it is the one that is named.
    training = sorted((r for r in active if r.state == "running"), key=lambda run: not mine(run))
    with st.container(key="now", horizontal=True, vertical_alignment="center", gap="xsmall"):
        if isinstance(seen, str):
            st.html(_line("The trainer does not run"))
        elif seen is None or (active and not training and backend().starting):
            st.html(_line(backend().starting or "Opening …"))
        else:
            st.html(_said(training, len(active)) if active else _line(_idle()))
        shown = list(filter(visible, training))
        elsewhere = [run for run in shown if st.session_state.get(RUN) != run.id]
        if (shown and st.session_state["page"] != "Train") or elsewhere:
            run = (elsewhere or shown)[0]
            if st.button("Show", key="now-show", type="tertiary", help="Open it on Train."):
                select_run(run.id)
                if st.session_state["page"] == "Train":
                    st.rerun()  # another page's address begins empty: that is no run
                st.switch_page("pages/train.py")


def _said(training: list[Run], active: int) -> str:
    """What of so many active runs is training, and how far it is."""
    if not training:
        return _line(f"{active} waiting")
    first, others = training[0], f" · {active - 1} more" if active > 1 else ""
    bar = f"<i><b style='width:{share_done(first):.0%}'></b></i>"
    return _line(f"{first.name} · {progress_short(first)}{others}", bar)


def _idle() -> str:
    """What trains while no run does. A sweep's trials are runs when they have ended."""
    try:
        sweeping = backend().ready and any(w.sweeps for w in backend().watch.workers())
    except ClusterError:  # Train and Sweep say so
        sweeping = False
    return "A sweep is training" if sweeping else "Nothing is training"


def _line(text: str, bar: str = "") -> str:
    """Always a line, so that nothing below it moves."""
    return f"<div class='lab-now'><span>{html.escape(text)}</span>{bar}</div>"
