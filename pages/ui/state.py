"""What pages share: the store, the workers and the queue, opened once a process; selections."""

import gc
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from mnist_core.config.train import TrainConfig
from mnist_core.errors import ClusterError, MnistLabError
from mnist_core.runs.users import SERVER
from pages.ui.address import in_address, write_address
from pages.ui.user import mine, visible
from pages.ui.words import literal

if TYPE_CHECKING:
    from mnist_core.jobs.cluster import LocalWorkers
    from mnist_core.jobs.queue import JobQueue
    from mnist_core.jobs.studies import StudyQueue
    from mnist_core.reading.predict import Predictor
    from mnist_core.runs.bin import Bin
    from mnist_core.runs.library import RunLibrary
    from mnist_core.runs.records import Pupil
    from mnist_core.runs.store import RunStore
    from pages.ui.watch import Watch

T = TypeVar("T")

RUN = "run"  # query parameter and session key: the run that is looked at
MOST_IN_ADDRESS = (
    50  # runs; browsers and servers cut an address of more than a few thousand letters
)
RUNS = "runs"  # query parameter (ids with commas) and session key: the runs that are compared
DRAWING = "canvas.left"  # session key: the drawing on the pad, as its component has it

LATE = 30.0  # seconds after which a trainer that has not answered is worth a look


def in_background(work: Callable[[], T], name: str) -> "Future[T]":
    """``work`` in a thread of its own, which does not keep the process alive."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001  # it is for whoever asks for the result
            future.set_exception(error)

    threading.Thread(target=run, daemon=True, name=name).start()
    return future


def once_open(read: Callable[[], T], tell: Callable[[str], object]) -> T | None:
    """What ``read`` finds in the store or at the workers.

    None while they are opened, which the page says, or where they cannot be read: why, by ``tell``.
    """
    if not backend().ready:
        st.caption(backend().starting or "Opening …")
        return None
    try:
        return read()
    except MnistLabError as error:
        tell(literal(str(error)))
        return None


def _workers() -> "LocalWorkers | None":
    """Processes that train, which need nothing of the store; None where a scheduler is set."""
    from mnist_core.jobs.cluster import LocalWorkers
    from mnist_core.settings import Settings

    return None if Settings().scheduler_address else LocalWorkers()


class Backend:
    """What all sessions share. Whoever asks for a part waits until it is open.

    The workers start first and beside all else: theirs is the longest way. MLflow is imported by
    one thread, and whoever else needs it waits for the store: its modules import each other in
    circles, and two threads in one circle find half a module.
    """

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._told = False
        self._start_lock = threading.Lock()
        self._workers = in_background(_workers, "open-workers")
        self._opened = in_background(self._open_store, "open-store")
        self._queue = in_background(self._open_queue, "open-queue")
        self._devices = in_background(self._ask_devices, "ask-devices")
        self._drawing = in_background(self._load_drawing, "load-drawing")  # Draw shows its error

    def _open_store(self) -> "RunLibrary":
        wait([self._workers])  # their processes are on their way before anything heavy is loaded
        from mnist_core.jobs.logs import keep_log
        from mnist_core.runs.library import RunLibrary
        from mnist_core.runs.store import RunStore

        store = RunStore()
        keep_log()  # in the home folder, which is there now
        return RunLibrary(store)

    def _open_queue(self) -> "tuple[JobQueue, Watch]":
        workers = self._workers.result()
        try:
            library = self._opened.result()
            from mnist_core.jobs.queue import JobQueue
            from pages.ui.watch import Watch

            queue = JobQueue(library, workers)
        except BaseException:  # nothing stays half open
            if workers is not None:
                workers.close()
            raise
        return queue, Watch(queue, visible)

    def _ask_devices(self) -> list[tuple[str, str]]:
        queue, _ = self._queue.result()
        try:
            return queue.devices()
        except BaseException:
            queue.close()
            raise

    def _load_drawing(self) -> None:
        """What Draw needs, when the workers need the cores no more."""
        self._devices.result()
        from mnist_core.reading.shipped import load_shipped

        load_shipped()
        # What was imported stays: no collection looks at it again. Before, each took 0.35 s, in
        # which nobody was served.
        gc.collect()
        gc.freeze()

    @property
    def ready(self) -> bool:
        """Whether runs can be looked at and started without waiting; True too if it failed."""
        return self._queue.done()

    @property
    def given_up(self) -> bool:
        """Whether the store or the workers could not be opened, and a page has said so."""
        return self._told and self._devices.done() and self._devices.exception() is not None

    @property
    def starting(self) -> str | None:
        """What the trainer is doing before it can train, in words; None when it can, or failed."""
        if self._devices.done():
            return None
        if not self._opened.done():
            doing = "opening the list of runs"
        elif not self._queue.done() or not self.watch.workers():
            doing = "waiting for its process"
        else:
            doing = "loading PyTorch"
        took = time.monotonic() - self._began
        said = f"Starting the trainer: {doing}, {took:.0f} s"
        if took > LATE:
            said += ". That is long; the terminal in which the app was started may say why"
        return said

    @property
    def devices(self) -> list[tuple[str, str]]:
        """(name, label) of the workers' devices, empty while they are not known."""
        return self._result(self._devices) if self._devices.done() else []

    @property
    def store(self) -> "RunStore":
        """The store, once it is open. Raises MnistLabError if it cannot be."""
        return self.library.store

    @property
    def library(self) -> "RunLibrary":
        """The list of all runs. Raises MnistLabError if the store cannot be opened."""
        return self._result(self._opened)

    @property
    def bin(self) -> "Bin":
        """The runs that were deleted. Raises MnistLabError as ``store`` does."""
        library = self.library  # with MLflow, which one thread imports
        from mnist_core.runs.bin import Bin

        return Bin(library)

    @property
    def queue(self) -> "JobQueue":
        """The job queue, once the workers are there. Raises MnistLabError if they cannot be."""
        return self._result(self._queue)[0]

    @property
    def watch(self) -> "Watch":
        """What all viewers look at. Raises MnistLabError as ``queue`` does."""
        return self._result(self._queue)[1]

    def _result(self, part: "Future[T]") -> T:
        error = part.exception()
        if error is None:
            return part.result()
        self._told = True
        if isinstance(error, MnistLabError):
            raise error
        raise ClusterError(
            f"The trainer cannot start ({type(error).__name__}: {error}). The terminal in which "
            "the app was started says more; when it is mended, load this page again."
        ) from error

    def soon(self, work: Callable[[], T]) -> "Future[T]":
        """Do ``work`` now, or as soon as the trainer can, without keeping the page waiting."""
        if not self.ready:
            return in_background(work, "soon")
        future: Future[T] = Future()
        future.set_result(work())
        return future

    def look_again(self) -> None:
        """Something was changed here: whoever looks next sees it."""
        if self.ready and self._queue.exception() is None:
            self.watch.forget()

    def start(
        self, config: TrainConfig, pupil: "Pupil | None" = None, by: str = SERVER
    ) -> tuple[str, bool]:
        """(run id, whether it is new): the active run with just these settings, else a new one.

        However often and in however many tabs the same is asked for, one run starts; each user
        (``by``) and each pupil of a class has one of their own.
        """
        with self._start_lock:
            for run in self.library.active():
                theirs = (run.user, run.pupil) == (by, pupil)
                if theirs and run.uniform and run.config == config:
                    return run.id, False
            return self.queue.start(config, pupil=pupil, by=by), True


@st.cache_resource(show_spinner=False)
def backend() -> Backend:
    return Backend()


@st.cache_resource(show_spinner=False)
def studies() -> "StudyQueue":
    assert backend().store  # waits until MLflow is imported, see Backend
    from mnist_core.jobs.studies import StudyQueue

    return StudyQueue(lambda: backend().queue)


def select_run(run_id: str | None) -> None:
    """Look at this run, or at none."""
    st.session_state[RUN] = run_id


def selected_run() -> str | None:
    """The run of the address or this session; else one's own that trains or was interrupted."""
    said = in_address(RUN)
    if said is not None:
        select_run(said or None)
    if st.session_state.get(RUN) is None and backend().ready:
        found = list(backend().watch.active())
        found += [run for run in backend().watch.newest() if run.state == "interrupted"]
        select_run(next((run.id for run in found if mine(run)), None))
    run_id: str | None = st.session_state.get(RUN)
    write_address(RUN, run_id or "")
    return run_id


def select_runs(run_ids: list[str]) -> None:
    """Compare these runs."""
    st.session_state[RUNS] = run_ids


def selected_runs() -> list[str]:
    """The runs of the address, else of this session; whoever opens the address sees them too."""
    said = in_address(RUNS)
    if said is not None:
        select_runs([run_id for run_id in dict.fromkeys(said.split(",")) if run_id])
    chosen: list[str] = st.session_state.setdefault(RUNS, [])
    write_address(RUNS, ",".join(chosen) if len(chosen) <= MOST_IN_ADDRESS else "")
    return chosen


@st.cache_resource(max_entries=32, show_spinner=False)
def predictor(run_id: str, checkpoint: str) -> "Predictor":
    """The network of a run; a new checkpoint is another entry."""
    from mnist_core.reading.predict import Predictor
    from mnist_core.reading.shipped import load_shipped

    network = backend().store.load_network(run_id)
    assert network is not None, f"run {run_id} has the checkpoint {checkpoint}"
    return Predictor(network, judge=load_shipped())
