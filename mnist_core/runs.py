"""Runs in an MLflow store: what was asked for, what happened, and the network itself.

``mlflow ui`` on the same store shows the same runs. What MLflow has no field for (the segments
of a run, its progress, a request to stop) is kept in tags that begin with ``mnist_lab.``.
"""

import json
import logging
import os
import socket
import sqlite3
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
from sqlalchemy.exc import SQLAlchemyError

from mnist_core.config import TrainConfig, format_sizes
from mnist_core.errors import RunNotFoundError, StoreError
from mnist_core.events import (
    DataReady,
    Downloading,
    EpochEnd,
    Event,
    Finished,
    Progress,
    Started,
)
from mnist_core.run_records import (
    ENDED,
    MLFLOW_STATUS,
    TAG,
    Run,
    Segment,
    State,
    as_run,
    run_name,
    segments_json,
)
from mnist_core.settings import Settings

if TYPE_CHECKING:
    import torch

    from mnist_core.state import TrainState

EXPERIMENT = "mnist-lab"
CHECKPOINT_INTERVAL = 5.0  # seconds between two checkpoints of a run with short epochs

EPOCH_METRICS = ("train_loss", "val_loss", "val_accuracy", "learning_rate", "seconds", "fraction")

logging.getLogger("alembic").setLevel(logging.WARNING)
logging.getLogger("mlflow").setLevel(logging.WARNING)


def this_process() -> str:
    """Names this process beyond this machine and across restarts: host and process id."""
    return f"{socket.gethostname()}:{os.getpid()}"


class RunStore:
    """Runs in the MLflow store at ``uri``; artifacts below ``artifacts`` for a local store.

    Raises:
        StoreError: the store cannot be opened or used; names its place and the remedy.
    """

    def __init__(self, uri: str | None = None) -> None:
        settings = Settings()
        self.uri = uri or settings.store_uri
        location = None
        try:
            if self.uri.startswith("sqlite:///"):
                path = Path(self.uri.removeprefix("sqlite:///"))
                path.parent.mkdir(parents=True, exist_ok=True)
                # Readers and a writer do not block each other in this mode; with six writers in
                # SQLite's default mode the slowest of our writes took over a second.
                with sqlite3.connect(path) as connection:
                    connection.execute("PRAGMA journal_mode=WAL")
                connection.close()
                location = (path.parent / "artifacts").resolve().as_uri()
            self._client = MlflowClient(self.uri)
            experiment = self._client.get_experiment_by_name(EXPERIMENT)
            self._experiment = (
                experiment.experiment_id
                if experiment
                else self._client.create_experiment(EXPERIMENT, artifact_location=location)
            )
        except (MlflowException, SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise StoreError(
                f"the runs cannot be kept at {self.uri}: {error}. Check that the folder can be "
                "written, or name another one with MNIST_LAB_HOME."
            ) from error

    def __repr__(self) -> str:
        return f"RunStore({self.uri!r})"

    # Reading ------------------------------------------------------------------------------------

    def get(self, run_id: str) -> Run:
        """The run as it is now.

        Raises:
            RunNotFoundError: there is no such run, or it was deleted.
        """
        try:
            run = self._client.get_run(run_id)
        except MlflowException as error:
            raise RunNotFoundError(f"there is no run {run_id!r} in {self.uri}") from error
        if run.info.lifecycle_stage != "active":
            raise RunNotFoundError(f"run {run_id!r} was deleted")
        return as_run(run)

    def newest(self, limit: int = 1000) -> list[Run]:
        """The newest runs first."""
        runs = self._client.search_runs(
            [self._experiment],
            run_view_type=ViewType.ACTIVE_ONLY,
            order_by=["attributes.start_time DESC"],
            max_results=limit,
        )
        return [as_run(run) for run in runs]

    def active(self) -> list[Run]:
        """The runs that wait or train, oldest first."""
        runs = self._client.search_runs(
            [self._experiment],
            filter_string=" AND ".join(f"attributes.status != '{status}'" for status in ENDED),
            order_by=["attributes.start_time ASC"],
        )
        return [as_run(run) for run in runs]

    def history(self, run_id: str) -> list[dict[str, float]]:
        """One row an epoch, in order: ``epoch`` and everything in ``EPOCH_METRICS``."""
        rows: dict[int, dict[str, float]] = {}
        for key in EPOCH_METRICS:
            for metric in self._client.get_metric_history(run_id, key):
                rows.setdefault(metric.step, {"epoch": metric.step})[key] = metric.value
        # A row is written in one transaction, but between two queries one more may arrive.
        complete = [row for row in rows.values() if len(row) == len(EPOCH_METRICS) + 1]
        return sorted(complete, key=lambda row: row["epoch"])

    def load_state(self, run_id: str, device: "torch.device") -> "TrainState | None":
        """The network and all that training needs, from the latest checkpoint; None before one."""
        from mnist_core.state import TrainState  # not needed, nor PyTorch, to list runs

        name = self._tags(run_id).get(TAG + "checkpoint")
        if name is None:
            return None
        with tempfile.TemporaryDirectory() as folder:
            path = self._client.download_artifacts(run_id, name, folder)
            return TrainState.from_bytes(Path(path).read_bytes(), device)

    def stop_requested(self, run_id: str) -> bool:
        return TAG + "stop" in self._tags(run_id)

    def _tags(self, run_id: str) -> dict[str, str]:
        try:
            tags: dict[str, str] = self._client.get_run(run_id).data.tags
        except MlflowException as error:
            raise RunNotFoundError(f"there is no run {run_id!r} in {self.uri}") from error
        return tags

    # Writing ------------------------------------------------------------------------------------

    def create(self, config: TrainConfig, name: str | None = None) -> str:
        """A new run that waits to be trained; returns its id."""
        tags = {
            TAG + "state": "queued",
            TAG + "owner": this_process(),
            TAG + "segments": segments_json([Segment(0, config)]),
        }
        run = self._client.create_run(
            self._experiment, run_name=name or run_name(config), tags=tags
        )
        run_id: str = run.info.run_id
        values = config.model_dump()
        values["hidden_sizes"] = format_sizes(config.hidden_sizes)
        params = [Param(key, str(value)) for key, value in values.items()]
        self._client.log_batch(run_id, params=params)
        self._client.update_run(run_id, status=MLFLOW_STATUS["queued"])
        return run_id

    def add_segment(self, run_id: str, config: TrainConfig) -> None:
        """Ask for ``config.epochs`` more epochs of a run that has ended."""
        run = self.get(run_id)
        if run.active:
            raise StoreError(f"run {run.name!r} is still {run.state}")
        rows = self.history(run_id)
        start = int(rows[-1]["epoch"]) if rows else 0
        segments = [s for s in run.segments if s.start < start or s.start == 0 < start]
        self._set(run_id, segments=segments_json([*segments, Segment(start, config)]))
        self.requeue(run_id)

    def requeue(self, run_id: str) -> None:
        """The run waits to be trained (again)."""
        for tag in ("stop", "error", "progress", "result"):
            self._drop(run_id, tag)
        self._set(run_id, owner=this_process())
        self.set_state(run_id, "queued")

    def request_stop(self, run_id: str) -> None:
        """Ask whoever trains this run to stop; it looks several times a second."""
        self._set(run_id, stop="1")

    def set_state(self, run_id: str, state: State, error: str = "") -> None:
        self._set(run_id, state=state, **({"error": error[:5000]} if error else {}))
        status = MLFLOW_STATUS[state]
        if status in ENDED:
            self._client.set_terminated(run_id, status)  # the time of its end as well
        else:
            self._client.update_run(run_id, status=status)

    def claim(self, run_id: str) -> None:
        """This process trains the run from now on."""
        self._set(run_id, owner=this_process())
        self.set_state(run_id, "running")

    def save_state(self, run_id: str, state: "TrainState") -> None:
        """Keep a checkpoint. It counts once its tag names it: it is there whole or not at all."""
        old = self._tags(run_id).get(TAG + "checkpoint")
        name = f"epoch-{state.epoch:06d}-{time.time_ns()}.safetensors"
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            path.write_bytes(state.to_bytes())
            self._client.log_artifact(run_id, str(path), "checkpoints")
        self._set(run_id, checkpoint=f"checkpoints/{name}")
        if old:
            uri = self._client.get_run(run_id).info.artifact_uri
            get_artifact_repository(uri).delete_artifacts(old)

    def _set(self, run_id: str, **tags: str) -> None:
        self._client.log_batch(run_id, tags=[RunTag(TAG + k, v) for k, v in tags.items()])

    def _drop(self, run_id: str, tag: str) -> None:
        if TAG + tag in self._tags(run_id):
            self._client.delete_tag(run_id, TAG + tag)


class Recorder:
    """Writes the events of one run into the store as they happen."""

    FLUSH_INTERVAL = 0.1  # seconds; epochs on 5,000 digits are shorter than a write is long

    def __init__(self, store: RunStore, run_id: str) -> None:
        self.store = store
        self.run_id = run_id
        self._rows: list[Metric] = []
        self._flushed = 0.0
        self._saved = time.monotonic()
        self._unsaved: TrainState | None = None

    def record(self, event: Event) -> None:
        """Take one event; at the latest with Finished, everything is in the store."""
        match event:
            case Downloading() | Progress():
                self.flush()
                self.store._set(self.run_id, progress=json.dumps(asdict(event)))
            case DataReady():
                self.store._set(self.run_id, data=json.dumps(asdict(event)))
            case Started():
                facts = {k: v for k, v in vars(event).items() if k != "state"}
                self.store._set(self.run_id, started=json.dumps(facts))
            case EpochEnd():
                self._epoch(event)
            case Finished():
                self._finish(event)

    def _epoch(self, event: EpochEnd) -> None:
        now = int(time.time() * 1000)
        self._rows += [Metric(k, getattr(event, k), now, event.epoch) for k in EPOCH_METRICS]
        best = event.state.best_accuracy
        self._rows.append(Metric("best_val_accuracy", best, now, event.epoch))
        if time.monotonic() - self._flushed > self.FLUSH_INTERVAL:
            self.flush()
        self._unsaved = event.state
        if time.monotonic() - self._saved > CHECKPOINT_INTERVAL:
            self.save()

    def _finish(self, event: Finished) -> None:
        self.flush()
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
            self.store.save_state(self.run_id, self._unsaved)
            self._unsaved = None
        self._saved = time.monotonic()
