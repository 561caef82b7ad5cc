"""Who draws when many want to: one after another, a click first, and none waits for ever."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

import pytest

from pages.ui import turns as module
from pages.ui.turns import Turns
from tests.helpers.waiting import PATIENCE, wait_until


class Drawer:
    """A thread that waits for its turn, draws until it is told to end, and is gone."""

    def __init__(self, turn: Callable[[], AbstractContextManager[None]]) -> None:
        self.draws, self.may_end = threading.Event(), threading.Event()
        self.turn = turn
        self.thread = threading.Thread(target=self._draw)
        self.thread.start()

    def _draw(self) -> None:
        with self.turn():
            self.draws.set()
            assert self.may_end.wait(PATIENCE)

    def end(self) -> None:
        self.may_end.set()
        self.thread.join(PATIENCE)
        assert not self.thread.is_alive()


@pytest.fixture
def turns() -> Turns:
    return Turns()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody goes ahead beside who draws, however slow the machine is."""
    monkeypatch.setattr(module, "PATIENCE", PATIENCE)


def _came(turns: Turns, drawer: Drawer, waiting: int) -> bool:
    """Whether a drawer waits with the others, or has done so for as long as it must."""
    return drawer.draws.is_set() or sum(map(len, turns._waiting.values())) == waiting


@contextmanager
def drawing(turns: Turns, *polls: bool) -> Iterator[tuple[Drawer, list[Drawer]]]:
    """One who draws, and those who wait behind it in this order."""
    first = Drawer(turns.turn)
    assert first.draws.wait(PATIENCE)
    others = []
    for poll in polls:
        drawer = Drawer(lambda poll=poll: turns.turn(poll))
        others.append(drawer)
        wait_until(partial(_came, turns, drawer, len(others)), "it waits")
    try:
        yield first, others
    finally:
        for drawer in (first, *others):
            drawer.end()


@pytest.mark.usefixtures("patient")
def test_one_after_another_and_a_click_before_all_that_poll(turns: Turns) -> None:
    with drawing(turns, True, True, False) as (first, (poll, later, click)):
        first.end()
        assert click.draws.wait(PATIENCE)
        assert not poll.draws.is_set()
        click.end()
        assert poll.draws.wait(PATIENCE)
        assert not later.draws.is_set()
        poll.end()
        assert later.draws.wait(PATIENCE)


def test_who_draws_for_long_keeps_nobody_waiting(turns: Turns) -> None:
    with drawing(turns, False) as (first, (second,)):
        assert second.draws.wait(PATIENCE)
        assert not first.may_end.is_set()


def test_who_was_overtaken_ends_nobody_elses_turn(
    turns: Turns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.01)
    with drawing(turns, False) as (first, (second,)):
        assert second.draws.wait(PATIENCE)
        monkeypatch.setattr(module, "PATIENCE", PATIENCE)
        third = Drawer(turns.turn)
        wait_until(lambda: turns._waiting[False], "it waits")
        first.end()
        assert turns._waiting[False]
        assert not third.draws.is_set()
        second.end()
        assert third.draws.wait(PATIENCE)
        third.end()


@pytest.mark.usefixtures("patient")
def test_a_part_is_drawn_in_its_pages_turn(turns: Turns) -> None:
    with turns.turn(), turns.turn(poll=True):
        assert turns._drawing is not None
    assert turns._drawing is None


@pytest.mark.usefixtures("patient")
def test_who_waits_for_something_lets_others_draw(turns: Turns) -> None:
    with turns.turn(poll=True):
        other = Drawer(turns.turn)
        wait_until(lambda: turns._waiting[False], "it waits")
        with turns.aside():
            assert other.draws.wait(PATIENCE)
            other.end()
        assert turns._drawing is not None
    assert turns._drawing is None


@pytest.mark.usefixtures("patient")
def test_who_is_aside_already_or_has_no_turn_just_goes_on(turns: Turns) -> None:
    with turns.aside():
        assert turns._drawing is None
    with turns.turn():
        mine = turns._drawing
        with turns.aside(), turns.aside():
            assert turns._drawing is None
        assert turns._drawing not in (None, mine)
    assert turns._drawing is None


@pytest.mark.usefixtures("patient")
def test_a_turn_ends_with_an_error(turns: Turns) -> None:
    with pytest.raises(ZeroDivisionError), turns.turn():
        raise ZeroDivisionError
    assert turns._drawing is None
