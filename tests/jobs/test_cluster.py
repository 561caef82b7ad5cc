"""Workers by what there really is, on machines of many kinds."""

import contextlib
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from distributed import Client

from mnist_core.errors import ClusterError
from mnist_core.jobs import cluster
from mnist_core.jobs.cluster import GPU, LocalWorkers, own_gpu, worker_count
from mnist_core.nn.device import DeviceInfo
from tests.helpers.waiting import wait_until

GB = 2**30


@contextlib.contextmanager
def running() -> Iterator[tuple[LocalWorkers, Any]]:
    workers = LocalWorkers()
    try:
        with Client(workers.address, set_as_default=False) as client:
            yield workers, client
    finally:
        workers.close()


def machine(monkeypatch: pytest.MonkeyPatch, cores: int, memory: int, gpus: list[str]) -> None:
    monkeypatch.setattr(cluster, "usable_cores", lambda: cores)
    monkeypatch.setattr(cluster, "usable_memory", lambda: memory)
    monkeypatch.setattr(cluster, "gpu_names", lambda: gpus)


@pytest.mark.parametrize(
    ("cores", "memory", "gpus", "workers"),
    [
        (2, 8 * GB, 0, 1),
        (1, 2 * GB, 0, 1),
        (8, 4 * GB, 0, 1),
        (12, 8 * GB, 0, 2),
        (24, 16 * GB, 0, 4),
        (64, 512 * GB, 0, 4),
        (64, 512 * GB, 8, 8),
        (4, 8 * GB, 2, 2),
        (4, 32 * GB, 1, 2),
    ],
)
def test_there_are_as_many_workers_as_fit(
    monkeypatch: pytest.MonkeyPatch, cores: int, memory: int, gpus: int, workers: int
) -> None:
    machine(monkeypatch, cores, memory, [])
    assert worker_count(gpus) == workers


def test_each_gpu_has_a_worker_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    machine(monkeypatch, 6, 64 * GB, ["cuda:0", "cuda:1"])
    with running() as (workers, client):
        wait_until(lambda: len(client.scheduler_info()["workers"]) == 3, "all workers are there")
        known = client.scheduler_info()["workers"].values()
        assert sorted(str(worker["resources"]) for worker in known) == [
            str({GPU: 1, "cuda:0": 1}),
            str({GPU: 1, "cuda:1": 1}),
            str({}),
        ]
        # No limit of Dask's, which pauses an idle worker on a small machine.
        assert {worker["memory_limit"] for worker in known} == {0}
        assert {worker["nthreads"] for worker in known} == {1}
        assert sorted(worker["name"] for worker in known) == [0, 1, 2]

        def loaded() -> set[str]:
            return {name.split(".")[0] for name in sys.modules}

        assert not client.run_on_scheduler(loaded) & {"torch", "mlflow", "optuna", "streamlit"}
    assert all(process.poll() is not None for process in workers._processes)


@pytest.mark.parametrize(
    ("name", "resources", "gpu"),
    [
        (0, {GPU: 1, "cuda:0": 1}, "cuda:0"),
        (1, {GPU: 1, "cuda:1": 1}, "cuda:1"),
        (2, {}, None),  # more workers than GPUs
        (3, {GPU: 1, "cuda:3": 1}, None),  # counted, but PyTorch cannot use it
        ("tcp://10.0.0.5:4321", {}, "cuda:0"),  # of an existing cluster
    ],
)
def test_a_worker_uses_its_own_gpu(
    monkeypatch: pytest.MonkeyPatch, name: object, resources: dict[str, float], gpu: str | None
) -> None:
    devices = [DeviceInfo(device, device) for device in ("cuda:0", "cuda:1", "cpu")]
    monkeypatch.setattr("mnist_core.nn.device.available_devices", lambda: devices)
    state = SimpleNamespace(total_resources=resources)
    assert own_gpu(SimpleNamespace(name=name, state=state)) == gpu


def test_a_machine_without_a_gpu_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = [DeviceInfo("cpu", "CPU")]
    monkeypatch.setattr("mnist_core.nn.device.available_devices", lambda: cpu)
    for name in (0, "tcp://10.0.0.5:4321"):
        state = SimpleNamespace(total_resources={GPU: 1, "cuda:0": 1})
        assert own_gpu(SimpleNamespace(name=name, state=state)) is None


def test_a_scheduler_that_does_not_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "PRELOAD", "mnist_core.jobs.no_such_module")
    with pytest.raises(ClusterError, match="no_such_module"):
        LocalWorkers()
