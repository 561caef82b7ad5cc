"""What a button does when it is clicked: once for each time it was drawn, its errors kept."""

import functools
from collections.abc import Callable
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mnist_core.errors import MnistLabError, NotYoursError, TooManyError
from mnist_core.runs.limits import check_disk, check_taken, stored, unlimited
from pages.ui.state import backend
from pages.ui.user import user
from pages.ui.words import literal

STORED = 10.0  # seconds between two looks at what a visitor has kept
PROBLEM = "problem"  # session key: why the last button failed


def forget_problem() -> None:
    """What was wrong is over: another button is pressed, another file or link is chosen."""
    st.session_state.pop(PROBLEM, None)


def reported(action: Callable[..., None]) -> Callable[..., None]:
    """A button's callback whose error is kept for ``show_problem`` until another one works."""

    @functools.wraps(action)
    def callback(*args: object) -> None:
        forget_problem()
        try:
            action(*args)
        except MnistLabError as error:
            st.session_state[PROBLEM] = str(error)
        finally:
            backend().look_again()

    return callback


def show_problem() -> None:
    """Say why the last button could not do what it says."""
    if PROBLEM in st.session_state:
        st.error(literal(st.session_state[PROBLEM]))


@st.cache_data(ttl=STORED, show_spinner=False)
def _stored(by: str) -> int:
    return stored(backend().library, by)


def has_room(place: DeltaGenerator | None = None) -> bool:
    """Whether one more run of this visitor can start; else it is said what there is too much of."""
    opened = backend()
    try:
        check_disk(user())
        if unlimited(user()) or not opened.ready:
            return True
        opened.queue.turns.check(user(), opened.watch.active())
        check_taken(_stored(user()))
    except (TooManyError, NotYoursError) as error:
        (place or st).caption(literal(str(error)))
        return False
    return True


def hide_button(hidden: bool, action: Callable[..., None], what: object, others: str) -> None:
    """A button by which an owner hides something from others, or shows it again.

    ``action`` is called with ``what`` and whether it is to be hidden; ``others`` says what others
    can do.
    """
    st.button(
        "Show to others" if hidden else "Hide from others",
        icon=":material/visibility:" if hidden else ":material/visibility_off:",
        on_click=action,
        args=(what, not hidden),
        help=others,
    )


def start_button(
    label: str,
    name: str,
    action: Callable[..., None],
    *args: object,
    place: DeltaGenerator | None = None,
    **looks: Any,
) -> None:
    """A button that starts something: a double click starts it once.

    A click is worth something only for the drawing that it was made on: after the first one, the
    button is another one, with another key, and what is clicked on the old one is nothing. A
    browser that was shown the new one between the two clicks drops the second (frame.js).
    ``name`` tells the page's buttons apart; ``looks`` are arguments of ``st.button``.
    """
    counter = f"clicks.{name}"
    count = st.session_state.setdefault(counter, 0)

    @reported
    def click(seen: int, *args: object) -> None:
        if st.session_state[counter] == seen:
            st.session_state[counter] = seen + 1
            action(*args)

    (place or st).button(
        label, key=f"once-{name}-{count}", on_click=click, args=(count, *args), **looks
    )
