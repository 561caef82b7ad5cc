"""What viewers share: one answer for all of them, and no more questions than there are answers."""

import threading

import pytest

from mnist_core.config.fields import parse_config
from mnist_core.runs.client import StoreClient
from pages.ui.state import Backend
from pages.ui.watch import Shared, Watch
from tests.helpers.waiting import wait_until

LONG = 3600.0  # seconds for which an answer counts


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every question to the store, as it is asked."""
    asked: list[str] = []
    ask = StoreClient.patiently

    def counted(self: StoreClient, action: object) -> object:
        if threading.current_thread().name != "find-lost-runs":  # the queue's own look
            asked.append(threading.current_thread().name)
        return ask(self, action)  # type: ignore[arg-type]

    monkeypatch.setattr(StoreClient, "patiently", counted)
    return asked


def look(watch: Watch, run_id: str) -> list[object]:
    """What a poll of the Train page asks."""
    run = watch.run(run_id, LONG)
    return [run, watch.rows(run), watch.active(LONG), watch.waiting(LONG), watch.workers(LONG)]


@pytest.mark.parametrize("state", ["queued", "ended"])
def test_a_second_viewer_adds_no_question(app: Backend, questions: list[str], state: str) -> None:
    if state == "queued":
        run_id = app.store.create(parse_config({}), owner=app.queue.owner)
    else:
        run_id = app.queue.start(parse_config({"epochs": 1}))
        wait_until(lambda: not app.store.active(), "all have ended")
    watch = Watch(app.queue, app.library)
    first = look(watch, run_id)
    asked = len(questions)
    assert asked > 0
    assert look(watch, run_id) == first
    assert len(questions) == asked


def test_rows_are_read_again_when_there_are_more(app: Backend) -> None:
    run_id = app.store.create(parse_config({"epochs": 1}), owner=app.queue.owner)
    watch = Watch(app.queue, app.library)
    assert watch.rows(watch.run(run_id)) == []
    app.store.set_state(run_id, "stopped")
    app.queue.extend(run_id, parse_config({"epochs": 2}))
    wait_until(lambda: not app.store.active(), "all have ended")
    watch.forget()
    rows = watch.rows(watch.run(run_id))
    assert rows == app.store.history(run_id)
    assert [row["epoch"] for row in rows] == [0, 1, 2]


def test_who_asks_meanwhile_waits_for_the_same_answer() -> None:
    asked, go_on = threading.Event(), threading.Event()
    answers = []

    def ask() -> int:
        answers.append(len(answers))
        asked.set()
        go_on.wait()
        return answers[-1]

    shared, found = Shared(ask), []
    viewers = [threading.Thread(target=lambda: found.append(shared(LONG))) for _ in range(5)]
    viewers[0].start()
    asked.wait()
    for viewer in viewers[1:]:
        viewer.start()
    go_on.set()
    for viewer in viewers:
        viewer.join()
    assert found == [0] * 5
    assert answers == [0]


def test_an_error_is_everybodys_and_not_kept() -> None:
    answers = iter([ValueError("not now"), 7])

    def ask() -> int:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    shared = Shared(ask)
    with pytest.raises(ValueError, match="not now"):
        shared(LONG)
    assert shared(LONG) == 7
