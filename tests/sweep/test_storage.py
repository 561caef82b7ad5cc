"""The studies' database: waited for while it is locked, and said without its password."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from optuna.storages import BaseStorage, RDBStorage
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from mnist_core.data.resident import ResidentDataset
from mnist_core.errors import StoreError
from mnist_core.runs import patience
from mnist_core.sweep.sampling import distributions
from mnist_core.sweep.storage import open_storage, storage_errors
from mnist_core.sweep.study import create_study, load_study
from tests.helpers.studies import change, run, states, sweep


class Failing:
    """Of ``every`` so many statements of a storage one fails, with this code of SQLite's."""

    def __init__(self, storage: RDBStorage, code: int, every: int) -> None:
        self.code = code
        self.every = every
        self.seen = 0
        event.listen(storage.engine, "before_cursor_execute", self)

    def __call__(self, *_: Any) -> None:
        self.seen += 1
        if self.seen % self.every == 0:
            error = sqlite3.OperationalError("so it says")
            error.sqlite_errorcode = self.code
            raise OperationalError("", {}, error) from error


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "RETRY_INTERVAL", 0.0)


@pytest.fixture
def patient() -> Iterator[RDBStorage]:
    storage = open_storage(patience=60.0)
    assert isinstance(storage, RDBStorage)
    yield storage
    storage.remove_session()
    storage.engine.dispose()


def test_those_who_open_a_new_database_at_once_do_so_one_after_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Optuna makes the tables without looking who else does: two visitors, and both fail."""
    making, together, begins = [0], [0], Barrier(4)
    make = RDBStorage.__init__

    def watched(storage: RDBStorage, *args: Any, **values: Any) -> None:
        making[0] += 1
        together[0] = max(together[0], making[0])
        make(storage, *args, **values)
        making[0] -= 1

    monkeypatch.setattr(RDBStorage, "__init__", watched)

    def opened(_: int) -> BaseStorage:
        begins.wait()
        return open_storage(f"sqlite:///{tmp_path / 'new.db'}")

    with ThreadPoolExecutor(4) as visitors:
        storages = list(visitors.map(opened, range(4)))
    assert together == [1]
    for storage in storages:
        assert storage.get_all_studies() == []
        storage.engine.dispose()  # type: ignore[attr-defined]


@pytest.mark.slow
@pytest.mark.parametrize("pruner", ["none", "median"])
def test_a_study_outlives_a_database_that_fails_again_and_again(
    tiny: ResidentDataset, patient: RDBStorage, pruner: str
) -> None:
    config = sweep(pruner=pruner)
    create_study(config, patient)
    failing = Failing(patient, sqlite3.SQLITE_BUSY, 7)
    run(config, patient, tiny)
    event.remove(patient.engine, "before_cursor_execute", failing)
    assert failing.seen > 20 * failing.every
    ended = states("study", patient)
    assert len(ended) == config.planned
    assert set(ended) <= {"COMPLETE", "PRUNED"}


def test_a_damaged_database_is_not_waited_for(patient: RDBStorage) -> None:
    create_study(sweep(), patient)
    Failing(patient, sqlite3.SQLITE_CORRUPT, 1)
    with pytest.raises(StoreError, match="cannot be read or written"):
        load_study("study", patient)


def test_an_address_is_said_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPTUNA_STORAGE", "postgresql://me:secret@host/studies")
    with (
        pytest.raises(StoreError, match=r"postgresql://me:\*\*\*@host/studies") as caught,
        storage_errors(),
    ):
        raise OperationalError("", {}, Exception("gone"))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "damage",
    [
        "update study_user_attributes set value_json = '{nope'",
        "update study_directions set direction = 'UP'",
        "update trials set state = 'DREAMING'",
        "update trial_values set value = null",
        "update trial_params set distribution_json = 'x'",
        "update trial_params set param_value = 77",
        "update trial_user_attributes set value_json = 'oops'",
    ],
)
def test_what_optuna_cannot_read_is_said(storage: BaseStorage, damage: str) -> None:
    study = create_study(sweep(), storage)
    trial = study.ask(distributions(sweep()))
    trial.set_user_attr("val_accuracy", 0.9)
    study.tell(trial, 0.9)
    change(damage)
    with pytest.raises(StoreError, match=r"studies\.db cannot be read: a record is damaged"):
        load_study("study", storage)
