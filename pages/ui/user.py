"""Whose a session is: one person alone at the server, or each browser by a secret that it keeps."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from mnist_core.runs.records import Run
from mnist_core.runs.users import SERVER, is_secret, may_change, new_secret, user_of
from pages.ui.login import logged_in
from pages.ui.visitors import from_here, is_here

COOKIE = "mnist_lab_user"  # what the browser keeps its secret in
USER = "user"  # session key: whose the session is
SECRET = "user.secret"  # session key: the browser's secret
KEPT = "user.kept"  # key of what has the browser keep it


def one_person(serves: str | None, visitor: str | None, headers: Mapping[str, str]) -> bool:
    """Whether there is one person alone, on the server's own machine, to whom all is theirs.

    That is so where the app answers this machine only, and the visitor is at it.

    Args:
        serves: the address that the app answers (``server.address``), None for all.
        visitor: the address that the visitor comes from; None for this machine's.
        headers: of the visitor's request.
    """
    return is_here(serves) and from_here(visitor, headers)


def user() -> str:
    """Whose this session is, see ``users``. Not for threads of one's own."""
    if USER not in st.session_state:
        context = st.context
        if (someone := logged_in()) is not None:
            st.session_state[USER] = someone
        elif one_person(st.get_option("server.address"), context.ip_address, context.headers):
            st.session_state[USER] = SERVER
        else:
            said = context.cookies.get(COOKIE, "")
            _be(said if is_secret(said) else new_secret())
    found: str = st.session_state[USER]
    return found


def mine(run: Run) -> bool:
    """Whether a run is this session's own; to one person alone all are."""
    return user() in (SERVER, run.user)


def changeable(run: Run) -> bool:
    """Whether this session may change a run: its own, and who administers, any."""
    return may_change(user(), run.user)


def visible(run: Run) -> bool:
    """Whether this session may look at a run: who hides one keeps it from others."""
    return not run.hidden or changeable(run)


def _be(secret: str) -> None:
    st.session_state[SECRET] = secret
    st.session_state[USER] = user_of(secret)


@lru_cache(maxsize=1)
def _keeper() -> Any:
    """The component, registered once a process."""
    script = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
    return st.components.v2.component("mnist_lab.user", js=script)


def _met() -> None:
    """The browser has a secret already: another tab, opened at the same moment, was first."""
    said = st.session_state[KEPT].get("met")
    if isinstance(said, str) and is_secret(said):
        _be(said)


def keep() -> None:
    """Have the browser keep its secret, so that it is the same user after a reload."""
    user()
    if SECRET in st.session_state:
        with st.container(key="user"):  # hidden, see frame.css
            data = {"cookie": COOKIE, "secret": st.session_state[SECRET]}
            _keeper()(data=data, key=KEPT, on_met_change=_met)
