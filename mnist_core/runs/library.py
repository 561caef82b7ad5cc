"""Every run as one list in memory, kept up to date by what changed, and what a person edits.

MLflow takes half a second to read 3,000 runs. So they are read once, the newest first and the
rest in the background, and each look afterwards asks only for the runs that are active, have
ended since the last look, or were edited since.
"""

import json
import logging
import threading
import time
from collections.abc import Iterable, Sequence

from mlflow.entities import Metric, RunTag, ViewType
from mlflow.entities import Run as MlflowRun

from mnist_core.errors import ConfigError, Problem, StoreError
from mnist_core.runs.records import ENDED, NOTE, TAG, Run, as_run
from mnist_core.runs.store import RunStore

log = logging.getLogger(__name__)

PAGE = 250  # runs read at once: a quarter of a second
SKEW = 30.0  # seconds by which the clocks of machines that share a store may differ
MAX_NAME = 250  # characters, MLflow's own limit
MAX_TEXT = 5000  # characters of a note, MLflow's limit for a tag
MAX_TAG = 50  # characters
EDITED = "edited"  # a metric, because MLflow compares tags with nothing but = and LIKE

_ACTIVE = " AND ".join(f"attributes.status != '{status}'" for status in ENDED)


class RunLibrary:
    """The runs of a store, newest first. Safe to use from several threads.

    ``complete`` turns true when the oldest run has been read.
    """

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._lock = threading.RLock()
        self._runs: dict[str, Run] = {}
        self._deleted: set[str] = set()
        self._looked = 0.0
        self._before: int | None = None  # where reading goes on; None is at the newest run
        self._reader: threading.Thread | None = None
        self.complete = False

    def __repr__(self) -> str:
        return f"RunLibrary({len(self._runs)} runs of {self._store.uri})"

    def runs(self) -> list[Run]:
        """Every run known so far, as it is now."""
        with self._lock:
            if self._looked:
                self._refresh()
            else:
                now = time.time()
                self._read_page()
                self._looked = now
            if not self.complete and (self._reader is None or not self._reader.is_alive()):
                self._reader = threading.Thread(target=self._read_rest, daemon=True)
                self._reader.start()
            return sorted(self._runs.values(), key=lambda run: (-run.created, run.id))

    def _refresh(self) -> None:
        now, since = time.time(), self._looked - SKEW
        for condition, view in (
            (_ACTIVE, ViewType.ACTIVE_ONLY),
            (f"attributes.end_time > {int(since * 1000)}", ViewType.ACTIVE_ONLY),
            (f"metrics.{EDITED} > {since:.3f}", ViewType.ALL),
        ):
            token: str | None = None
            while token is None or token:
                page = self._store._client.search_runs(
                    [self._store._experiment], condition, view, PAGE, page_token=token
                )
                for run in page:
                    self._take(run)
                token = page.token or ""
        self._looked = now

    def _take(self, run: MlflowRun) -> None:
        if run.info.lifecycle_stage == "active":
            self._runs[run.info.run_id] = as_run(run)
            self._deleted.discard(run.info.run_id)
        else:
            self._runs.pop(run.info.run_id, None)
            self._deleted.add(run.info.run_id)

    def _read_page(self) -> None:
        """Read the next older runs.

        Pages begin at a time (ms since 1970), not at a count of rows, which a deletion would shift.
        """
        page = self._store._client.search_runs(
            [self._store._experiment],
            "" if self._before is None else f"attributes.start_time <= {self._before}",
            ViewType.ACTIVE_ONLY,
            PAGE,
            ["attributes.start_time DESC"],
        )
        with self._lock:
            new = [run for run in page if run.info.run_id not in self._runs]
            for run in new:
                if run.info.run_id not in self._deleted:
                    self._runs[run.info.run_id] = as_run(run)
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

    def rename(self, run_id: str, name: str) -> None:
        """Give a run another name, 1 to 250 characters.

        Raises:
            ConfigError: the name is empty or too long.
        """
        name = name.strip()
        _check("name", name, 1, MAX_NAME)
        self._store._client.update_run(run_id, name=name)
        self._edit(run_id, {})

    def set_note(self, run_id: str, note: str) -> None:
        """Keep a text of up to 5,000 characters with a run; ``mlflow ui`` shows it too."""
        _check("note", note, 0, MAX_TEXT)
        self._edit(run_id, {NOTE: note})

    def set_tags(self, run_id: str, tags: Iterable[str]) -> None:
        """Replace a run's tags: short words, each 1 to 50 characters."""
        words = list(dict.fromkeys(tag.strip() for tag in tags))
        for word in words:
            _check("tag", word, 1, MAX_TAG)
        self._edit(run_id, {TAG + "labels": json.dumps(words)})

    def set_starred(self, run_id: str, starred: bool) -> None:
        """Mark a run as a favourite, or no longer."""
        self._edit(run_id, {TAG + "starred": "1" if starred else ""})

    def delete(self, run_ids: Sequence[str]) -> None:
        """Take runs out of every list. ``restore`` brings them back.

        Raises:
            StoreError: one of them still waits or trains; none was deleted.
        """
        for run_id in run_ids:
            run = self._store.get(run_id)
            if run.active:
                raise StoreError(f"run {run.name!r} is still {run.state}: stop it, then delete it")
        for run_id in run_ids:
            self._stamp(run_id)
            self._store._client.delete_run(run_id)
        with self._lock:
            for run_id in run_ids:
                self._runs.pop(run_id, None)
                self._deleted.add(run_id)

    def restore(self, run_ids: Sequence[str]) -> None:
        """Undo ``delete``."""
        for run_id in run_ids:
            self._store._client.restore_run(run_id)
            self._edit(run_id, {})

    def _edit(self, run_id: str, tags: dict[str, str]) -> None:
        self._stamp(run_id, tags)
        with self._lock:
            self._take(self._store._client.get_run(run_id))

    def _stamp(self, run_id: str, tags: dict[str, str] | None = None) -> None:
        """Write tags, and the time, by which other processes see that the run was edited."""
        now = time.time()
        self._store._client.log_batch(
            run_id,
            metrics=[Metric(EDITED, now, int(now * 1000), 0)],
            tags=[RunTag(key, value) for key, value in (tags or {}).items()],
        )


def _check(field: str, text: str, low: int, high: int) -> None:
    if not low <= len(text) <= high:
        raise ConfigError([Problem(field, text, f"must have {low} to {high} characters")])
