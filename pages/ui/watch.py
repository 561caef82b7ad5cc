"""What the store and the workers say now, asked once for all who look.

Every viewer of a run polls. What is on the screen of all is the same, so one answer serves them
for a moment, and the rows of a run are read again when there are more of them.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace
from typing import Generic, NamedTuple, TypeVar

from mnist_core.errors import RunNotFoundError
from mnist_core.jobs.cluster import WorkerInfo
from mnist_core.jobs.queue import JobQueue
from mnist_core.jobs.waiting import Waiting
from mnist_core.runs.library import active_among
from mnist_core.runs.records import Run

T = TypeVar("T")
Rows = list[dict[str, float]]

AGE = 0.1  # seconds for which an answer serves everybody
SHARE = 4  # and so many times as long as it took: however much there is, others get on
STEP = 0.25  # seconds between two readings of a running run's rows, at least; less than a poll
OTHERS = 1.0  # seconds between two looks at what others start, end and edit
HIDDEN = "a hidden run"  # what others' are called where they train or wait
KEPT = 64  # runs whose rows are kept


class Shared(Generic[T]):
    """An answer that is asked for again when it is older than the asker likes.

    One of those who look asks. Who looks meanwhile is given the answer of before: where thirty
    look, they would else all wait for each other most of the time.
    """

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._known: tuple[float, T] | None = None
        self._took = 0.0

    def __call__(self, age: float = AGE) -> T:
        """The answer, about ``age`` seconds old at most when somebody began to ask anew.

        Without one of before, all who look wait for the same one.
        """
        known = self._known
        if not self._lock.acquire(blocking=known is None) and known is not None:
            return known[1]
        try:
            began = time.monotonic()
            if self._known is None or began - self._known[0] > age + SHARE * self._took:
                self._known = (began, self._ask())
                self._took = time.monotonic() - began
            return self._known[1]
        finally:
            self._lock.release()

    def forget(self) -> None:
        """The next one to look asks anew."""
        with self._lock:
            self._known = None


def _figures(run: Run) -> object:
    """What of a run changes when it has other rows."""
    return run.state, run.queued, run.metrics


class Reading(NamedTuple):
    """A run's rows, when they were read and what the run said then."""

    figures: object
    at: float
    rows: Rows

    def serves(self, run: Run) -> bool:
        """Whether they need not be read again for ``run`` as it is now."""
        if run.state == "running" and self.rows and time.monotonic() - self.at < STEP:
            return True
        return self.figures == _figures(run)


class Listed(NamedTuple):
    """All runs, the newest first, and those that wait or train, oldest first."""

    runs: list[Run]
    active: list[Run]


class Watch:
    """The active runs, the newest, the queue, the workers, and single runs with their rows.

    ``visible`` says of a run whether who asks may see it. Others' hidden runs are in no list and
    cannot be opened; of what trains and waits they are a part, without a name.
    """

    def __init__(self, queue: JobQueue, visible: Callable[[Run], bool] = lambda run: True) -> None:
        self._store = queue.store
        self._visible = visible
        self._library, self._looked_at_others = queue.library, -OTHERS
        self._listed = Shared(self._look)
        self.workers: Shared[list[WorkerInfo]] = Shared(queue.workers)
        self._waiting: Shared[list[Waiting]] = Shared(lambda: queue.waiting(self._unnamed()))
        self._runs: OrderedDict[str, Shared[Run]] = OrderedDict()
        self._rows: OrderedDict[str, Reading] = OrderedDict()
        self._lock, self._rows_lock = threading.Lock(), threading.Lock()

    def _look(self) -> Listed:
        """What trains changes all the time, and the rest when somebody does something."""
        now = time.monotonic()
        only_training = now - self._looked_at_others < OTHERS
        if not only_training:
            self._looked_at_others = now
        runs = self._library.runs(only_training)
        return Listed(runs, active_among(runs))

    def forget(self) -> None:
        """Something was changed here: what is looked at next is asked for anew."""
        self._looked_at_others = -OTHERS
        for shared in (self._listed, self._waiting):
            shared.forget()
        with self._lock:
            self._runs.clear()

    def active(self, age: float = AGE) -> list[Run]:
        """The runs that wait or train, oldest first."""
        return [self._named(run) for run in self._listed(age).active]

    def waiting(self, age: float = AGE) -> list[Waiting]:
        """The queue, next one first."""
        seen = {run.id: run for run in self.active(age)}
        return [
            replace(place, run=seen.get(place.run.id, place.run)) for place in self._waiting(age)
        ]

    def newest(self, age: float = AGE) -> list[Run]:
        """The newest run, if it may be seen."""
        return list(filter(self._visible, self._listed(age).runs[:1]))

    def library(self, age: float = AGE) -> list[Run]:
        """Every run that may be seen, see ``RunLibrary.runs``."""
        return list(filter(self._visible, self._listed(age).runs))

    def _unnamed(self) -> list[Run]:
        """What all may hear of, for the queue says of one run which other it waits for."""
        return [replace(run, name=HIDDEN) if run.hidden else run for run in self._listed().active]

    def _named(self, run: Run) -> Run:
        return run if self._visible(run) else replace(run, name=HIDDEN)

    def run(self, run_id: str, age: float = AGE) -> Run:
        """A run as it stands. Raises RunNotFoundError if there is none that may be seen."""
        run = self._run(run_id, age)
        if not self._visible(run):
            raise RunNotFoundError(f"run {run_id!r} is hidden")
        return run

    def _run(self, run_id: str, age: float) -> Run:
        for run in self._listed(age).active:
            if run.id == run_id:
                return run
        with self._lock:
            look = self._runs.setdefault(run_id, Shared(lambda: self._store.get(run_id)))
            while len(self._runs) > KEPT:
                self._runs.popitem(last=False)
        return look(age)

    def rows(self, run: Run) -> Rows:
        """A run's rows (see ``RunStore.history``), read again when its figures have changed.

        Where many look, each would see other figures, and have other charts made for them: so
        those of a run that trains stand still for a moment.
        """
        known = self._rows.get(run.id)
        if known is not None and known.serves(run):
            return known.rows
        # Somebody reads what is new. Of a run that has ended nobody would look again.
        wait = known is None or not run.active
        if not self._rows_lock.acquire(blocking=wait) and known is not None:
            return known.rows
        try:
            known = self._rows.get(run.id)
            if known is None or not known.serves(run):
                known = Reading(_figures(run), time.monotonic(), self._store.history(run.id))
            self._rows[run.id] = known
            self._rows.move_to_end(run.id)
            while len(self._rows) > KEPT:
                self._rows.popitem(last=False)
            return known.rows
        finally:
            self._rows_lock.release()
