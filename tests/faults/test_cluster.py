"""docs/cluster.md on one machine: PostgreSQL, a scheduler, three workers, and what dies."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient

from mnist_core.config.axes import parse_axis
from mnist_core.config.fields import parse_config
from mnist_core.config.sweep import parse_sweep
from mnist_core.errors import StoreError
from mnist_core.jobs.queue import JobQueue
from mnist_core.jobs.studies import StudyQueue
from mnist_core.runs.library import RunLibrary
from mnist_core.runs.store import RunStore
from mnist_core.sweep.study import CURVES, load_study
from tests.helpers.gate import Gate
from tests.helpers.ports import free_port
from tests.helpers.postgres import Postgres, binaries
from tests.helpers.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
RUNS, WORKERS = 20, 3


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed, and this user may not install it")
    # Not in pytest's own folders, which nobody but this user may enter.
    with tempfile.TemporaryDirectory(prefix="mnist-lab-postgres-") as folder:
        server = Postgres(Path(folder))
        server.control("start")
        yield server
        server.control("stop", "-m", "immediate")


class Cluster:
    """A scheduler and workers, each a process of its own, as on several machines."""

    def __init__(self) -> None:
        self.address = f"tcp://127.0.0.1:{free_port()}"
        self.processes: list[subprocess.Popen[bytes]] = []
        port = self.address.rsplit(":", 1)[1]
        self.start("scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard")

    def start(self, *command: str) -> "subprocess.Popen[bytes]":
        path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        process = subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_" + command[0], *command[1:]],
            env={**os.environ, "PYTHONPATH": path},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.processes.append(process)
        return process

    def worker(self, *options: str) -> "subprocess.Popen[bytes]":
        return self.start(
            "worker",
            self.address,
            *("--nthreads", "1", "--no-dashboard", "--preload", "mnist_core.jobs.worker"),
            *options,
        )

    def close(self) -> None:
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            process.wait()


@pytest.fixture
def cluster(data: Path, gate: Gate, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    started = Cluster()
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", started.address)
    yield started
    started.close()


def test_twenty_runs_outlive_a_worker_and_a_restart_of_the_database(
    postgres: Postgres, cluster: Cluster, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", postgres.url)
    store = RunStore()
    for _ in range(WORKERS):
        cluster.worker()
    queue = JobQueue(RunLibrary(store))
    try:
        wait_until(lambda: len(queue.workers()) == WORKERS, "the workers are there")
        # The first waits at its second epoch, for its worker to be killed and for the restart of
        # the database. So does every other from the tenth on: they start when the first has found
        # another worker, or they would keep all of them from it.
        sizes = [{"epochs": 2 if 0 < seed < 10 else 4, "seed": seed} for seed in range(RUNS)]
        configs = [parse_config(size) for size in sizes]
        gate.allow(2)
        ids = [queue.start(config) for config in configs[:10]]
        victim = ids[0]

        def done() -> list[str]:
            return [run.id for run in store.newest() if run.state == "completed"]

        wait_until(lambda: len(store.history(victim)) == 3, "the first run trains")
        rows = store.history(victim)
        (address,) = (w.address for w in queue.workers() if victim in w.runs)
        os.kill(queue._client.run(os.getpid, workers=[address])[address], signal.SIGKILL)

        wait_until(lambda: store.get(victim).restarts, "the first run goes on")
        ids += [queue.start(config) for config in configs[10:]]
        wait_until(lambda: len(done()) > 1, "some of the short runs are done")
        postgres.control("restart", "-m", "immediate")
        gate.open()
        wait_until(lambda: answers(store) and len(done()) == RUNS, "all runs are done")

        assert sorted(done()) == sorted(ids)
        assert store.history(victim)[: len(rows)] == rows
        assert store.get(victim).restarts
        client = MlflowClient(postgres.url)
        for run_id, config in zip(ids, configs, strict=True):
            for key in ("val_loss", "val_accuracy", "seconds"):
                steps = [metric.step for metric in client.get_metric_history(run_id, key)]
                assert steps == list(range(config.epochs + 1)), (key, run_id == victim)
            (test,) = client.get_metric_history(run_id, "test_accuracy")
            assert test.value == store.get(run_id).result["test_accuracy"]
    finally:
        queue.close()


def answers(store: RunStore) -> bool:
    try:
        store.newest(1)
    except StoreError:
        return False
    return True


def test_a_job_for_a_gpu_waits_for_a_worker_that_has_one(cluster: Cluster) -> None:
    cluster.worker()
    queue = JobQueue(RunLibrary(RunStore()))
    try:
        wait_until(lambda: len(queue.workers()) == 1, "a worker is there")
        assert queue.workers()[0].gpus == ()
        run_id = queue.start(parse_config({"device": "cuda:0"}))
        other = queue.start(parse_config({"epochs": 1}))
        wait_until(lambda: queue.store.get(other).state == "completed", "others go on")
        (waiting,) = queue.waiting()
        assert (waiting.run.id, waiting.position) == (run_id, 1)
        assert waiting.reason == "waits for a worker that has cuda:0"
        cluster.worker("--resources", "GPU=1 cuda:0=1")  # what a worker with a GPU says of itself
        wait_until(lambda: not queue.store.get(run_id).active, "the job has found the worker")
        assert "this machine has" in queue.store.get(run_id).error  # there is no GPU here, really
    finally:
        queue.close()


def test_runs_of_a_scheduler_that_died_are_interrupted_and_resumed(
    cluster: Cluster, gate: Gate
) -> None:
    worker = cluster.worker()
    queue = JobQueue(RunLibrary(RunStore()))
    try:
        gate.allow(2)
        run_id = queue.start(parse_config({}))
        wait_until(lambda: len(queue.store.history(run_id)) == 3, "it trains")
        scheduler = cluster.processes[0]
        scheduler.kill()
        scheduler.wait()
        worker.wait()  # it ends, because nobody is left who could tell it what to do
        port = cluster.address.rsplit(":", 1)[1]
        cluster.start("scheduler", "--host", "127.0.0.1", "--port", port, "--no-dashboard")
        cluster.worker()
        wait_until(lambda: queue.store.get(run_id).state == "interrupted", "it is marked")
        queue.resume(run_id)
        gate.allow(4)
        wait_until(lambda: len(queue.store.history(run_id)) == 5, "it has got further")
        queue.stop(run_id)
        wait_until(lambda: not queue.store.get(run_id).active, "it stops")
    finally:
        queue.close()


def test_a_study_is_shared_by_the_workers_and_outlives_one(cluster: Cluster, gate: Gate) -> None:
    workers = [cluster.worker() for _ in range(2)]
    queue = JobQueue(RunLibrary(RunStore()))
    try:
        wait_until(lambda: len(queue.workers()) == 2, "the workers are there")
        studies = StudyQueue(lambda: queue)
        rates = ",".join(f"0.{digits:02}" for digits in range(1, 33))
        axes = [parse_axis("learning_rate", rates), parse_axis("hidden_sizes", "4,8")]
        base = parse_config({"epochs": 3})
        gate.allow(1)
        studies.start(parse_sweep({"name": "shared", "base": base, "axes": axes}))
        wait_until(lambda: len(studies.look("shared").curves) == 64, "both have a population")
        populations = [
            json.loads(value)
            for key, value in load_study("shared", studies.storage)[0].user_attrs.items()
            if key.startswith(CURVES)
        ]
        assert len({population["job"] for population in populations}) == 2
        assert studies.look("shared").done == 0
        workers[0].kill()
        cluster.worker()
        gate.open()
        wait_until(lambda: not studies.look("shared").active, "the study ends")
        view = studies.look("shared")
        assert (view.state, view.done) == ("completed", 64)
        settings = {(row["learning_rate"], row["hidden_sizes"]) for row in view.rows}
        assert len(settings) == 64
        ended = [run for run in queue.store.newest() if run.state == "completed"]
        assert len({run.trial for run in ended}) == len(ended) == 64
    finally:
        queue.close()
