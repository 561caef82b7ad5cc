"""The list of runs: what changed is seen, by this process and by others, and edits last."""

import time
from types import SimpleNamespace
from typing import Any

import pytest
from mlflow.entities import Run as MlflowRun

from mnist_core.config.fields import parse_config
from mnist_core.errors import ConfigError, RunNotFoundError, StoreError
from mnist_core.runs.client import StoreClient
from mnist_core.runs.library import PAGE, WHOLE, RunLibrary
from mnist_core.runs.store import RunStore
from tests.helpers.waiting import wait_until


@pytest.fixture
def store() -> RunStore:
    return RunStore()


def ended_run(store: RunStore, **settings: object) -> str:
    run_id = store.create(parse_config(settings))
    store.set_state(run_id, "completed")
    return run_id


def test_new_and_changed_runs_are_seen_at_the_next_look(store: RunStore) -> None:
    library = RunLibrary(store)
    assert library.runs() == []
    assert library.complete
    run_id = store.create(parse_config({}))
    assert [run.state for run in library.runs()] == ["queued"]
    store.claim(run_id)
    assert [run.state for run in library.runs()] == ["running"]
    store.set_state(run_id, "completed")
    assert [run.state for run in library.runs()] == ["completed"]


def test_the_newest_run_comes_first(store: RunStore) -> None:
    first, second = ended_run(store), ended_run(store)
    assert {run.id for run in RunLibrary(store).runs()} == {first, second}
    created = [run.created for run in RunLibrary(store).runs()]
    assert created == sorted(created, reverse=True)


def test_edits_are_kept_and_seen_by_another_process(store: RunStore) -> None:
    run_id = ended_run(store)
    mine, other = RunLibrary(store), RunLibrary(RunStore())
    mine.runs(), other.runs()
    mine.rename(run_id, " baseline ")
    mine.set_note(run_id, "first try")
    mine.set_tags(run_id, ["talk", "good", "talk"])
    mine.set_starred(run_id, True)
    for library in (mine, other, RunLibrary(store)):
        (run,) = library.runs()
        assert (run.name, run.note, run.tags) == ("baseline", "first try", ("talk", "good"))
        assert run.starred
    mine.set_starred(run_id, False)
    mine.set_tags(run_id, [])
    (run,) = other.runs()
    assert (run.starred, run.tags) == (False, ())
    assert store.client.run(run_id).data.tags["mlflow.note.content"] == "first try"


def test_a_deleted_run_is_gone_everywhere_and_comes_back(store: RunStore) -> None:
    kept, gone = ended_run(store), ended_run(store)
    mine, other = RunLibrary(store), RunLibrary(RunStore())
    mine.runs(), other.runs()
    mine.delete([gone])
    for library in (mine, other, RunLibrary(store)):
        assert [run.id for run in library.runs()] == [kept]
    with pytest.raises(RunNotFoundError, match="deleted"):
        store.get(gone)
    mine.restore([gone])
    for library in (mine, other, RunLibrary(store)):
        assert {run.id for run in library.runs()} == {kept, gone}


def test_a_run_that_trains_is_not_deleted_nor_are_the_others(store: RunStore) -> None:
    ended, active = ended_run(store), store.create(parse_config({}))
    library = RunLibrary(store)
    with pytest.raises(StoreError, match="stop it"):
        library.delete([ended, active])
    assert len(library.runs()) == 2


@pytest.mark.parametrize("name", ["", "   ", "x" * 251])
def test_a_name_that_cannot_be_is_refused(store: RunStore, name: str) -> None:
    run_id = ended_run(store)
    with pytest.raises(ConfigError, match="1 to 250 characters"):
        RunLibrary(store).rename(run_id, name)


@pytest.mark.parametrize("name", ["two\nlines", "a\ttab", "\x1b[31mred"])
def test_a_name_and_a_tag_are_one_line(store: RunStore, name: str) -> None:
    run_id = ended_run(store)
    library = RunLibrary(store)
    for field, change in (("name", library.rename), ("tag", lambda i, t: library.set_tags(i, [t]))):
        with pytest.raises(ConfigError, match="must be one line") as error:
            change(run_id, name)
        assert error.value.problems[0].field == field
    library.set_note(run_id, "two\nlines")


def test_half_a_character_is_refused_everywhere(store: RunStore) -> None:
    run_id, library = ended_run(store), RunLibrary(store)
    for change in (library.rename, library.set_note, lambda i, t: library.set_tags(i, [t])):
        with pytest.raises(ConfigError, match="halves of characters"):
            change(run_id, "half \udcff")


def test_more_runs_than_a_page_are_read_in_the_background(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert PAGE > 4
    monkeypatch.setattr("mnist_core.runs.library.PAGE", 4)
    ids = {ended_run(store) for _ in range(11)}
    library = RunLibrary(store)
    assert 4 <= len(library.runs()) <= 11
    wait_until(lambda: library.runs() and library.complete, "all are read")
    assert {run.id for run in library.runs()} == ids


def test_a_clock_that_is_set_back_hides_no_run(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = RunLibrary(store)
    with monkeypatch.context() as ahead:
        later = time.time() + 3600
        clock = SimpleNamespace(time=lambda: later, monotonic=time.monotonic)
        ahead.setattr("mnist_core.runs.library.time", clock)
        assert library.runs() == []
    run_id = ended_run(store)  # long before the last look
    assert [run.id for run in library.runs()] == [run_id]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of all runs that MLflow reads, as often as it reads them."""
    found: list[str] = []
    search, run = StoreClient.search, StoreClient.run

    def searched(self: StoreClient, *args: Any, **options: Any) -> list[MlflowRun]:
        page = search(self, *args, **options)
        found.extend(one.info.run_id for one in page)
        return page

    def looked_at(self: StoreClient, run_id: str) -> MlflowRun:
        found.append(run_id)
        return run(self, run_id)

    monkeypatch.setattr(StoreClient, "search", searched)
    monkeypatch.setattr(StoreClient, "run", looked_at)
    return found


def test_a_look_reads_what_trains_and_nothing_of_a_queue_or_of_what_has_ended(
    store: RunStore, read: list[str]
) -> None:
    ended = {ended_run(store) for _ in range(3)}
    waiting = [store.create(parse_config({})) for _ in range(4)]
    library = RunLibrary(store)
    assert [run.id for run in library.active()] == waiting
    for one in waiting[:2]:
        store.claim(one)
    library.runs()
    read.clear()
    assert {run.id for run in library.runs()} == {*ended, *waiting}
    assert set(read) == set(waiting[:2])
    assert len(read) == 2


def test_what_happens_to_a_run_that_waits_is_seen_by_others_at_once(store: RunStore) -> None:
    here = RunLibrary(store)
    ids = [store.create(parse_config({"seed": seed})) for seed in range(5)]
    here.runs()
    there = RunStore()
    there.hand_over(ids[0], "another")
    RunLibrary(there).rename(ids[1], "renamed")
    there.claim(ids[2])
    there.set_state(ids[3], "stopped")
    seen = {run.id: run for run in here.runs()}
    assert seen[ids[0]].owner == "another"
    assert seen[ids[1]].name == "renamed"
    assert (seen[ids[2]].state, seen[ids[3]].state) == ("running", "stopped")
    there.requeue(ids[3])  # it had ended a moment ago
    assert {run.id for run in here.active()} == set(ids)
    there.set_state(ids[3], "interrupted")
    assert {run.id for run in here.active()} == set(ids) - {ids[3]}


def test_a_run_that_ends_twice_in_a_moment_is_seen_to(store: RunStore) -> None:
    library = RunLibrary(store)
    run_id = ended_run(store)
    assert [run.state for run in library.runs()] == ["completed"]
    store.requeue(run_id)
    store.set_state(run_id, "interrupted")
    assert [run.state for run in library.runs()] == ["interrupted"]


def test_what_another_program_deletes_of_the_queue_is_missed_within_a_while(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = RunLibrary(store)
    waits, trains = (store.create(parse_config({})) for _ in range(2))
    store.claim(trains)
    assert {run.id for run in library.active()} == {waits, trains}
    for run_id in (waits, trains):
        store.client.delete_run(run_id)  # as `mlflow ui` does
    assert [run.id for run in library.active()] == [waits]
    later = time.monotonic() + WHOLE + 1
    clock = SimpleNamespace(time=time.time, monotonic=lambda: later)
    monkeypatch.setattr("mnist_core.runs.library.time", clock)
    assert library.active() == []


def test_older_runs_are_read_though_hundreds_wait(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mnist_core.runs.library.PAGE", 2)
    ids = {ended_run(store)} | {store.create(parse_config({"seed": seed})) for seed in range(6)}
    library = RunLibrary(store)
    wait_until(lambda: library.runs() and library.complete, "all are read")
    assert {run.id for run in library.runs()} == ids
