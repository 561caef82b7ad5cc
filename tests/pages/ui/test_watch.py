"""What viewers share: one answer for all of them, and no more questions than there are answers."""

import threading
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.config.fields import parse_config
from mnist_core.runs.client import StoreClient
from pages.ui.state import Backend
from pages.ui.watch import STEP, Reading, Shared, Watch
from tests.helpers.app import ROOT
from tests.helpers.gate import Gate
from tests.helpers.waiting import PATIENCE, wait_until

LONG = 3600.0  # seconds for which an answer counts


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every question to the store, as it is asked."""
    asked: list[str] = []
    ask = StoreClient.patiently

    def counted(self: StoreClient, action: object) -> object:
        if threading.current_thread().name not in ("find-lost-runs", "heart"):  # the queue's own
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
    watch = Watch(app.queue)
    first = look(watch, run_id)
    asked = len(questions)
    assert asked > 0
    assert look(watch, run_id) == first
    assert len(questions) == asked


def test_rows_are_read_again_when_there_are_more(app: Backend) -> None:
    run_id = app.store.create(parse_config({"epochs": 1}), owner=app.queue.owner)
    watch = Watch(app.queue)
    assert watch.rows(watch.run(run_id)) == []
    app.store.set_state(run_id, "stopped")
    app.queue.extend(run_id, parse_config({"epochs": 2}))
    wait_until(lambda: not app.store.active(), "all have ended")
    watch.forget()
    rows = watch.rows(watch.run(run_id))
    assert rows == app.store.history(run_id)
    assert [row["epoch"] for row in rows] == [0, 1, 2]


def test_rows_of_a_running_run_stand_still_for_a_moment(
    gate: Gate, app: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr("pages.ui.watch.time", SimpleNamespace(monotonic=lambda: now))
    watch = Watch(app.queue)

    def rows() -> list[dict[str, float]]:
        watch.forget()
        return watch.rows(watch.run(run_id))

    gate.allow(1)
    run_id = app.queue.start(parse_config({"epochs": 3}))
    wait_until(lambda: len(app.store.history(run_id)) == 2, "it has trained an epoch")
    before = rows()
    assert len(before) == 2
    run = watch.run(run_id)
    assert Reading("other figures", now, before).serves(run)
    assert not Reading("other figures", now, []).serves(run)  # the first are seen at once
    gate.allow(2)
    wait_until(lambda: len(app.store.history(run_id)) == 3, "it has trained another")
    assert rows() is before
    now += STEP
    assert len(rows()) == 3
    gate.open()
    wait_until(lambda: not app.store.active(), "it has ended")
    assert rows() == app.store.history(run_id)  # its end is seen at once


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


def test_who_looks_while_one_asks_anew_is_given_the_answer_of_before() -> None:
    asked, go_on = threading.Event(), threading.Event()
    answers: list[int] = []

    def ask() -> int:
        answers.append(len(answers))
        if len(answers) > 1:
            asked.set()
            go_on.wait()
        return answers[-1]

    shared, found = Shared(ask), []
    assert shared(LONG) == 0
    asker = threading.Thread(target=lambda: found.append(shared(-1)))
    asker.start()
    asked.wait()
    assert [shared(-1), shared(LONG)] == [0, 0]
    go_on.set()
    asker.join()
    assert found == [1]
    assert shared(LONG) == 1


@pytest.mark.parametrize("name", ["train", "runs", "draw", "sweep", "data"])
def test_a_second_visitor_of_a_page_adds_no_question(
    app: Backend, questions: list[str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.ui.watch.time", SimpleNamespace(monotonic=lambda: 0.0))
    for _ in range(2):
        questions.clear()
        page = AppTest.from_file(ROOT / f"pages/{name}.py", default_timeout=PATIENCE).run()
        assert not page.exception
    assert questions == []


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
