"""Who lives is known by signs of life alone; beats are given by hand here."""

import itertools
import threading
import time

import pytest

from mnist_core.errors import StoreError, StoreUnavailableError
from mnist_core.runs import heart as hearts
from mnist_core.runs.client import StoreClient
from mnist_core.runs.heart import MISSED, Heart
from mnist_core.runs.store import RunStore
from tests.helpers.waiting import wait_until

START = Heart._start


@pytest.fixture(autouse=True)
def _by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Heart, "_start", lambda self: None)


def two() -> tuple[Heart, Heart]:
    """The hearts of two processes."""
    first, second = RunStore(), RunStore()
    return first.heart, second.heart


def test_whoever_beats_is_alive_and_whoever_stops_is_gone() -> None:
    mine, other = two()
    name = other.tend()
    for _ in range(2 * MISSED):
        other.beat()
        mine.beat()
        assert not mine.is_gone(name)
    for _ in range(MISSED - 1):
        mine.beat()
    assert not mine.is_gone(name)
    mine.beat()
    assert mine.is_gone(name)
    other.beat()  # it only slept
    mine.beat()
    assert not mine.is_gone(name)


def test_somebody_never_heard_of_is_gone_after_as_many_beats() -> None:
    """An owner in the words of an older version, or one whose machine is no more."""
    mine, _ = two()
    for owner in ("old-host:4880:1795676446", "tcp://10.0.0.1:8786"):
        assert not mine.is_gone(owner)
    for _ in range(MISSED + 1):
        mine.beat()
    assert mine.is_gone("old-host:4880:1795676446")
    assert mine.is_gone("tcp://10.0.0.1:8786")


def test_clocks_may_jump(monkeypatch: pytest.MonkeyPatch) -> None:
    mine, other = two()
    name = other.tend()
    for jump in (0, 1e6, -1e6, 2e6):
        now = time.time() + jump
        monkeypatch.setattr(time, "time", lambda now=now: now)
        other.beat()
        mine.beat()
        assert not mine.is_gone(name)


def test_nobody_is_gone_while_the_store_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    mine, other = two()
    mine.tend()
    name = other.tend()
    mine.beat()

    def away(*_: object) -> None:
        raise StoreUnavailableError("the server restarts")

    with monkeypatch.context() as patch:
        patch.setattr(StoreClient, "set_experiment_tag", away)
        for _ in range(3 * MISSED):
            with pytest.raises(StoreError):
                mine.beat()
    mine.beat()
    assert not mine.is_gone(name)


def test_several_may_tend_the_same_and_oneself_is_never_gone() -> None:
    mine, other = two()
    for heart in (mine, other):
        heart.tend("a scheduler")
    other.leave("a scheduler")
    for _ in range(2 * MISSED):
        mine.beat()
        other.beat()
    assert not other.is_gone("a scheduler")
    assert not mine.is_gone("a scheduler")


def test_signs_of_the_dead_are_removed() -> None:
    store = RunStore()
    for _ in range(3):
        RunStore().heart.tend()
    for _ in itertools.repeat(None, MISSED + 1):
        store.heart.beat()
    tags = store.client.experiment(store.experiment).tags
    assert [key for key in tags if key.startswith(hearts.ALIVE)] == []


def test_waiting_to_know_ends_either_way(monkeypatch: pytest.MonkeyPatch) -> None:
    mine, other = two()
    name = other.tend()
    signs = mine._signs

    def look() -> dict[str, str]:
        other.beat()
        return signs()

    monkeypatch.setattr(hearts, "BEAT", 0.0)
    monkeypatch.setattr(mine, "_signs", look)
    assert mine.is_alive(name)
    assert not mine.is_alive("old-host:4880:1795676446")


def test_two_who_give_the_first_sign_for_the_same_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    mine, other = two()
    for heart in (mine, other):
        heart.tend("a scheduler")
    write = StoreClient.set_experiment_tag

    def late(client: StoreClient, *values: str) -> None:
        if client is mine._client:
            other.beat()
            raise StoreError("UNIQUE constraint failed")
        write(client, *values)

    monkeypatch.setattr(StoreClient, "set_experiment_tag", late)
    mine.beat()
    assert not mine.is_gone("a scheduler")


def test_it_beats_only_while_there_is_somebody_to_beat_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Heart, "_start", START)
    monkeypatch.setattr(hearts, "BEAT", 0.01)
    before = set(threading.enumerate())
    mine, other = two()
    for _ in range(2):
        with mine.tending(mine.name):
            wait_until(lambda: other._signs(), "it gives signs of life")
        wait_until(lambda: not set(threading.enumerate()) - before, "its thread has ended")
        mine._client.delete_experiment_tag(mine._experiment, *other._signs())
