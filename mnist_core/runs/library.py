"""Every run as one list in memory, kept up to date by what changed, and what a person edits.

MLflow takes half a second to read 3,000 runs. So they are read once, the newest first and the
rest in the background, and each look afterwards asks only for the runs that train, and those that
are new, have ended or were edited since the last look. That others wait is known: of a class of
thirty, hundreds do.
"""

import logging
import threading
import time
from collections.abc import Iterable, Sequence

from mlflow.entities import Run as MlflowRun
from mlflow.entities import RunTag, ViewType

from mnist_core.config.texts import check_name, check_text
from mnist_core.errors import RunNotFoundError, StoreError
from mnist_core.runs.client import ENDED
from mnist_core.runs.records import MAX_NAME, MAX_TEXT, Run, UnreadableRun
from mnist_core.runs.store import RunStore
from mnist_core.runs.tags import EDITED, NOTE, TAG, edited, labels_json, read_run, tags
from mnist_core.runs.users import SERVER, check_may_change

log = logging.getLogger(__name__)

PAGE = 250  # runs read at once: a quarter of a second
SKEW = 30.0  # seconds by which the clocks of machines that share a store may differ
WHOLE = 30.0  # seconds after which what waits is read too: another program may have deleted it


def _besides(run_ids: Iterable[str]) -> str:
    """The rest of a condition that these runs do not fulfil."""
    listed = ", ".join(f"'{run_id}'" for run_id in run_ids)
    return f" AND attributes.run_id NOT IN ({listed})" if listed else ""


def active_among(runs: Sequence[Run]) -> list[Run]:
    """Those of some runs, the newest first, that wait or train, oldest first."""
    return [run for run in reversed(runs) if run.active]


class RunLibrary:
    """The runs of a store, newest first. Safe to use from several threads.

    ``complete`` turns true when the oldest run has been read.
    """

    def __init__(self, store: RunStore) -> None:
        self.store = store
        self._lock = threading.RLock()
        self._runs: dict[str, Run | UnreadableRun] = {}
        self._deleted: dict[str, str] = {}  # and whose they are
        self._ended: dict[str, int] = {}  # of those that ended lately, when (ms since 1970)
        self._looked = 0.0
        self._looked_whole = 0.0  # by a clock that nobody sets
        self._before: int | None = None  # where reading goes on; None is at the newest run
        self._reader: threading.Thread | None = None
        self.complete = False

    def __repr__(self) -> str:
        return f"RunLibrary({len(self._runs)} runs of {self.store!r})"

    def runs(self, only_training: bool = False) -> list[Run]:
        """Every run known so far, as it is now, without those that cannot be read.

        With ``only_training``, those that train are as they are now, and the others as at the last
        look without it: a quarter of the questions.
        """
        with self._lock:
            now = time.time()
            if self._looked and now > self._looked - SKEW:
                whole = time.monotonic() > self._looked_whole + WHOLE
                self._refresh(now, whole and not only_training, only_training)
            else:  # for the first time, or the clock was put back
                self._runs, self._deleted, self._ended = {}, {}, {}
                self._before, self.complete = None, False
                self._read_page()
                self._refresh(now, whole=True)
            if not self.complete and (self._reader is None or not self._reader.is_alive()):
                self._reader = threading.Thread(target=self._read_rest, daemon=True)
                self._reader.start()
            return sorted(self._readable(), key=lambda run: (-run.created, run.id))

    def active(self) -> list[Run]:
        """The runs that wait or train, as they are now, oldest first."""
        return active_among(self.runs())

    def unreadable(self) -> list[UnreadableRun]:
        """The runs found so far that cannot be read, and why."""
        with self._lock:
            return [run for run in self._runs.values() if isinstance(run, UnreadableRun)]

    def of_user(self, user: str) -> list[str]:
        """The ids of a user's runs that were known at the last look, the deleted ones as well."""
        with self._lock:
            there = [run.id for run in self._readable() if run.user == user]
            return there + [run_id for run_id, whose in self._deleted.items() if whose == user]

    def _readable(self) -> list[Run]:
        return [run for run in self._runs.values() if isinstance(run, Run)]

    def _refresh(self, now: float, whole: bool, only_training: bool = False) -> None:
        """Read what may have changed; with ``whole`` the runs that wait, too."""
        since = self._looked - SKEW
        active = {run.id: run.state for run in self._readable() if run.active}
        waiting = [] if whole else [i for i, state in active.items() if state == "queued"]
        self._ended = {i: at for i, at in self._ended.items() if at > since * 1000}
        seen = set(waiting)
        ended = f"attributes.end_time > {int(since * 1000)}{_besides(self._ended)}"
        asked = (
            ("attributes.status = 'RUNNING'", ViewType.ACTIVE_ONLY),
            (f"attributes.status = 'SCHEDULED'{_besides(waiting)}", ViewType.ACTIVE_ONLY),
            (ended, ViewType.ACTIVE_ONLY),
            (f"metrics.{EDITED} > {since:.3f}", ViewType.ALL),
        )
        for condition, view in asked[:1] if only_training else asked:
            for run in self.store.client.search(self.store.experiment, condition, view=view):
                self._take(run)
                seen.add(run.info.run_id)
        for run_id in active.keys() - seen:  # ended by a clock far from ours, or deleted
            self._look_at(run_id)
        if not only_training:
            self._looked = now
        if whole:
            self._looked_whole = time.monotonic()

    def _look_at(self, run_id: str) -> None:
        with self._lock:
            try:
                self._take(self.store.client.run(run_id))
            except RunNotFoundError:  # `mlflow gc` leaves nothing of it
                self._runs.pop(run_id, None)

    def _take(self, run: MlflowRun) -> None:
        run_id, status, end = run.info.run_id, run.info.status, run.info.end_time
        if run.info.lifecycle_stage == "active":
            self._runs[run_id] = read_run(run)
            self._deleted.pop(run_id, None)
        else:
            self._runs.pop(run_id, None)
            self._deleted[run_id] = run.data.tags.get(TAG + "user", SERVER)
        if status in ENDED and end:
            self._ended[run_id] = end
        else:  # it was asked to go on
            self._ended.pop(run_id, None)

    def _read_page(self) -> None:
        """Read the next older runs.

        Pages begin at a time (ms since 1970), not at a count of rows, which a deletion would shift.
        """
        page = self.store.client.search(
            self.store.experiment,
            "" if self._before is None else f"attributes.start_time <= {self._before}",
            view=ViewType.ALL,
            limit=PAGE,
            order="attributes.start_time DESC",
        )
        with self._lock:
            known = self._runs.keys() | self._deleted.keys()  # and maybe newer than this page
            for run in page:
                if run.info.run_id not in known:
                    self._take(run)
            before = page[-1].info.start_time if page else None
            self.complete = len(page) < PAGE or before == self._before
            self._before = before

    def _read_rest(self) -> None:
        while not self.complete:
            try:
                self._read_page()
            except StoreError as error:  # whoever looks next gets it too, or starts this again
                log.warning("reading older runs: %s", error)
                return

    # Editing ------------------------------------------------------------------------------------

    # Each refuses what is not of the user ``by``, with NotYoursError.

    def rename(self, run_id: str, name: str, by: str = SERVER) -> None:
        """Give a run another name, 1 to 250 characters.

        Raises:
            ConfigError: the name is empty, too long, or not one line.
        """
        name = check_name("name", name.strip(), MAX_NAME)
        self._check(run_id, by)
        self.store.client.rename(run_id, name)
        self._edit(run_id)

    def set_note(self, run_id: str, note: str, by: str = SERVER) -> None:
        """Keep a text of up to 5,000 characters with a run; ``mlflow ui`` shows it too."""
        self._check(run_id, by)
        self._edit(run_id, [RunTag(NOTE, check_text("note", note, MAX_TEXT))])

    def set_tags(self, run_id: str, labels: Iterable[str], by: str = SERVER) -> None:
        """Replace a run's tags: up to 100 short words, each 1 to 50 characters."""
        self._check(run_id, by)
        self._edit(run_id, tags(labels=labels_json(labels)))

    def set_starred(self, run_id: str, starred: bool, by: str = SERVER) -> None:
        """Mark a run as a favourite, or no longer."""
        self._check(run_id, by)
        self._edit(run_id, tags(starred="1" if starred else ""))

    def set_hidden(self, run_ids: Sequence[str], hidden: bool, by: str = SERVER) -> None:
        """Hide runs from all but their users and who administers, or no longer."""
        for run_id in run_ids:
            self._check(run_id, by)
        for run_id in run_ids:
            self._edit(run_id, tags(hidden="1" if hidden else ""))

    def delete(self, run_ids: Sequence[str], by: str = SERVER) -> None:
        """Take runs out of every list. ``restore`` brings them back.

        Raises:
            StoreError: one of them still waits or trains; none was deleted.
        """
        for run_id in run_ids:
            run = self._check(run_id, by)
            if isinstance(run, Run) and run.active:
                raise StoreError(f"run {run.name!r} is still {run.state}: stop it, then delete it")
        for run_id in run_ids:
            self._stamp(run_id)
            self.store.client.delete_run(run_id)
            self._look_at(run_id)

    def restore(self, run_ids: Sequence[str], by: str = SERVER) -> None:
        """Undo ``delete``."""
        for run_id in run_ids:
            self._check(run_id, by)
        for run_id in run_ids:
            self.store.client.restore_run(run_id)
            self._edit(run_id)

    def _check(self, run_id: str, by: str) -> Run | UnreadableRun:
        """A run, deleted or not, that the user ``by`` may change. Raises NotYoursError."""
        run = read_run(self.store.client.run(run_id))
        user = run.user if isinstance(run, Run) else SERVER
        check_may_change(by, user, f"run {run.name!r}")
        return run

    def _edit(self, run_id: str, changed: Sequence[RunTag] = ()) -> None:
        self._stamp(run_id, changed)
        self._look_at(run_id)

    def _stamp(self, run_id: str, changed: Sequence[RunTag] = ()) -> None:
        self.store.client.log(run_id, [edited()], tags=changed)
