"""Real processes, real signals, real disks. Tests wait for conditions, not for times."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from mnist_core.jobs.queue import JobQueue
from mnist_core.runs.library import RunLibrary
from mnist_core.runs.store import RunStore
from tests.helpers.gate import Gate
from tests.helpers.pages import visit_from_here


@pytest.fixture(autouse=True)
def _from_here(monkeypatch: pytest.MonkeyPatch) -> None:
    visit_from_here(monkeypatch)


@pytest.fixture
def queue(data: Path, gate: Gate) -> Iterator[JobQueue]:
    """A queue over an empty store, with workers of its own."""
    opened = JobQueue(RunLibrary(RunStore()))
    yield opened
    opened.close()
