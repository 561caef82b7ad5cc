"""Reading the runs of a store."""

import logging
import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from mnist_core.errors import RunNotFoundError, StoreError
from mnist_core.runs.claim import ATTACHMENTS, EPOCH_METRICS, LATER_METRICS, ROW_METRICS
from mnist_core.runs.client import ENDED, StoreClient
from mnist_core.runs.files import RunFiles
from mnist_core.runs.opening import open_experiment
from mnist_core.runs.records import Run, UnreadableRun
from mnist_core.runs.tags import TAG, number, read_run
from mnist_core.settings import Settings, place

if TYPE_CHECKING:
    import torch

    from mnist_core.nn.checkpoint import Checkpoint
    from mnist_core.nn.network import Network
    from mnist_core.nn.state import TrainState

T = TypeVar("T")

UNFINISHED = " AND ".join(f"attributes.status != '{status}'" for status in ENDED)

logging.getLogger("alembic").setLevel(logging.WARNING)
logging.getLogger("mlflow").setLevel(logging.WARNING)
logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)  # we say it ourselves


class RunReader:
    """The runs of a store, to be looked at; see ``RunStore``."""

    def __init__(self, uri: str | None = None, patience: float = 0.0) -> None:
        settings = Settings()
        self.uri = uri or settings.store_uri
        self.client = StoreClient(self.uri, patience)
        opened = self.client.patiently(lambda: open_experiment(self.client, settings.home))
        self.experiment, root = opened
        self.files = RunFiles(self.client, root)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({place(self.uri)!r})"

    def get(self, run_id: str) -> Run:
        """The run as it is now. A deleted one counts as not there, and so does one of others.

        Raises:
            RunNotFoundError: it is not there.
            StoreError: it cannot be read; the message says why and what to do.
        """
        run = self.look(run_id)
        if isinstance(run, UnreadableRun):
            raise StoreError(f"run {run.name!r} cannot be read: {run.reason}.")
        return run

    def look(self, run_id: str) -> Run | UnreadableRun:
        """As ``get``, for one that may be unreadable."""
        run = self.client.run(run_id)
        if run.info.lifecycle_stage != "active":
            raise RunNotFoundError(f"run {run_id!r} was deleted")
        return read_run(run)

    def newest(self, limit: int = 1000) -> list[Run]:
        """The newest runs first, without those that cannot be read."""
        runs = self.client.search(self.experiment, limit=limit, order="attributes.start_time DESC")
        return [run for run in map(read_run, runs) if isinstance(run, Run)]

    def active(self) -> list[Run]:
        """The runs that wait or train, oldest first."""
        runs = self.client.search(self.experiment, UNFINISHED, order="attributes.start_time ASC")
        # A run that ended a moment ago may still have the old status: its state counts.
        return [run for run in map(read_run, runs) if isinstance(run, Run) and run.active]

    def history(self, run_id: str) -> list[dict[str, float]]:
        """One row an epoch, in order: ``epoch`` and everything in ``ROW_METRICS``.

        What an older version did not record is NaN.
        """
        rows: dict[int, dict[str, float]] = {}
        # MLflow gives the oldest first; of an epoch that was trained again the newest row counts.
        for key in ROW_METRICS:
            for metric in self.client.metric(run_id, key):
                rows.setdefault(metric.step, {"epoch": metric.step})[key] = number(metric.value)
        # A row is written in one transaction, but between two queries one more may arrive.
        complete = [row for row in rows.values() if row.keys() >= set(EPOCH_METRICS)]
        later = dict.fromkeys(LATER_METRICS, math.nan)
        return sorted((later | row for row in complete), key=lambda row: row["epoch"])

    def load_state(self, run_id: str, device: "torch.device") -> "TrainState | None":
        """The network and all that training needs, from the latest checkpoint; None before one."""
        from mnist_core.nn.state import TrainState  # not needed, nor PyTorch, to list runs

        checkpoint = self.load_checkpoint(run_id)
        return None if checkpoint is None else TrainState.of(checkpoint, device)

    def load_checkpoint(self, run_id: str) -> "Checkpoint | None":
        """The latest checkpoint, without PyTorch; None before one.

        Raises:
            StoreError: it is not of the network of the run's record, but another run's.
        """
        from mnist_core.nn.checkpoint import Checkpoint  # not needed to list runs

        checkpoint = self._latest(run_id, Checkpoint.parse)
        if checkpoint is None:
            return None
        run = read_run(self.client.run(run_id))
        known = run.started.get("layers") if isinstance(run, Run) else None
        shapes = tuple(pairwise(checkpoint.network.sizes))
        if known and known != shapes:
            raise StoreError(
                f"the file of run {run.name!r} holds a network of {shapes}; the run's is of "
                f"{known}. Put the right file back from a copy of the folder, or train again."
            )
        return checkpoint

    def load_network(self, run_id: str) -> "Network | None":
        """The network alone of the latest checkpoint; None before one."""
        checkpoint = self.load_checkpoint(run_id)
        return None if checkpoint is None else checkpoint.network

    def _latest(self, run_id: str, read: Callable[[bytes], T]) -> T | None:
        """What ``read`` makes of the latest checkpoint; None before one."""
        name = self._tags(run_id).get(TAG + "checkpoint")
        while name is not None:
            try:
                return read(self.files.read(run_id, name))
            except StoreError:
                old, name = name, self._tags(run_id).get(TAG + "checkpoint")
                if name == old:
                    raise
            # Else it was replaced by a newer one, and deleted, while we were reading.
        return None

    def attachments(self, run_id: str) -> list[str]:
        """The names of the files that are attached to a run."""
        return [Path(path).name for path in self.files.names(run_id, ATTACHMENTS)]

    def attached(self, run_id: str, name: str) -> bytes | None:
        """A file that was attached to a run, or None."""
        if name not in self.attachments(run_id):
            return None
        return self.files.read(run_id, f"{ATTACHMENTS}/{name}")

    def _tags(self, run_id: str) -> dict[str, str]:
        return self.client.run(run_id).data.tags
