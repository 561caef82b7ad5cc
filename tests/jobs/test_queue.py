"""The queue: who waits for what, in which order, and how to leave it."""

from collections.abc import Iterator

import pytest

from mnist_core.config.train import TrainConfig
from mnist_core.errors import ClusterError
from mnist_core.jobs.queue import JobQueue
from mnist_core.runs.store import RunStore
from tests.helpers.gate import Gate
from tests.helpers.waiting import wait_until
from tests.helpers.workers import Workers


@pytest.fixture
def queue(workers: Workers) -> Iterator[JobQueue]:
    opened = JobQueue(RunStore())
    assert opened.devices()  # waits until the workers are there
    yield opened
    opened.close()


def test_runs_wait_in_order_and_can_be_cancelled(gate: Gate, queue: JobQueue) -> None:
    store = queue.store
    gate.allow(1)
    workers = queue.workers()
    training = [queue.start(TrainConfig(seed=seed)) for seed in range(len(workers))]
    wait_until(lambda: all(store.get(r).state == "running" for r in training), "all train")
    first, second = (queue.start(TrainConfig(epochs=1, seed=seed)) for seed in (100, 101))

    waiting = queue.waiting()
    assert [(place.run.id, place.position) for place in waiting] == [(first, 1), (second, 2)]
    assert waiting[0].reason.startswith("waits until")
    assert waiting[1].reason == "waits for those before it"
    assert {run for worker in queue.workers() for run in worker.runs} >= set(training)
    assert all(worker.cores >= 1 and worker.host for worker in workers)

    queue.stop(first)
    assert store.get(first).state == "stopped"
    assert [(place.run.id, place.position) for place in queue.waiting()] == [(second, 1)]
    for run_id in training:
        queue.stop(run_id)
    wait_until(lambda: not store.active(), "all have ended")
    assert store.get(second).state == "completed"
    assert store.history(first) == []  # it was never trained
    assert queue.waiting() == []


def test_a_device_that_is_not_here_is_said_and_not_waited_for(queue: JobQueue) -> None:
    run_id = queue.start(TrainConfig(device="cuda:7"))
    wait_until(lambda: not queue.store.get(run_id).active, "it has ended")
    assert "cuda:7" in queue.store.get(run_id).error


def test_no_scheduler_at_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", "tcp://127.0.0.1:9")
    monkeypatch.setattr("mnist_core.jobs.queue.CONNECT", 0.5)
    with pytest.raises(ClusterError, match=r"tcp://127\.0\.0\.1:9.*dask scheduler"):
        JobQueue(RunStore())
