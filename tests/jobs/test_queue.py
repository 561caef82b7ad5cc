"""The queue: who waits for what, in which order, and how to leave it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dask
import pytest

from mnist_core.config.fields import parse_config
from mnist_core.config.train import TrainConfig
from mnist_core.errors import ClusterError, ConfigError, StoreError
from mnist_core.jobs.credentials import new_credentials
from mnist_core.jobs.missing import LOOKS
from mnist_core.jobs.queue import JobQueue
from mnist_core.nn.machine import APP_MEMORY
from mnist_core.runs.library import RunLibrary
from mnist_core.runs.store import RunStore
from tests.helpers.gate import Gate
from tests.helpers.waiting import wait_until


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


def test_a_device_that_is_not_here_is_refused_before_a_run_is_made(queue: JobQueue) -> None:
    with pytest.raises(ConfigError, match=r"device = 'cuda:7'.*which has auto, cpu"):
        queue.start(TrainConfig(device="cuda:7"))
    assert queue.store.newest() == []


@pytest.mark.parametrize("refused", ["too large", "no such device"])
def test_whatever_is_asked_of_a_run_is_refused_before_anything_changes(
    queue: JobQueue, monkeypatch: pytest.MonkeyPatch, refused: str
) -> None:
    """A run may come from a larger machine: its home folder was copied, or its store is shared."""
    large = "8192" if refused == "too large" else "4"
    config = parse_config(
        {"hidden_sizes": large, "device": "auto" if refused == "too large" else "cuda:7"}
    )
    run_id = queue.store.create(config)
    queue.store.set_state(run_id, "interrupted")
    before = queue.store.get(run_id)
    monkeypatch.setattr("mnist_core.nn.machine.usable_memory", lambda: APP_MEMORY + 2**20)
    for ask in (
        lambda: queue.start(config),
        lambda: queue.extend(run_id, config),
        lambda: queue.resume(run_id),
    ):
        with pytest.raises(ConfigError, match=r"machine has|machine, which has"):
            ask()
    assert queue.store.newest() == [before]


def test_to_continue_where_the_device_is_not_is_refused_before_anything_changes(
    queue: JobQueue,
) -> None:
    run_id = queue.start(TrainConfig(epochs=1, hidden_sizes=(4,)))
    wait_until(lambda: not queue.store.get(run_id).active, "it has ended")
    before = queue.store.get(run_id)
    with pytest.raises(ConfigError, match=r"device = 'cuda:7'.*which has auto, cpu"):
        queue.extend(run_id, TrainConfig(epochs=1, hidden_sizes=(4,), device="cuda:7"))
    assert queue.store.get(run_id) == before


def test_a_run_that_is_prepared_for_long_is_not_lost(queue: JobQueue) -> None:
    def slowly(run_id: str) -> None:
        for _ in range(2 * LOOKS):
            queue.find_lost()
        assert queue.store.get(run_id).state == "queued"

    run_id = queue.start(TrainConfig(epochs=1, hidden_sizes=(4,)), prepare=slowly)
    wait_until(lambda: queue.store.get(run_id).state == "completed", "it is trained")


def test_a_run_that_cannot_be_prepared_has_failed(queue: JobQueue) -> None:
    def broken(run_id: str) -> None:
        raise StoreError("the disk is full")

    with pytest.raises(StoreError):
        queue.start(TrainConfig(), prepare=broken)
    (run,) = queue.store.newest()
    assert (run.state, run.error) == ("failed", "the disk is full")


def test_what_others_do_to_runs_does_not_keep_the_watcher_from_the_rest(
    queue: JobQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = queue.store
    monkeypatch.setattr(store.heart, "is_gone", lambda owner: owner == "old-host:1:2")
    store.client.create_run(store.experiment, "a notebook's", {})
    deleted, lost = (store.create(TrainConfig(), owner="old-host:1:2") for _ in range(2))
    seen = queue.library.active()
    monkeypatch.setattr(queue.library, "active", lambda: seen)
    store.client.delete_run(deleted)
    queue.find_lost()
    assert store.get(lost).state == "interrupted"


def test_the_watcher_outlives_whatever_happens(
    queue: JobQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []

    def broken() -> None:
        looks.append(1)
        raise RuntimeError("nobody thought of this")

    monkeypatch.setattr("mnist_core.jobs.queue.LOOK", 0.01)
    monkeypatch.setattr(queue, "find_lost", broken)
    wait_until(lambda: len(looks) > 2, "it has looked again and again")


@pytest.mark.parametrize(
    "address", ["nonsense", "tcp://", "http://host:1", "inproc://x", "tls://h:1"]
)
def test_what_is_no_address_of_a_scheduler_is_named(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", address)
    with pytest.raises(ClusterError, match=rf"at {address} .*DASK_SCHEDULER_ADDRESS"):
        JobQueue(RunLibrary(RunStore()))


@pytest.fixture
def own_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A scheduler with certificates of its owner's, in files that Dask's variables name."""
    variables = new_credentials().variables()
    names = [name for name in variables if "__TLS__" in name]
    for number, name in enumerate(names):
        file = tmp_path / f"{number}.pem"
        file.write_text(variables[name])
        monkeypatch.setenv(name, str(file))
    written = tmp_path / "scheduler.json"
    with subprocess.Popen(
        [
            *(sys.executable, "-m", "dask", "scheduler", "--protocol", "tls", "--no-dashboard"),
            *("--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(written)),
        ],
        stderr=subprocess.DEVNULL,
    ) as process:
        wait_until(lambda: written.exists() and written.read_text().endswith("}"), "it listens")
        yield str(json.loads(written.read_text())["address"])
        process.terminate()


def test_a_cluster_with_certificates_takes_who_has_them(
    own_cluster: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", own_cluster)
    with pytest.raises(ClusterError, match="tls://"):  # Dask read its variables before these
        JobQueue(RunLibrary(RunStore()))
    with dask.config.set(dask.config.merge(dask.config.global_config, dask.config.collect_env())):
        queue = JobQueue(RunLibrary(RunStore()))
        assert queue.workers() == []
        queue.close()


def test_no_scheduler_at_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", "tcp://127.0.0.1:9")
    monkeypatch.setattr("mnist_core.jobs.queue.CONNECT", 0.5)
    with pytest.raises(ClusterError, match=r"tcp://127\.0\.0\.1:9.*dask scheduler"):
        JobQueue(RunLibrary(RunStore()))
