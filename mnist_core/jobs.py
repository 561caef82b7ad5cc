"""Runs as Dask jobs: a worker owns the loop, everybody else reads the store."""

import logging
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from distributed import Client, LocalCluster, fire_and_forget
from distributed.deploy.subprocess import SubprocessCluster

from mnist_core.config import TrainConfig
from mnist_core.errors import MnistLabError
from mnist_core.events import DataReady, Event, Started
from mnist_core.run_records import Run
from mnist_core.runs import Recorder, RunStore
from mnist_core.settings import Settings

log = logging.getLogger(__name__)

CORES_A_JOB = 2  # so that the page stays fluent next to a run, and large networks can use two
STOP_POLL = 0.25  # seconds between two looks at whether a stop was asked for


def execute(run_id: str, store: RunStore) -> Iterator[Event]:
    """Train a run of the store here and now, from its last checkpoint if it has one.

    Yields each event after it is recorded. A stop request in the store ends it early and keeps
    what was learnt.

    Raises:
        MnistLabError: the data, the device or the checkpoint cannot be used. Like any other
            error it is recorded with the run before it is raised.
    """
    try:
        store.claim(run_id)
        yield from _execute(store.get(run_id), store)
    except Exception as error:
        known = isinstance(error, MnistLabError)
        store.set_state(
            run_id, "failed", str(error) if known else f"{type(error).__name__}: {error}"
        )
        raise


def _execute(run: Run, store: RunStore) -> Iterator[Event]:
    # Here, not above: whoever only submits runs does not wait for PyTorch and torchvision.
    import torch

    from mnist_core.datasets import prepare, resident
    from mnist_core.device import resolve_device, threads_for
    from mnist_core.training import conclude, train

    recorder = Recorder(store, run.id)

    def recorded(event: Event) -> Event:
        recorder.record(event)
        return event

    device = resolve_device(run.config.device)
    steps = prepare(run.config.dataset)
    while True:
        try:
            yield recorded(next(steps))
        except StopIteration as end:
            dataset = end.value
            break
    yield recorded(DataReady(dataset.name, dataset.source, dataset.notice))
    data = resident(dataset.name, dataset.source, str(device))

    state = store.load_state(run.id, device)
    if state is not None and state.segment_start < run.segments[-1].start:
        state.begin_segment(run.config)
    looked = time.monotonic()
    events = train(run.config, data, device, state)
    for event in events:
        yield recorded(event)
        if isinstance(event, Started):
            state = event.state
            torch.set_num_threads(threads_for(event.parameters * run.config.batch_size))
        if time.monotonic() - looked > STOP_POLL:
            looked = time.monotonic()
            if store.stop_requested(run.id):
                break
    else:
        return
    assert state is not None, "train() reports its state first"
    for event in conclude(state, data):
        yield recorded(event)


def run_job(run_id: str, store_uri: str) -> str:
    """What a worker does with one run; returns the run's id."""
    for _ in execute(run_id, worker_store(store_uri)):
        pass
    return run_id


_stores: dict[str, RunStore] = {}


def worker_store(uri: str) -> RunStore:
    """This process's store; opening one takes most of a second, so it stays open."""
    if uri not in _stores:
        _stores[uri] = RunStore(uri)
    return _stores[uri]


def _devices() -> list[tuple[str, str]]:
    from mnist_core.device import available_devices

    return [(device.name, device.label) for device in available_devices()]


def _job_key(run: Run) -> str:
    """One key a segment: asking for the same work twice is asking for it once."""
    return f"train-{run.id}-{run.segments[-1].start}"


class JobQueue:
    """Submits runs to Dask: to ``DASK_SCHEDULER_ADDRESS`` if set, else to workers started here."""

    def __init__(self, store: RunStore) -> None:
        self.store = store
        self._futures: dict[str, Any] = {}
        address = Settings().scheduler_address
        self._cluster = None if address else _local_cluster()
        self._client = Client(address or self._cluster, set_as_default=False)
        for run in store.active():
            if not _alive(run.owner):
                store.set_state(run.id, "interrupted")

    def start(self, config: TrainConfig) -> str:
        """Create a run and submit it; returns its id."""
        run_id = self.store.create(config)
        self._submit(run_id)
        return run_id

    def extend(self, run_id: str, config: TrainConfig) -> None:
        """Train a run that has ended for ``config.epochs`` more epochs."""
        self.store.add_segment(run_id, config)
        self._submit(run_id)

    def resume(self, run_id: str) -> None:
        """Take up a run that was interrupted, from its last checkpoint."""
        self.store.requeue(run_id)
        self._submit(run_id)

    def stop(self, run_id: str) -> None:
        """Ask a run to stop; one that still waits is stopped here and now."""
        self.store.request_stop(run_id)
        future = self._futures.get(run_id)
        if self.store.get(run_id).state == "queued" and future is not None:
            future.cancel()
            self.store.set_state(run_id, "stopped")

    def devices(self) -> list[tuple[str, str]]:
        """(name, label) of the devices of a worker, the one that ``auto`` takes first."""
        return self._client.submit(_devices, pure=False).result()  # type: ignore[no-any-return]

    def close(self) -> None:
        """Disconnect, and end the workers that were started here."""
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()

    def _submit(self, run_id: str) -> None:
        future = self._client.submit(
            run_job, run_id, self.store.uri, key=_job_key(self.store.get(run_id)), pure=False
        )
        future.add_done_callback(self._ended)
        fire_and_forget(future)  # the job goes on when this process lets go of it
        self._futures[run_id] = future

    def _ended(self, future: Any) -> None:
        """Record the end of a job whose worker could not: it was killed again and again."""
        if future.status != "error":
            return
        run_id = future.key.split("-")[1]
        if self.store.get(run_id).active:
            self.store.set_state(run_id, "failed", f"the worker was lost: {future.exception()}")


def _local_cluster() -> Any:
    cores = os.cpu_count() or 1
    root = str(Path(__file__).resolve().parent.parent)
    # Workers are new Python processes; they find this package wherever the app was started.
    paths = [root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))
    # Threads that wait must not spin: with other work on the cores that costs a hundredfold.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    workers = max(1, cores // CORES_A_JOB)
    if sys.platform == "win32":  # SubprocessCluster refuses Windows
        return LocalCluster(
            n_workers=1, threads_per_worker=workers, processes=False, dashboard_address=None
        )
    preload = "mnist_core.worker"
    return SubprocessCluster(
        n_workers=workers,
        threads_per_worker=1,
        dashboard_address=None,  # type: ignore[arg-type]  # None turns it off
        scheduler_kwargs={"preload": [preload]},
        worker_kwargs={"preload": [preload], "preload_nanny": [preload]},
    )


def _alive(owner: str) -> bool:
    """Whether the process that trains a run is there; on another machine we cannot tell."""
    host, pid = owner.rsplit(":", 1)
    if host != socket.gethostname():
        return True
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
