"""The right to train a run, and what whoever has it writes."""

import contextlib
import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from mlflow.entities import Metric

from mnist_core.config.knobs import Knobs
from mnist_core.config.texts import fitted
from mnist_core.data.events import DataReady, Downloading
from mnist_core.errors import StoreError, SupersededError
from mnist_core.nn.events import EpochEnd, Finished, Progress, Started
from mnist_core.runs.client import StoreClient
from mnist_core.runs.files import RunFiles
from mnist_core.runs.records import MAX_TEXT, Change, State
from mnist_core.runs.tags import (
    CHANGE,
    MLFLOW_STATUS,
    RESTART,
    TAG,
    change_json,
    own_tags,
    tags,
    wanted_knobs,
)

if TYPE_CHECKING:
    from mnist_core.nn.state import TrainState

CHECKPOINTS = "checkpoints"  # the folders of a run's files
ATTACHMENTS = "attachments"
EPOCH_METRICS = ("train_loss", "val_loss", "val_accuracy", "learning_rate", "seconds", "fraction")
LATER_METRICS = ("train_accuracy",)  # which rows of older runs do not have
ROW_METRICS = (*EPOCH_METRICS, *LATER_METRICS)


def checkpoint_name(epoch: int) -> str:
    """A path among a run's files that no other checkpoint has."""
    return f"{CHECKPOINTS}/epoch-{epoch:06d}-{time.time_ns()}.safetensors"


def metrics_of(ends: Sequence[EpochEnd], now: float) -> list[Metric]:
    """Rows as MLflow's metrics; ``now`` is in seconds since 1970."""
    at = int(now * 1000)
    return [Metric(key, getattr(end, key), at, end.epoch) for end in ends for key in ROW_METRICS]


def final_metrics(end: Finished, now: float) -> list[Metric]:
    """The figures that are measured once, at the end."""
    at = int(now * 1000)
    return [
        Metric("test_accuracy", end.test_accuracy, at, end.epoch),
        Metric("test_loss", end.test_loss, at, end.epoch),
    ]


class Claim:
    """The right to train a run, until somebody else claims it or it is given up as lost.

    Every method raises SupersededError, and changes nothing, once that has happened. (MLflow knows
    no write on a condition: each looks first, milliseconds before it writes.)

    Attributes:
        again: somebody had begun before: their worker was lost, or the run was resumed.
    """

    def __init__(
        self, client: StoreClient, files: RunFiles, run_id: str, token: str, again: bool
    ) -> None:
        self.run_id = run_id
        self.again = again
        self._client = client
        self._files = files
        self._token = token

    def __repr__(self) -> str:
        return f"Claim({self.run_id!r})"

    def _tags(self) -> dict[str, str]:
        """The run's tags, if it is still ours."""
        held = self._client.run(self.run_id).data.tags
        if held.get(TAG + "claim") != self._token:
            raise SupersededError(f"run {self.run_id!r} is trained by another worker now")
        return held

    def asked(self) -> tuple[bool, Knobs | None]:
        """Whether somebody asked this run to stop, and with which numbers to go on."""
        held = own_tags(self._tags())
        return "stop" in held, wanted_knobs(held)

    def change(self, change: Change) -> None:
        """From here on it goes on with other numbers; written before the first row of theirs."""
        count = sum(key.startswith(TAG + CHANGE) for key in self._tags())
        self._client.log(self.run_id, tags=tags(**{f"{CHANGE}{count}": change_json(change)}))

    def progress(self, event: Progress | Downloading) -> None:
        """How far it is."""
        self._tags()
        self._client.log(self.run_id, tags=tags(progress=json.dumps(asdict(event))))

    def data(self, event: DataReady) -> None:
        """What it is trained on."""
        self._tags()
        self._client.log(self.run_id, tags=tags(data=json.dumps(asdict(event))))

    def started(self, event: Started) -> None:
        """It begins, or goes on after it was broken off; the result so far is no longer its own."""
        held = self._tags()
        values = {"started": json.dumps(asdict(event))}
        if self.again:
            count = sum(key.startswith(TAG + RESTART) for key in held)
            values[f"{RESTART}{count}"] = str(event.first_epoch)
        self._client.log(self.run_id, tags=tags(**values))
        if TAG + "result" in held:
            self._client.delete_tag(self.run_id, TAG + "result")

    def rows(self, ends: Sequence[EpochEnd], best_accuracy: float) -> None:
        """Epochs that are done; ``best_accuracy`` is the best one of the run so far."""
        self._tags()
        now = time.time()
        best = Metric("best_val_accuracy", best_accuracy, int(now * 1000), ends[-1].epoch)
        self._client.log(self.run_id, metrics=[*metrics_of(ends, now), best])

    def save(self, state: "TrainState") -> None:
        """Keep a checkpoint. It counts once its tag names it: it is there whole or not at all."""
        self._tags()
        old = self._files.names(self.run_id, CHECKPOINTS)
        name = checkpoint_name(state.epoch)
        try:
            self._files.write(self.run_id, name, state.to_bytes())
            self._tags()
        except StoreError:
            with contextlib.suppress(StoreError):  # the first error says what is wrong
                self._files.delete(self.run_id, name)
            raise
        self._client.log(self.run_id, tags=tags(checkpoint=name))
        # The one before, and what a killed worker left half-written; never one that came later.
        for path in old:
            self._files.delete(self.run_id, path)

    def attach(self, name: str, data: bytes) -> None:
        """Keep a file with the run, in place of one of that name."""
        self._tags()
        self._files.write(self.run_id, f"{ATTACHMENTS}/{name}", data)

    def finish(self, end: Finished) -> None:
        """It has ended, and this is what came of it."""
        self._tags()
        written = tags(result=json.dumps(asdict(end)), state=end.outcome)
        self._client.log(self.run_id, final_metrics(end, time.time()), tags=written)
        self._client.set_status(self.run_id, MLFLOW_STATUS[end.outcome])

    def end(self, state: State, error: str = "") -> None:
        """It has ended without a result; ``error`` is for a person."""
        self._tags()
        self._client.log(self.run_id, tags=tags(state=state, error=fitted(error, MAX_TEXT)))
        self._client.set_status(self.run_id, MLFLOW_STATUS[state])
