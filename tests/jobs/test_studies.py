"""The studies of an app: what it says when their database fails."""

from types import SimpleNamespace
from typing import NoReturn

import pytest

from mnist_core.errors import StoreError
from mnist_core.jobs.studies import StudyQueue
from mnist_core.jobs.turns import Turns
from mnist_core.runs.library import RunLibrary
from mnist_core.runs.store import RunStore
from mnist_core.settings import Settings
from mnist_core.sweep.storage import open_storage
from mnist_core.sweep.study import create_study, load_study
from tests.helpers.studies import sweep


def no_queue() -> NoReturn:
    raise AssertionError("to look at studies needs no workers")


def test_a_damaged_database_is_said_by_whoever_asks() -> None:
    studies = StudyQueue(no_queue)
    create_study(sweep(), studies.storage)
    assert studies.names() == ["study"]
    studies.look("study")
    queue = SimpleNamespace(check=lambda config, by: None, turns=Turns(RunLibrary(RunStore())))
    starting = StudyQueue(lambda: queue)  # type: ignore[arg-type,return-value]
    studies.storage.engine.dispose()
    for suffix in ("", "-wal", "-shm"):
        path = Settings().home / f"studies.db{suffix}"
        path.write_bytes(b"no database" * 1000)
    for ask in (
        studies.names,
        lambda: studies.look("study"),
        lambda: studies.stop("study"),
        lambda: studies.summary("study"),
        lambda: studies.importance("study"),
        lambda: studies.extend("study", 3),
        lambda: starting.start(sweep(name="other")),
        lambda: load_study("study", studies.storage),
        lambda: open_storage(),
    ):
        with pytest.raises(StoreError, match=r"studies\.db"):
            ask()
