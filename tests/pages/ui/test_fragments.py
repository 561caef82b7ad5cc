"""How often a part of a page looks again, however many have it open."""

import gc

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.ui import fragments


def page() -> None:
    """One that looks again each second, and says how often that is."""
    import streamlit as st

    from pages.ui.fragments import _open, fragment

    fragment(lambda: None, 1.0)()
    st.session_state["open"] = _open()


def test_each_session_counts_once_until_it_is_gone() -> None:
    gc.collect()
    before = len(fragments._sessions)
    pages = [AppTest.from_function(page).run() for _ in range(3)]
    assert not any(one.exception for one in pages)
    pages[0].run()
    assert pages[0].session_state["open"] == before + 3
    del pages[1:]
    gc.collect()
    pages[0].run()
    assert pages[0].session_state["open"] == before + 1


@pytest.mark.parametrize(
    ("sessions", "every", "expected"),
    [(1, 0.3, 0.3), (10, 0.3, 0.3), (20, 0.3, 0.6), (50, 1.0, 5.0), (50, None, None)],
)
def test_fifty_sessions_together_look_again_as_often_as_ten(
    sessions: int, every: float | None, expected: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float | None] = []
    monkeypatch.setattr(fragments, "_open", lambda: sessions)
    monkeypatch.setattr(st, "fragment", lambda _, run_every: asked.append(run_every))
    fragments.fragment(lambda: None, every)
    assert asked == [expected]


def with_a_part() -> None:
    """A page with a part in a part, drawn as app.py does it, and each as if by itself."""
    import streamlit as st

    from pages.ui.fragments import alone, fragment
    from pages.ui.turns import turns

    seen: list[bool] = []

    def outer() -> None:
        fragment(lambda: seen.append(alone()), None)()
        seen.append(alone())

    fragment(outer, None)()
    with turns.turn():
        fragment(outer, None)()
    fragment(outer, None)()
    st.session_state["seen"] = seen


def test_a_part_knows_whether_it_is_drawn_with_its_page() -> None:
    page = AppTest.from_function(with_a_part).run()
    assert not page.exception
    assert page.session_state["seen"] == [False, True, False, False, False, True]
