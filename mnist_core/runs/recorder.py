"""Writes what training reports into the store, as it happens."""

import json
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from mlflow.entities import Metric

from mnist_core.data.events import DataReady, Downloading
from mnist_core.nn.events import EpochEnd, Event, Finished, Progress, Started
from mnist_core.runs.snapshots import SnapshotWriter
from mnist_core.runs.store import EPOCH_METRICS, Claim, RunStore

if TYPE_CHECKING:
    from mnist_core.nn.state import TrainState

CHECKPOINT_INTERVAL = 5.0  # seconds between two checkpoints of a run with short epochs


class Recorder:
    """Writes the events of one run into the store as they happen."""

    FLUSH_INTERVAL = 0.1  # seconds; epochs on 5,000 digits are shorter than a write is long

    def __init__(self, store: RunStore, run_id: str, claim: Claim | None = None) -> None:
        self.store = store
        self.run_id = run_id
        self.claim = claim
        self._again = claim is not None and claim.again
        # Rows outlive a lost worker by up to five seconds of epochs, which are trained again.
        rows = store.history(run_id) if self._again else []
        self._known = {int(row["epoch"]): row for row in rows}
        self._rows: list[Metric] = []
        self._flushed = 0.0
        self._saved = time.monotonic()
        self._unsaved: TrainState | None = None
        self._snapshots = SnapshotWriter(store, run_id)

    def record(self, event: Event, state: "TrainState | None" = None) -> None:
        """Take one event; at the latest with Finished, everything is in the store.

        ``state`` is what is being trained, as it is after the event: what an EpochEnd needs.
        """
        match event:
            case Downloading() | Progress():
                self.flush()
                self.store._set(self.run_id, progress=json.dumps(asdict(event)))
            case DataReady():
                self.store._set(self.run_id, data=json.dumps(asdict(event)))
            case Started():
                self.store._set(self.run_id, started=json.dumps(asdict(event)))
                if self._again:
                    self.store.add_restart(self.run_id, event.first_epoch)
            case EpochEnd():
                assert state is not None, "an epoch is recorded with its network"
                self._epoch(event, state)
            case Finished():
                self._finish(event)

    def _epoch(self, event: EpochEnd, state: "TrainState") -> None:
        if not self._is_known(event):
            now = int(time.time() * 1000)
            self._rows += [Metric(k, getattr(event, k), now, event.epoch) for k in EPOCH_METRICS]
            best = Metric("best_val_accuracy", state.best_accuracy, now, event.epoch)
            self._rows.append(best)
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

    def _finish(self, event: Finished) -> None:
        self.flush()
        self._snapshots.flush()
        self.save()
        now = int(time.time() * 1000)
        test = {"test_accuracy": event.test_accuracy, "test_loss": event.test_loss}
        metrics = [Metric(k, v, now, event.epoch) for k, v in test.items()]
        self.store._client.log_batch(self.run_id, metrics=metrics)
        self.store._set(self.run_id, result=json.dumps(asdict(event)))
        self.store.set_state(self.run_id, event.outcome)

    def flush(self) -> None:
        """Write the rows that wait."""
        if self._rows:
            self.store._client.log_batch(self.run_id, metrics=self._rows)
            self._rows = []
        self._flushed = time.monotonic()

    def save(self) -> None:
        """Write a checkpoint of the last epoch, after the rows that lead to it."""
        self.flush()
        if self._unsaved is not None:
            self.store.save_state(self.run_id, self._unsaved, self.claim)
            self._unsaved = None
        self._saved = time.monotonic()
