"""Every run as one list in memory, kept up to date by what changed, and what a person edits.

MLflow takes half a second to read 3,000 runs. So they are read once, the newest first and the
rest in the background, and each look afterwards asks only for the runs that are active, have
ended since the last look, or were edited since.
"""

import logging
import threading
import time
from collections.abc import Iterable, Sequence

from mlflow.entities import Metric, RunTag, ViewType
from mlflow.entities import Run as MlflowRun

from mnist_core.config.texts import check_name, check_text
from mnist_core.errors import StoreError
from mnist_core.runs.reader import UNFINISHED
from mnist_core.runs.records import MAX_NAME, MAX_TEXT, Run, UnreadableRun
from mnist_core.runs.store import RunStore
from mnist_core.runs.tags import NOTE, labels_json, read_run, tags
from mnist_core.runs.users import SERVER, check_may_change

log = logging.getLogger(__name__)

PAGE = 250  # runs read at once: a quarter of a second
SKEW = 30.0  # seconds by which the clocks of machines that share a store may differ
EDITED = "edited"  # a metric, because MLflow compares tags with nothing but = and LIKE


class RunLibrary:
    """The runs of a store, newest first. Safe to use from several threads.

    ``complete`` turns true when the oldest run has been read.
    """

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._lock = threading.RLock()
        self._runs: dict[str, Run | UnreadableRun] = {}
        self._deleted: set[str] = set()
        self._looked = 0.0
        self._before: int | None = None  # where reading goes on; None is at the newest run
        self._reader: threading.Thread | None = None
        self.complete = False

    def __repr__(self) -> str:
        return f"RunLibrary({len(self._runs)} runs of {self._store!r})"

    def runs(self) -> list[Run]:
        """Every run known so far, as it is now, without those that cannot be read."""
        with self._lock:
            now = time.time()
            if self._looked and now > self._looked - SKEW:
                self._refresh(now)
            else:  # for the first time, or the clock was put back
                self._runs, self._before, self.complete = {}, None, False
                self._read_page()
                self._looked = now
            if not self.complete and (self._reader is None or not self._reader.is_alive()):
                self._reader = threading.Thread(target=self._read_rest, daemon=True)
                self._reader.start()
            readable = (run for run in self._runs.values() if isinstance(run, Run))
            return sorted(readable, key=lambda run: (-run.created, run.id))

    def unreadable(self) -> list[UnreadableRun]:
        """The runs found so far that cannot be read, and why."""
        with self._lock:
            return [run for run in self._runs.values() if isinstance(run, UnreadableRun)]

    def _refresh(self, now: float) -> None:
        since = self._looked - SKEW
        for condition, view in (
            (UNFINISHED, ViewType.ACTIVE_ONLY),
            (f"attributes.end_time > {int(since * 1000)}", ViewType.ACTIVE_ONLY),
            (f"metrics.{EDITED} > {since:.3f}", ViewType.ALL),
        ):
            for run in self._store.client.search(self._store.experiment, condition, view=view):
                self._take(run)
        self._looked = now

    def _take(self, run: MlflowRun) -> None:
        if run.info.lifecycle_stage == "active":
            self._runs[run.info.run_id] = read_run(run)
            self._deleted.discard(run.info.run_id)
        else:
            self._runs.pop(run.info.run_id, None)
            self._deleted.add(run.info.run_id)

    def _read_page(self) -> None:
        """Read the next older runs.

        Pages begin at a time (ms since 1970), not at a count of rows, which a deletion would shift.
        """
        page = self._store.client.search(
            self._store.experiment,
            "" if self._before is None else f"attributes.start_time <= {self._before}",
            limit=PAGE,
            order="attributes.start_time DESC",
        )
        with self._lock:
            new = [run for run in page if run.info.run_id not in self._runs]
            for run in new:
                if run.info.run_id not in self._deleted:
                    self._runs[run.info.run_id] = read_run(run)
            self.complete = len(page) < PAGE or not new
            if not self.complete:
                self._before = page[-1].info.start_time

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
        self._store.client.rename(run_id, name)
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
            self._store.client.delete_run(run_id)
        with self._lock:
            for run_id in run_ids:
                self._runs.pop(run_id, None)
                self._deleted.add(run_id)

    def restore(self, run_ids: Sequence[str], by: str = SERVER) -> None:
        """Undo ``delete``."""
        for run_id in run_ids:
            self._check(run_id, by)
        for run_id in run_ids:
            self._store.client.restore_run(run_id)
            self._edit(run_id)

    def _check(self, run_id: str, by: str) -> Run | UnreadableRun:
        """A run, deleted or not, that the user ``by`` may change. Raises NotYoursError."""
        run = read_run(self._store.client.run(run_id))
        user = run.user if isinstance(run, Run) else SERVER
        check_may_change(by, user, f"run {run.name!r}")
        return run

    def _edit(self, run_id: str, changed: Sequence[RunTag] = ()) -> None:
        self._stamp(run_id, changed)
        with self._lock:
            self._take(self._store.client.run(run_id))

    def _stamp(self, run_id: str, changed: Sequence[RunTag] = ()) -> None:
        """Write tags, and the time, by which other processes see that the run was edited."""
        now = time.time()
        metric = Metric(EDITED, now, int(now * 1000), 0)
        self._store.client.log(run_id, [metric], tags=changed)
