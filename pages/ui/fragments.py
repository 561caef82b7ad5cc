"""Parts of a page that are drawn again by themselves."""

import threading
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec
from weakref import WeakSet

import streamlit as st

from pages.ui.turns import turns

P = ParamSpec("P")

CROWD = 10  # sessions whose parts look again as often as that of one alone
HERE = "fragments.here"  # session key: what lives as long as the session does


class _Session:
    """One who has a page open, or had until a moment ago."""


_sessions: WeakSet[_Session] = WeakSet()
_drawn = threading.local()


def fragment(draw: Callable[P, None], every: float | None) -> Callable[P, None]:
    """``draw`` as a part of the page that is drawn again alone, each ``every`` seconds if given.

    Where more than CROWD sessions are open it is drawn less often, so that all together look again
    as often as CROWD do: to look costs the server some 10 ms each time, and who clicks would wait.
    """

    @wraps(draw)
    def in_turn(*args: P.args, **kwargs: P.kwargs) -> None:
        before, _drawn.alone = alone(), not turns.mine
        try:
            with turns.turn(poll=every is not None):  # else somebody did something in it
                draw(*args, **kwargs)
        finally:
            _drawn.alone = before

    return st.fragment(in_turn, run_every=every and every * max(_open() / CROWD, 1.0))


def alone() -> bool:
    """Whether the part that is drawn now is drawn by itself, not with the page that it stands on.

    What goes on with each look, and has the page drawn anew at its end, goes on by itself alone. In
    the page's own run, it would end that run before the buttons below it have heard of their click.
    """
    return getattr(_drawn, "alone", True)


def _open() -> int:
    """How many sessions there are, with this one."""
    if HERE not in st.session_state:
        st.session_state[HERE] = _Session()
        _sessions.add(st.session_state[HERE])
    return len(_sessions)
