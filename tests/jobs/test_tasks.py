"""A job and its worker's warm-up do not import at the same time."""

import os
import threading
from collections.abc import Callable

import pytest
from distributed import Worker

from mnist_core.jobs import tasks, worker

JOBS = [work for name, work in vars(tasks).items() if name.endswith("_job") and name != "_job"]


class StillLoading(Exception):
    pass


class Held:
    """Says that somebody waits for it."""

    def __enter__(self) -> None:
        raise StillLoading

    def __exit__(self, *_: object) -> None:
        pass


def test_there_are_jobs() -> None:
    assert {job.__name__ for job in JOBS} >= {"run_job", "run_study_job", "cost_job", "devices_job"}


@pytest.mark.parametrize("job", JOBS, ids=lambda job: str(job.__name__))
def test_every_job_waits_for_the_warm_up_before_all_else(
    job: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "loading", Held())
    with pytest.raises(StillLoading):
        job()


class Thread:
    """Says what was held when it was started, and runs at once."""

    held: list[bool]

    def __init__(
        self, target: Callable[..., object], args: tuple[object, ...], **_: object
    ) -> None:
        self.run = lambda: target(*args)

    def start(self) -> None:
        self.held.append(tasks.loading.locked())
        with pytest.raises(RuntimeError, match="no device"):
            self.run()


def test_a_worker_holds_its_jobs_until_it_is_warm_even_if_that_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(_: Worker) -> None:
        raise RuntimeError("no device")

    Thread.held = []
    monkeypatch.setattr(threading, "Thread", Thread)
    monkeypatch.setattr(os, "nice", lambda _: 0)
    monkeypatch.setattr(worker, "own_gpu", fails)
    process = Worker.__new__(Worker)
    process.nanny = None
    process.startup_information = {}
    worker.dask_setup(process)
    assert Thread.held == [True]
    assert not tasks.loading.locked()
