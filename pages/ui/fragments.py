"""Parts of a page that are drawn again by themselves."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import streamlit as st

from pages.ui.turns import turns

P = ParamSpec("P")


def fragment(draw: Callable[P, None], every: float | None) -> Callable[P, None]:
    """``draw`` as a part of the page that is drawn again alone, each ``every`` seconds if given.

    It stands in a container of its own, which the page draws. Where a part is drawn again right
    after its page, Streamlit drops what the page has just drawn of it and has not sent yet. Without
    the container all that follows would then move up into its place, and the browser would be left
    with an empty page ("Cannot set a node at a delta path").
    """

    @wraps(draw)
    def in_turn(*args: P.args, **kwargs: P.kwargs) -> None:
        with turns.turn(poll=every is not None):  # else somebody did something in it
            draw(*args, **kwargs)

    def drawn(*args: P.args, **kwargs: P.kwargs) -> None:
        with st.container():
            st.fragment(in_turn, run_every=every)(*args, **kwargs)

    return drawn
