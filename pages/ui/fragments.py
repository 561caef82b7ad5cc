"""Parts of a page that are drawn again by themselves."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

from pages.ui.turns import turns

P = ParamSpec("P")


def fragment(draw: Callable[P, None], every: float | None) -> Callable[P, None]:
    """``draw`` as a part of the page that is drawn again alone, each ``every`` seconds if given."""

    @wraps(draw)
    def in_turn(*args: P.args, **kwargs: P.kwargs) -> None:
        with turns.turn(poll=every is not None):  # else somebody did something in it
            draw(*args, **kwargs)

    return st.fragment(in_turn, run_every=every)
