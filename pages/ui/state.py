"""What pages share: the store, the job queue and the devices, opened once a process."""

import base64
import functools
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from mnist_core.config.train import TrainConfig
from mnist_core.errors import MnistLabError

if TYPE_CHECKING:
    from mnist_core.jobs.queue import JobQueue
    from mnist_core.reading.predict import Predictor
    from mnist_core.runs.library import RunLibrary
    from mnist_core.runs.store import RunStore

RUN = "run"  # query parameter and session key: the run that is looked at
PROBLEM = "problem"  # session key: why the last button failed
RUNS = "runs"  # query parameter (ids with commas) and session key: the runs that are compared


def page(title: str) -> None:
    """A page's title, icon and width.

    The icon travels inside the page: by the time the browser asks for a file, Streamlit may have
    dropped it with the page that was left.
    """
    if PagesManager.uses_pages_directory:
        # Until app.py has run once, Streamlit takes the folder's files for the pages: whoever comes
        # first, by a link to one of them, would get them all by their files' names.
        PagesManager.uses_pages_directory = False
        st.rerun()
    st.set_page_config(page_title=f"{title} · MNIST Lab", page_icon=_icon(), layout="wide")


@functools.cache
def _icon() -> str:
    """The icon as an address; read and encoded once a process."""
    data = base64.b64encode(Path(__file__).with_name("icon.png").read_bytes()).decode()
    return f"data:image/png;base64,{data}"


class Backend:
    """Opens the store and starts the workers in the background, so that a page shows at once."""

    def __init__(self) -> None:
        self._ready = threading.Event()
        self._error: MnistLabError | None = None
        self._start_lock = threading.Lock()
        self.devices: list[tuple[str, str]] = []
        threading.Thread(target=self._open, daemon=True, name="backend").start()

    def _open(self) -> None:
        from mnist_core.jobs.queue import JobQueue
        from mnist_core.runs.library import RunLibrary
        from mnist_core.runs.store import RunStore

        try:
            self._store = RunStore()
            self._library = RunLibrary(self._store)
            self._queue = JobQueue(self._store)
        except MnistLabError as error:
            self._error = error
            return
        finally:
            self._ready.set()
        self._library.runs()  # begins to read them, before the Runs page needs it
        self.devices = self._queue.devices()
        from mnist_core.reading.shipped import load_shipped  # and PyTorch, before Draw needs them

        load_shipped()

    @property
    def ready(self) -> bool:
        return self._ready.is_set()

    @property
    def store(self) -> "RunStore":
        """The store, once it is open. Raises StoreError if it cannot be."""
        self._wait()
        return self._store

    @property
    def library(self) -> "RunLibrary":
        """The list of all runs. Raises StoreError if the store cannot be opened."""
        self._wait()
        return self._library

    @property
    def queue(self) -> "JobQueue":
        """The job queue, once the workers are there. Raises MnistLabError if they cannot be."""
        self._wait()
        return self._queue

    def _wait(self) -> None:
        self._ready.wait()
        if self._error is not None:
            backend.clear()  # whoever looks again, after doing what the message says, tries again
            raise self._error

    def start_if_idle(self, config: TrainConfig) -> tuple[str, bool]:
        """(run id, whether it is new): the run that is active already, else a new one.

        However often and in however many tabs Start is clicked, one run starts.
        """
        with self._start_lock:
            active = self.store.active()
            if active:
                return active[0].id, False
            return self.queue.start(config), True

    def add(self, config: TrainConfig) -> tuple[str, bool]:
        """(run id, whether it is new): the active run with just these settings, else a new one.

        The same settings give the same run, so a second click adds nothing.
        """
        with self._start_lock:
            for run in self.store.active():
                if [segment.config for segment in run.segments] == [config]:
                    return run.id, False
            return self.queue.start(config), True


@st.cache_resource(show_spinner=False)
def backend() -> Backend:
    return Backend()


def select_run(run_id: str) -> None:
    """Look at this run, here and after a reload."""
    st.session_state[RUN] = run_id
    st.query_params[RUN] = run_id


def selected_run() -> str | None:
    """The run of this session or its address; else one that is training or was interrupted."""
    run_id = st.session_state.get(RUN) or st.query_params.get(RUN)
    if run_id is None and backend().ready:
        found = backend().store.active()
        found += [run for run in backend().store.newest(1) if run.state == "interrupted"]
        run_id = found[0].id if found else None
    if run_id is not None:
        select_run(run_id)
    return run_id


def reported(action: Callable[..., None]) -> Callable[..., None]:
    """A button's callback whose error is kept for ``show_problem`` until another one works."""

    @functools.wraps(action)
    def callback(*args: object) -> None:
        st.session_state.pop(PROBLEM, None)
        try:
            action(*args)
        except MnistLabError as error:
            st.session_state[PROBLEM] = str(error)

    return callback


def show_problem() -> None:
    """Say why the last button could not do what it says."""
    if PROBLEM in st.session_state:
        st.error(st.session_state[PROBLEM])


def select_runs(run_ids: list[str]) -> None:
    """Compare these runs, here and after a reload, and in whoever's browser opens the address."""
    st.session_state[RUNS] = run_ids
    if run_ids:
        st.query_params[RUNS] = ",".join(run_ids)
    else:
        st.query_params.pop(RUNS, None)


def selected_runs() -> list[str]:
    """The runs of this session, else of its address."""
    if RUNS not in st.session_state:
        ids = st.query_params.get(RUNS, "").split(",")
        st.session_state[RUNS] = [run_id for run_id in dict.fromkeys(ids) if run_id]
    select_runs(st.session_state[RUNS])
    chosen: list[str] = st.session_state[RUNS]
    return chosen


@st.cache_resource(max_entries=32, show_spinner=False)
def predictor(run_id: str, checkpoint: str) -> "Predictor":
    """The network of a run; a new checkpoint is another entry."""
    import torch

    from mnist_core.reading.predict import Predictor
    from mnist_core.reading.shipped import load_shipped

    state = backend().store.load_state(run_id, torch.device("cpu"))
    assert state is not None, f"run {run_id} has the checkpoint {checkpoint}"
    return Predictor(state.model, judge=load_shipped())
