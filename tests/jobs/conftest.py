"""A queue on real workers."""

from collections.abc import Iterator

import pytest

from mnist_core.jobs.queue import JobQueue
from mnist_core.runs.library import RunLibrary
from mnist_core.runs.store import RunStore
from tests.helpers.workers import Workers


@pytest.fixture
def queue(workers: Workers) -> Iterator[JobQueue]:
    opened = JobQueue(RunLibrary(RunStore()))
    assert opened.devices()  # waits until the workers are there
    yield opened
    opened.close()
