"""What the store and the workers say now, asked once for all who look.

Every viewer of a run polls. What is on the screen of all is the same, so one answer serves them
for a moment, and the rows of a run are read again when there are more of them.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from mnist_core.jobs.cluster import WorkerInfo
from mnist_core.jobs.queue import JobQueue
from mnist_core.jobs.waiting import Waiting
from mnist_core.runs.library import RunLibrary
from mnist_core.runs.records import Run

T = TypeVar("T")
Rows = list[dict[str, float]]

AGE = 0.1  # seconds for which an answer serves everybody
KEPT = 64  # runs whose rows are kept


class Shared(Generic[T]):
    """An answer that is asked for again when it is older than the asker likes."""

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._known: tuple[float, T] | None = None

    def __call__(self, age: float = AGE) -> T:
        """The answer, at most ``age`` seconds old; who asks meanwhile waits for the same one."""
        with self._lock:
            if self._known is None or time.monotonic() - self._known[0] > age:
                self._known = None
                self._known = (time.monotonic(), self._ask())
            return self._known[1]

    def forget(self) -> None:
        """The next one to look asks anew."""
        with self._lock:
            self._known = None


class Watch:
    """The active runs, the queue, the workers, and single runs with their rows."""

    def __init__(self, queue: JobQueue, library: RunLibrary) -> None:
        self._store = queue.store
        self.active = Shared(queue.store.active)
        self.workers: Shared[list[WorkerInfo]] = Shared(queue.workers)
        self.waiting: Shared[list[Waiting]] = Shared(lambda: queue.waiting(self.active()))
        self.library = Shared(library.runs)
        self._runs: OrderedDict[str, Shared[Run]] = OrderedDict()
        self._rows: OrderedDict[str, tuple[object, Rows]] = OrderedDict()
        self._lock, self._rows_lock = threading.Lock(), threading.Lock()

    def forget(self) -> None:
        """Something was changed here: what is looked at next is asked for anew."""
        self.active.forget()
        self.waiting.forget()
        self.library.forget()
        with self._lock:
            self._runs.clear()

    def run(self, run_id: str, age: float = AGE) -> Run:
        """A run as it stands. Raises RunNotFoundError if there is none."""
        for run in self.active(age):
            if run.id == run_id:
                return run
        with self._lock:
            look = self._runs.setdefault(run_id, Shared(lambda: self._store.get(run_id)))
            while len(self._runs) > KEPT:
                self._runs.popitem(last=False)
        return look(age)

    def rows(self, run: Run) -> Rows:
        """A run's rows (see ``RunStore.history``), read again when its figures have changed."""
        version = (run.state, run.queued, run.metrics)
        with self._rows_lock:  # who looks meanwhile waits for the same answer
            known = self._rows.pop(run.id, None)
            if known is None or known[0] != version:
                known = (version, self._store.history(run.id))
            self._rows[run.id] = known
            while len(self._rows) > KEPT:
                self._rows.popitem(last=False)
            return known[1]
