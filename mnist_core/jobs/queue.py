"""Runs as Dask jobs: a worker owns the loop, everybody else reads the store."""

import contextlib
import logging
import threading
from collections.abc import Callable
from typing import Any

from distributed import Client, Future, fire_and_forget

from mnist_core.config.train import TrainConfig
from mnist_core.errors import ClusterError, MnistLabError, StoreError
from mnist_core.jobs.cluster import GPU, LocalWorkers, WorkerInfo, gpu_resources, worker_info
from mnist_core.jobs.missing import GONE, Missing
from mnist_core.jobs.tasks import devices_job, run_job
from mnist_core.jobs.turns import Turns
from mnist_core.jobs.waiting import Waiting, queue_of
from mnist_core.runs.library import RunLibrary
from mnist_core.runs.limits import check_epochs, unlimited
from mnist_core.runs.records import Pupil, Run
from mnist_core.runs.users import SERVER
from mnist_core.settings import Settings

log = logging.getLogger(__name__)

LOOK = 2.0  # seconds between two looks for runs whose job is gone
CONNECT = 10.0  # seconds until a scheduler counts as not there


def _job_key(run: Run) -> str:
    """One key each time a run is queued: asking for the same work twice is asking for it once."""
    return f"train-{run.id}-{run.queued * 1000:.0f}"


class JobQueue:
    """Submits runs to Dask: to ``DASK_SCHEDULER_ADDRESS`` if set, else to workers started here.

    A run that the scheduler no longer knows is marked as interrupted within seconds, and one of
    any other owner when that one gives no sign of life any more. ``workers`` were started for this
    queue already.

    Raises:
        ClusterError: no scheduler answers at the address.
    """

    def __init__(self, library: RunLibrary, workers: LocalWorkers | None = None) -> None:
        self.library, self.store = library, library.store
        self.turns = Turns(library)
        self._futures: dict[str, Any] = {}
        self._address = Settings().scheduler_address
        self._cluster = None if self._address else workers or LocalWorkers()
        self._scheduler = self._cluster.address if self._cluster else self._address
        self._dask = self._connect()
        # Whose signs of life jobs live by: the scheduler's, given by all who can reach it.
        self.owner = self._address or f"{self.store.heart.name}, workers"
        self._tends = False
        self._missing = Missing()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self.find_lost()
        threading.Thread(target=self._watch, daemon=True, name="find-lost-runs").start()

    def start(
        self,
        config: TrainConfig,
        name: str | None = None,
        prepare: Callable[[str], None] = lambda run_id: None,
        origin: str = "fresh",
        pupil: Pupil | None = None,
        by: str = SERVER,
    ) -> str:
        """Create a run of the user ``by`` and submit it; its id, which ``prepare`` gets in between.

        ``origin`` says where its first weights come from and ``pupil`` who asked, see ``Run``.

        Raises:
            ConfigError: this machine, whose workers would train it, cannot (see ``check``).
            TooManyError: the user has as many runs, or as much kept, as is allowed.
        """
        self.check(config, by)
        turn = self.turns.next(by)
        # Ours, for as long as ``prepare`` takes.
        run_id = self.store.create(config, name, origin=origin, pupil=pupil, user=by, turn=turn)
        try:
            prepare(run_id)
            self.store.hand_over(run_id, self.owner)
            self._submit(run_id)
        except Exception as error:
            with contextlib.suppress(StoreError):  # the first error says what is wrong
                self.store.set_state(run_id, "failed", str(error))
            raise
        return run_id

    def extend(self, run_id: str, config: TrainConfig, by: str = SERVER) -> None:
        """Train a run that has ended for ``config.epochs`` more; refused as in start and stop."""
        self.store.of_user(run_id, by)
        self.check(config, by)
        self.store.add_segment(run_id, config, self.owner, self.turns.next(by))
        self._submit(run_id)

    def resume(self, run_id: str, by: str = SERVER) -> None:
        """Take up a run that was interrupted or failed, from its last checkpoint.

        Nothing happens to a run that is active already. Refused as in ``extend``.
        """
        run = self.store.of_user(run_id, by)
        if not run.active:
            self.check(run.config, by)
            self.store.requeue(run_id, self.owner, self.turns.next(by))
            self._submit(run_id)

    def check(self, config: TrainConfig, by: str = SERVER) -> None:
        """Refuse what a user may not ask for or cannot be trained (see ``LocalWorkers.check``).

        The workers of an existing cluster may have any machine, and say so themselves.
        """
        check_epochs(config, by)
        if self._cluster is not None:
            self._cluster.check(config, alone=unlimited(by))

    def stop(self, run_id: str, by: str = SERVER) -> None:
        """Ask a run to stop; one that still waits ends now. Refuses another's: NotYoursError."""
        self.store.of_user(run_id, by)
        self.store.request_stop(run_id)
        run = self.store.get(run_id)
        if run.state == "queued":
            self.store.set_state(run_id, "stopped")  # first: a worker that takes it finds it so
            # By force: it is wanted by others too, namely whoever submitted it.
            self._client.cancel([Future(_job_key(run), self._client)], force=True)

    def waiting(self, active: list[Run] | None = None) -> list[Waiting]:
        """The queue, the same for everybody who shares the store: next one first.

        ``active`` are the store's active runs, for who has just asked for them.
        """
        active = self.library.active() if active is None else active
        return queue_of(active, self._gpus)

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

    def _gpus(self) -> set[str]:
        gpus = {gpu for worker in self.workers() for gpu in worker.gpus}
        if self._cluster is not None:
            gpus |= set(self._cluster.gpus)  # of workers that are still on their way, too
        return gpus

    def devices(self) -> list[tuple[str, str]]:
        """(name, label) of the devices of the workers, the one that ``auto`` takes first."""
        return self._client.submit(devices_job, pure=False).result()  # type: ignore[no-any-return]

    def submit(
        self,
        function: Callable[..., Any],
        *args: Any,
        key: str,
        device: str = "auto",
        priority: int = 0,
        worker: str | None = None,
    ) -> "Future[Any]":
        """Have a worker with ``device`` call ``function``; to ask twice with one key is once.

        Those of a higher ``priority`` come first; ``worker`` is the address of who alone may.
        """
        return self._client.submit(  # type: ignore[no-any-return]
            function,
            *args,
            key=key,
            pure=False,
            resources=self._resources(device),
            priority=priority,
            workers=worker,
        )

    def lost(self, keys: list[str]) -> set[str]:
        """Those of the jobs' keys that no worker will begin or go on with."""
        return {key for key, state in self._job_states(keys).items() if state in GONE}

    def close(self) -> None:
        """Disconnect, and end the workers that were started here."""
        self._closed.set()
        self._tend(False)
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
        tls = self._cluster and self._cluster.security  # else what Dask's own variables name
        try:
            return Client(self._scheduler, timeout=CONNECT, security=tls, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:  # not there, no address, TLS not set up
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
            *(run_job, run_id, self.store.uri),
            key=_job_key(run),
            device=run.config.device,
            priority=-run.turn,
        )
        fire_and_forget(future)  # the job goes on when this process lets go of it
        self._futures[run_id] = future  # kept for its error, if it ends with one

    def _resources(self, device: str) -> dict[str, float] | None:
        """What a worker must have. Here no GPU will ever come, so there the job says so itself."""
        gpus = self._gpus()
        if device == "auto":
            return {GPU: 1} if gpus else None
        if device == "cpu" or (self._cluster is not None and device not in gpus):
            return None
        return gpu_resources(device)

    def find_lost(self) -> None:
        """Mark the runs that wait or train without anybody who tends them."""
        runs = {run.id: run for run in self.library.active()}
        for run_id in self._futures.keys() - runs.keys():
            self._futures.pop(run_id, None)
        jobs = {run.id: _job_key(run) for run in runs.values() if run.owner == self.owner}
        lost = self._lost(jobs)
        is_gone = self.store.heart.is_gone
        for run_id, run in runs.items():
            if run_id in lost if lost is not None and run_id in jobs else is_gone(run.owner):
                self._mark_lost(run)

    def _lost(self, jobs: dict[str, str]) -> set[str] | None:
        """Those of our runs whose job the scheduler will not do; None while it does not answer."""
        try:
            states = self._job_states(list(jobs.values()))
        except (ClusterError, OSError, TimeoutError) as error:
            log.warning("the scheduler does not answer: %s", error)
            self._tend(False)
            return None
        self._tend(True)
        lost = self._missing.lost(states)
        return {run_id for run_id, key in jobs.items() if key in lost}

    def _tend(self, answers: bool) -> None:
        """Jobs live while their scheduler answers somebody, or one of them is being done."""
        if answers and not self._tends:
            self.store.heart.tend(self.owner)
        elif self._tends and not answers:
            self.store.heart.leave(self.owner)
        self._tends = answers

    def _mark_lost(self, run: Run) -> None:
        future = self._futures.get(run.id)
        if future is not None and future.status == "error":
            error = future.exception()
            known = isinstance(error, MnistLabError)
            text = str(error) if known else f"the worker was lost: {error}"
            self.store.give_up(run, "failed", text)
        else:
            self.store.give_up(run)

    def _job_states(self, keys: list[str]) -> dict[str, str | None]:
        client = self._client
        states: dict[str, str | None] = client.sync(client.scheduler.get_task_status, keys=keys)
        return states

    def _watch(self) -> None:
        while not self._closed.wait(LOOK):
            try:
                self.find_lost()
            except MnistLabError as error:
                log.warning("cannot look for lost runs now: %s", error)
            except Exception:  # whatever it was, the next look must come
                log.exception("cannot look for lost runs now")
