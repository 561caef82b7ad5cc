"""Runs as Dask jobs: a worker owns the loop, everybody else reads the store."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from distributed import Client, Future, fire_and_forget

from mnist_core.config.train import TrainConfig
from mnist_core.errors import ClusterError, MnistLabError
from mnist_core.jobs.cluster import GPU, LocalWorkers, WorkerInfo, gpu_resources, worker_info
from mnist_core.jobs.tasks import devices_job, run_job
from mnist_core.runs.records import Run
from mnist_core.runs.store import RunStore, is_gone, this_process
from mnist_core.settings import Settings

log = logging.getLogger(__name__)

LOOK = 2.0  # seconds between two looks for runs whose job is gone
SUBMIT_TIME = 10.0  # seconds in which a run that was created reaches the scheduler
CONNECT = 10.0  # seconds until a scheduler counts as not there
GONE = (None, "released", "forgotten", "memory", "erred")  # a scheduler's words for: not coming


def _job_key(run: Run) -> str:
    """One key each time a run is queued: asking for the same work twice is asking for it once."""
    return f"train-{run.id}-{run.queued * 1000:.0f}"


@dataclass(frozen=True)
class Waiting:
    """A run in the queue: its place (1 is next), and what it waits for, as words."""

    run: Run
    position: int
    reason: str


class JobQueue:
    """Submits runs to Dask: to ``DASK_SCHEDULER_ADDRESS`` if set, else to workers started here.

    A run that the scheduler no longer knows is marked as interrupted within seconds. ``workers``
    were started for this queue already.

    Raises:
        ClusterError: no scheduler answers at the address.
    """

    def __init__(self, store: RunStore, workers: LocalWorkers | None = None) -> None:
        self.store = store
        self._futures: dict[str, Any] = {}
        self._address = Settings().scheduler_address
        self._cluster = None if self._address else workers or LocalWorkers()
        self._scheduler = self._cluster.address if self._cluster else self._address
        self._dask = self._connect()
        # A job lives as long as its scheduler, and one that was started here as this process.
        self.owner = self._address or this_process()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self.find_lost()
        threading.Thread(target=self._watch, daemon=True, name="find-lost-runs").start()

    def start(
        self,
        config: TrainConfig,
        name: str | None = None,
        prepare: Callable[[str], None] = lambda run_id: None,
    ) -> str:
        """Create a run and submit it; returns its id, which ``prepare`` gets in between."""
        run_id = self.store.create(config, name, owner=self.owner)
        prepare(run_id)
        self._submit(run_id)
        return run_id

    def extend(self, run_id: str, config: TrainConfig) -> None:
        """Train a run that has ended for ``config.epochs`` more epochs."""
        self.store.add_segment(run_id, config, self.owner)
        self._submit(run_id)

    def resume(self, run_id: str) -> None:
        """Take up a run that was interrupted or failed, from its last checkpoint.

        Nothing happens to a run that is active already.
        """
        if not self.store.get(run_id).active:
            self.store.requeue(run_id, self.owner)
            self._submit(run_id)

    def stop(self, run_id: str) -> None:
        """Ask a run to stop; one that still waits is stopped here and now."""
        self.store.request_stop(run_id)
        run = self.store.get(run_id)
        if run.state == "queued":
            # By force: it is wanted by others too, namely whoever submitted it.
            self._client.cancel([Future(_job_key(run), self._client)], force=True)
            self.store.set_state(run_id, "stopped")

    def waiting(self, active: list[Run] | None = None) -> list[Waiting]:
        """The queue, the same for everybody who shares the store: next one first.

        ``active`` are the store's active runs, for who has just asked for them.
        """
        active = self.store.active() if active is None else active
        queued = sorted((r for r in active if r.state == "queued"), key=lambda run: run.queued)
        gpus = {gpu for worker in self.workers() for gpu in worker.gpus} if queued else set()
        training = [run for run in active if run.state == "running"]
        return [
            Waiting(run, position, _reason(run.config.device, gpus, training, position))
            for position, run in enumerate(queued, 1)
        ]

    def workers(self) -> list[WorkerInfo]:
        """The workers that the scheduler has now.

        Raises:
            ClusterError: the scheduler does not answer.
        """
        client = self._client
        try:
            known = client.scheduler_info(n_workers=-1)["workers"]
            keys = client.processing()
        except (OSError, TimeoutError) as error:
            raise self._no_answer(error) from error
        return [worker_info(a, worker, list(keys.get(a, ()))) for a, worker in known.items()]

    def devices(self) -> list[tuple[str, str]]:
        """(name, label) of the devices of the workers, the one that ``auto`` takes first."""
        return self._client.submit(devices_job, pure=False).result()  # type: ignore[no-any-return]

    def submit(
        self, function: Callable[..., Any], *args: Any, key: str, device: str = "auto"
    ) -> "Future[Any]":
        """Have a worker with ``device`` call ``function``; to ask twice with one key is once."""
        future: Future[Any] = self._client.submit(
            function, *args, key=key, pure=False, resources=self._resources(device)
        )
        return future

    def lost(self, keys: list[str]) -> set[str]:
        """Those of the jobs' keys that no worker will begin or go on with."""
        return {key for key, state in self._job_states(keys).items() if state in GONE}

    def close(self) -> None:
        """Disconnect, and end the workers that were started here."""
        self._closed.set()
        self._dask.close()
        if self._cluster is not None:
            self._cluster.close()

    @property
    def _client(self) -> Any:
        """The connection to the scheduler; a new one if that one was restarted meanwhile."""
        with self._lock:
            if self._dask.status == "closed" and self._address and not self._closed.is_set():
                self._dask = self._connect()
            if self._dask.status != "running":
                raise self._no_answer("the connection was lost")
            return self._dask

    def _connect(self) -> Any:
        try:
            return Client(self._scheduler, timeout=CONNECT, set_as_default=False)
        except (OSError, TimeoutError) as error:
            raise self._no_answer(error) from error

    def _no_answer(self, why: object) -> ClusterError:
        if self._address is None:
            return ClusterError(f"this app's workers do not answer ({why}). Start the app again.")
        return ClusterError(
            f"no Dask scheduler answers at {self._address} ({why}). Start one with "
            "`dask scheduler`, or correct DASK_SCHEDULER_ADDRESS."
        )

    def _submit(self, run_id: str) -> None:
        run = self.store.get(run_id)
        future = self.submit(
            run_job, run_id, self.store.uri, key=_job_key(run), device=run.config.device
        )
        fire_and_forget(future)  # the job goes on when this process lets go of it
        self._futures[run_id] = future  # kept for its error, if it ends with one

    def _resources(self, device: str) -> dict[str, float] | None:
        """What a worker must have. Here no GPU will ever come, so there the job says so itself."""
        gpus = {gpu for worker in self.workers() for gpu in worker.gpus}
        if self._cluster is not None:
            gpus |= set(self._cluster.gpus)  # of workers that are still on their way, too
        if device == "auto":
            return {GPU: 1} if gpus else None
        if device == "cpu" or (self._cluster is not None and device not in gpus):
            return None
        return gpu_resources(device)

    # Looking after runs -------------------------------------------------------------------------

    def find_lost(self) -> None:
        """Mark the runs that wait or train without a job that could go on."""
        runs = {run.id: run for run in self.store.active()}
        for run_id in self._futures.keys() - runs.keys():
            self._futures.pop(run_id, None)
        ours = {run_id: _job_key(run) for run_id, run in runs.items() if run.owner == self.owner}
        states = self._job_states(list(ours.values())) if ours else {}
        for run_id, run in runs.items():
            if run_id in ours:
                state = states[ours[run_id]]
                on_its_way = state is None and time.time() - run.queued < SUBMIT_TIME
                lost = state in GONE and not on_its_way
            else:
                lost = is_gone(run.owner)
            # Looked at again, because it may have ended between the two questions.
            if lost and (now := self.store.get(run_id)).active and now.queued == run.queued:
                self._mark_lost(run_id)

    def _mark_lost(self, run_id: str) -> None:
        future = self._futures.get(run_id)
        if future is not None and future.status == "error":
            error = future.exception()
            known = isinstance(error, MnistLabError)
            text = str(error) if known else f"the worker was lost: {error}"
            self.store.set_state(run_id, "failed", text)
        else:
            self.store.set_state(run_id, "interrupted")

    def _job_states(self, keys: list[str]) -> dict[str, str | None]:
        client = self._client
        states: dict[str, str | None] = client.sync(client.scheduler.get_task_status, keys=keys)
        return states

    def _watch(self) -> None:
        while not self._closed.wait(LOOK):
            try:
                self.find_lost()
            except (MnistLabError, OSError, TimeoutError) as error:
                log.warning("cannot look for lost runs now: %s", error)


def _reason(device: str, gpus: set[str], training: list[Run], position: int) -> str:
    if device not in ("auto", "cpu") and device not in gpus:
        return f"waits for a worker that has {device}"
    if not training:
        return "waits for a free worker"
    if position > 1:
        return "waits for those before it"
    if len(training) == 1:
        return f"waits until {training[0].name} is done"
    return f"waits until one of the {len(training)} that train is done"
