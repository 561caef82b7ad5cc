"""Workers by what there really is, on machines of many kinds."""

import contextlib
import gc
import socket
import sys
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from distributed import Client, Security, get_worker

from mnist_core.errors import ClusterError
from mnist_core.jobs import cluster
from mnist_core.jobs.cluster import GPU, LocalWorkers, own_gpu, worker_count
from mnist_core.jobs.credentials import Credentials, new_credentials
from mnist_core.nn.device import DeviceInfo
from tests.helpers.waiting import wait_until
from tests.helpers.workers import Workers

GB = 2**30


@contextlib.contextmanager
def running() -> Iterator[tuple[LocalWorkers, Any]]:
    workers = LocalWorkers()
    try:
        with Client(workers.address, security=workers.security, set_as_default=False) as client:
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
    assert workers._process.poll() is not None


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
    monkeypatch.setattr(cluster, "new_credentials", lambda: Credentials("no certificate", "no key"))
    workers = LocalWorkers()
    with pytest.raises(ClusterError, match=r"does not start: \w*Error: ."):
        _ = workers.address
    assert workers._process.poll() is not None


def test_a_scheduler_that_is_not_there_says_where_to_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster, "SERVERS", "mnist_core.jobs.no_such_module")
    workers = LocalWorkers()
    with pytest.raises(ClusterError, match="the terminal in which the app was started says why"):
        _ = workers.address


def test_workers_keep_no_profile_of_what_they_did(workers: Workers) -> None:
    """It grows for an hour of work, by a megabyte for each short run."""
    cluster = workers.cluster
    with Client(cluster.address, security=cluster.security, set_as_default=False) as own:
        kept = own.submit(samples_of_a_second, pure=False).result()
    assert kept == 0


def samples_of_a_second() -> int:
    """How often Dask looks where this job is."""
    worker = get_worker()
    until = time.monotonic() + 1
    while time.monotonic() < until and not worker.profile_recent["count"]:
        time.sleep(0.01)
    return int(worker.profile_recent["count"]) + len(worker.profile_history)


def listening(workers: LocalWorkers) -> list[tuple[str, int]]:
    """Where the processes of these workers can be reached, by whoever asks on this machine."""
    servers = psutil.Process(workers._process.pid)
    processes = [servers, *servers.children(recursive=True)]
    found = [link for process in processes for link in process.net_connections("tcp")]
    return [tuple(link.laddr) for link in found if link.status == psutil.CONN_LISTEN]


@pytest.mark.parametrize(
    "stranger", [None, new_credentials().security()], ids=["without credentials", "with others"]
)
@pytest.mark.parametrize("scheme", ["tcp", "tls"])
def test_a_stranger_cannot_submit(workers: Workers, stranger: Security | None, scheme: str) -> None:
    cluster = workers.cluster
    address = f"{scheme}://{urlsplit(cluster.address).netloc}"
    with pytest.raises((OSError, TypeError, RuntimeError)):  # the last two: Dask cannot even ask
        Client(address, security=stranger, timeout=2, set_as_default=False)
    # Here: collected by the next client's own thread, it waits for a lock that this thread holds.
    gc.collect()
    with Client(cluster.address, security=cluster.security, set_as_default=False) as own:
        assert own.submit(sum, (1, 2)).result() == 3


def test_no_port_of_the_workers_answers_a_stranger(workers: Workers) -> None:
    ports = listening(workers.cluster)
    assert len(ports) >= 4  # scheduler, nanny and worker, and Dask's web pages
    assert {host for host, _ in ports} == {"127.0.0.1"}
    for address in ports:
        with socket.create_connection(address, timeout=10) as link:
            link.sendall(b"GET /info/main/workers.html HTTP/1.0\r\n\r\n")
            said = b""
            with contextlib.suppress(ConnectionResetError):
                while part := link.recv(4096):
                    said += part
        assert not said or said.startswith(b"HTTP/1.1 404"), said


def test_the_secret_is_on_no_command_line_and_in_no_file(workers: Workers) -> None:
    secret = workers.cluster.security.tls_client_key
    line = secret.splitlines()[1]
    servers = psutil.Process(workers.cluster._process.pid)
    for process in (servers, *servers.children(recursive=True)):
        assert line not in " ".join(process.cmdline())
        environment = process.environ()  # its own account's alone
        assert environment["DASK_DISTRIBUTED__COMM__TLS__SCHEDULER__KEY"] == secret
    assert new_credentials().key != secret
