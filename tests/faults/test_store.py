"""A full disk, a read-only folder, a locked and a corrupt file: said clearly, nothing half."""

import contextlib
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import streamlit as st
from sqlalchemy import Engine, event
from streamlit.testing.v1 import AppTest

from mnist_core.config.fields import parse_config
from mnist_core.errors import StoreError, StoreUnavailableError
from mnist_core.jobs.queue import JobQueue
from mnist_core.runs.execution import execute
from mnist_core.runs.library import RunLibrary
from mnist_core.runs.store import RunStore
from pages.ui.state import backend
from tests.helpers.disk import fill, make_read_only, small_disk
from tests.helpers.gate import Gate
from tests.helpers.pages import ROOT, button, open_page, wait_for
from tests.helpers.waiting import wait_until

LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute(f"PRAGMA locking_mode={sys.argv[2]}")
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


def in_another_process(code: str) -> None:
    """So that this process has not opened the store."""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


MAKE_A_STORE = "from mnist_core.runs.store import RunStore; RunStore()"
MAKE_A_RUN = (
    f"from mnist_core.config.train import TrainConfig; {MAKE_A_STORE}.create(TrainConfig())"
)


@pytest.fixture
def impatient() -> Iterator[None]:
    """MLflow waits half a second for a locked file, not twenty."""

    def sooner(
        connection: object, cursor: object, statement: str, parameters: object, *_: object
    ) -> tuple[str, object]:
        return re.sub("(?<=busy_timeout = )20000", "500", statement), parameters

    event.listen(Engine, "before_cursor_execute", sooner, retval=True)
    yield
    event.remove(Engine, "before_cursor_execute", sooner)


@contextlib.contextmanager
def locked(path: Path, mode: str) -> Iterator[None]:
    """Another process holds the file: NORMAL against writers, EXCLUSIVE against readers too."""
    command = [sys.executable, "-c", LOCK, str(path), mode]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == b"locked\n"
        yield
        process.stdin.close()


@pytest.fixture
def page(data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pages open the store anew."""
    monkeypatch.chdir(ROOT)
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def close_app() -> None:
    opened = backend()
    wait_until(lambda: opened.devices, "the workers have answered")
    opened.queue.close()


def shown(page: AppTest) -> str:
    """The page's errors as they are read, without the signs by which nothing in them is markup."""
    assert not page.exception, page.exception
    return re.sub(r"\\(\W|_)", r"\1", " ".join(error.value for error in page.error))


def first_error() -> str:
    """What the Train page says when the store has turned out not to open."""
    return shown(wait_for(open_page("train"), lambda page: bool(page.error)))


def test_a_read_only_folder(
    tmp_path: Path, page: None, monkeypatch: pytest.MonkeyPatch, data: Path
) -> None:
    with small_disk(tmp_path / "disk", 16) as disk:
        make_read_only(disk)
        monkeypatch.setenv("MNIST_LAB_HOME", str(disk / "home"))
        with pytest.raises(StoreError, match="MNIST_LAB_HOME") as caught:
            RunStore()
        assert str(disk / "home") in str(caught.value)
        text = first_error()
        assert str(disk / "home") in text
        assert "Make it writable" in text


def test_a_store_that_became_read_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: Path
) -> None:
    with small_disk(tmp_path / "disk", 64) as disk:
        monkeypatch.setenv("MNIST_LAB_HOME", str(disk))
        in_another_process(MAKE_A_STORE)
        make_read_only(disk)
        with pytest.raises(StoreError, match=r"runs\.db.*(Make it writable|can be written)"):
            RunStore().create(parse_config({}))


def test_a_corrupt_file(tmp_path: Path, page: None, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    RunStore().create(parse_config({}))
    database = home / "runs.db"
    broken = bytearray(database.read_bytes())
    broken[:2000] = b"x" * 2000
    for file in home.glob("runs.db*"):
        file.unlink()
    database.write_bytes(broken)
    text = first_error()
    assert str(database) in text
    assert "damaged" in text
    assert database.read_bytes() == broken  # nobody touched what may be rescued
    database.unlink()
    assert not shown(open_page("train"))  # as the message said: a new one is made
    close_app()


def test_damage_in_the_middle_of_the_file(tmp_path: Path) -> None:
    in_another_process(MAKE_A_RUN)  # here it would be given signs of life meanwhile
    store = RunStore()
    database = tmp_path / "home" / "runs.db"
    store.client._client._tracking_client.store.engine.dispose()
    broken = bytearray(database.read_bytes())
    broken[4096:] = b"\xff" * (len(broken) - 4096)
    for file in database.parent.glob("runs.db-*"):
        file.unlink()
    database.write_bytes(broken)
    with pytest.raises(StoreError, match=r"runs\.db.*damaged"):
        store.newest()


@pytest.mark.usefixtures("impatient")
def test_a_locked_file(tmp_path: Path, page: None) -> None:
    in_another_process(MAKE_A_STORE)
    database = tmp_path / "home" / "runs.db"
    with locked(database, "EXCLUSIVE"):
        text = first_error()
        assert str(database) in text
        assert "another program" in text
    assert not shown(open_page("train"))
    close_app()


@pytest.mark.usefixtures("impatient")
def test_nothing_is_half_written_to_a_locked_file(tmp_path: Path) -> None:
    store = RunStore()
    with (
        locked(tmp_path / "home" / "runs.db", "NORMAL"),
        pytest.raises(StoreUnavailableError, match=r"runs\.db.*another program"),
    ):
        store.create(parse_config({}))
    assert store.newest() == []


@pytest.mark.usefixtures("impatient", "data")
def test_a_worker_waits_for_a_locked_file(tmp_path: Path) -> None:
    store = RunStore(patience=300)
    run_id = store.create(parse_config({"epochs": 3}))
    events = execute(run_id, store)
    next(events)
    database = tmp_path / "home" / "runs.db"
    with ThreadPoolExecutor() as pool, locked(database, "NORMAL"):
        rest = pool.submit(list, events)
        with pytest.raises(StoreUnavailableError):
            RunStore().create(parse_config({}))  # waits as long as rest: that has failed once
        assert not rest.done()
    rest.result()
    assert store.get(run_id).state == "completed"


def test_a_full_disk_when_a_run_is_started(
    tmp_path: Path, page: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_disk(tmp_path / "disk", 64) as disk:
        monkeypatch.setenv("MNIST_LAB_HOME", str(disk / "home"))
        train = open_page("train")
        assert backend().store.newest() == []  # waits until it is open; the workers may come later
        filler = fill(disk)
        button(train, "Start training").click()
        text = shown(wait_for(train, lambda page: bool(page.error)))
        assert str(disk / "home") in text
        assert "Free some space" in text
        assert backend().store.newest() == []
        filler.unlink()
        button(train, "Start training").click().run()
        assert not shown(train)
        wait_until(lambda: backend().store.newest()[0].state == "completed", "it has trained")
        close_app()


def test_a_disk_that_fills_while_a_run_trains(
    tmp_path: Path, data: Path, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_disk(tmp_path / "disk", 64) as disk:
        monkeypatch.setenv("MNIST_LAB_HOME", str(disk))
        queue = JobQueue(RunLibrary(RunStore()))
        try:
            gate.allow(2)
            run_id = queue.start(parse_config({}))
            # The last before the gate: of one that is under way, the file may be there and its tag
            # not, and then the next checkpoint clears it away.
            wait_until(lambda: queue.store.get(run_id).saved_epoch == 2, "it waits at the gate")
            filler = fill(disk)
            gate.allow(3)
            wait_until(lambda: not any(w.runs for w in queue.workers()), "the worker gives up")
            filler.unlink()
            wait_until(lambda: not queue.store.get(run_id).active, "the run is marked")
            run = queue.store.get(run_id)
            assert run.state == "failed"
            assert str(disk) in run.error
            assert "Free some space" in run.error
            folder = next(disk.glob("artifacts/**/checkpoints"))
            assert [f"checkpoints/{file.name}" for file in folder.iterdir()] == [run.checkpoint]
            rows = queue.store.history(run_id)
            queue.resume(run_id)
            gate.allow(4)
            wait_until(lambda: len(queue.store.history(run_id)) > len(rows), "it goes on")
            assert queue.store.history(run_id)[: len(rows)] == rows
            queue.stop(run_id)
            wait_until(lambda: not queue.store.get(run_id).active, "it stops")
        finally:
            queue.close()


def test_processes_that_make_the_same_store_at_once() -> None:
    command = [sys.executable, "-c", MAKE_A_STORE]
    processes = [subprocess.Popen(command, cwd=ROOT) for _ in range(3)]
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert RunStore().newest() == []
