"""Writes what training reports into the store, as it happens."""

import time
from typing import TYPE_CHECKING

from mnist_core.data.events import DataReady, Downloading
from mnist_core.nn.events import EpochEnd, Event, Finished, Progress, Started
from mnist_core.runs.claim import EPOCH_METRICS, Claim
from mnist_core.runs.reader import RunReader
from mnist_core.runs.snapshots import SnapshotWriter

if TYPE_CHECKING:
    from mnist_core.nn.state import TrainState

CHECKPOINT_INTERVAL = 5.0  # seconds between two checkpoints of a run with short epochs


class Recorder:
    """Writes the events of one run into the store as they happen.

    Every method raises SupersededError, and writes nothing, once ``claim`` is no longer the latest.
    """

    FLUSH_INTERVAL = 0.1  # seconds; epochs on 5,000 digits are shorter than a write is long

    def __init__(self, store: RunReader, claim: Claim) -> None:
        self.claim = claim
        # Rows outlive a lost worker by up to five seconds of epochs, which are trained again.
        rows = store.history(claim.run_id) if claim.again else []
        self._known = {int(row["epoch"]): row for row in rows}
        self._rows: list[EpochEnd] = []
        self._best = 0.0
        self._flushed = 0.0
        self._saved = time.monotonic()
        self._unsaved: TrainState | None = None
        self._snapshots = SnapshotWriter(claim)

    def record(self, event: Event, state: "TrainState | None" = None) -> None:
        """Take one event; at the latest with Finished, everything is in the store.

        ``state`` is what is being trained, as it is after the event: what an EpochEnd needs.
        """
        match event:
            case Downloading() | Progress():
                self.flush()
                self.claim.progress(event)
                if isinstance(event, Progress) and state is not None:
                    self._snapshots.during(state, event.fraction)
            case DataReady():
                self.claim.data(event)
            case Started():
                self.claim.started(event)
            case EpochEnd():
                assert state is not None, "an epoch is recorded with its network"
                self._epoch(event, state)
            case Finished():
                self.flush()
                self._snapshots.flush()
                self.save()
                self.claim.finish(event)

    def _epoch(self, event: EpochEnd, state: "TrainState") -> None:
        if not self._is_known(event):
            self._rows.append(event)
            self._best = state.best_accuracy
        if time.monotonic() - self._flushed > self.FLUSH_INTERVAL:
            self.flush()
        self._unsaved = state
        self._snapshots.add(state)
        if time.monotonic() - self._saved > CHECKPOINT_INTERVAL:
            self.save()

    def _is_known(self, event: EpochEnd) -> bool:
        """Whether an epoch that was trained again gave the row that is there, but for its time."""
        row = self._known.get(event.epoch)
        if row is None:
            return False
        return all(row[key] == getattr(event, key) for key in EPOCH_METRICS if key != "seconds")

    def flush(self) -> None:
        """Write the rows that wait."""
        if self._rows:
            self.claim.rows(self._rows, self._best)
            self._rows = []
        self._flushed = time.monotonic()

    def save(self) -> None:
        """Write a checkpoint of the last epoch, after the rows that lead to it."""
        self.flush()
        if self._unsaved is not None:
            self.claim.save(self._unsaved)
            self._unsaved = None
        self._saved = time.monotonic()
