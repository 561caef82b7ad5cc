"""Runs in an MLflow store: what was asked for, what happened, and the network itself.

``mlflow ui`` on the same store shows the same runs. What MLflow has no field for (the segments
of a run, its progress, a request to stop) is kept in tags that begin with ``mnist_lab.``.
"""

import contextlib
import json
import logging
import os
import socket
import sqlite3
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
from mlflow.entities import Param, RunTag, ViewType
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

from mnist_core.config.fields import format_sizes
from mnist_core.config.train import TrainConfig
from mnist_core.errors import RunNotFoundError, StoreError, SupersededError
from mnist_core.runs.client import SQLITE, StoreClient, alone, place
from mnist_core.runs.records import (
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

    from mnist_core.nn.state import TrainState

EXPERIMENT = "mnist-lab"
ATTACHMENTS = "attachments"  # the folder of a run's artifacts that holds its other files
EPOCH_METRICS = ("train_loss", "val_loss", "val_accuracy", "learning_rate", "seconds", "fraction")

logging.getLogger("alembic").setLevel(logging.WARNING)
logging.getLogger("mlflow").setLevel(logging.WARNING)
logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)  # we say it ourselves


START_SLACK = 2.0  # seconds by which two readings of a process's start may differ


def this_process() -> str:
    """Names this process beyond this machine and for all times: host, process id, its start."""
    return f"{socket.gethostname()}:{os.getpid()}:{psutil.Process().create_time():.0f}"


def is_gone(owner: str) -> bool:
    """Whether a process, as ``this_process`` named it, has ended.

    Unknown, hence False, on another machine and of a scheduler's address.
    """
    if "://" in owner:
        return False
    host, pid, start = owner.rsplit(":", 2)
    if host != socket.gethostname():
        return False
    try:
        began: float = psutil.Process(int(pid)).create_time()
    except psutil.NoSuchProcess:
        return True
    return abs(began - float(start)) > START_SLACK


@dataclass(frozen=True)
class Claim:
    """The right to train a run, until somebody else claims it.

    ``again`` when someone had begun before: their worker was lost, or the run was resumed.
    """

    token: str
    again: bool


class RunStore:
    """Runs in the MLflow store at ``uri``, by default the one that ``Settings`` names.

    Artifacts of a database lie in the folder ``artifacts`` beside a SQLite file, else in the home
    folder, which the machines of a cluster then share; a tracking server has its own place.
    ``patience`` is for how many seconds to go on trying while the store is unavailable.

    Every method raises StoreError, which names the place and the remedy, when the store cannot
    be used, and RunNotFoundError when it has no such run.
    """

    def __init__(self, uri: str | None = None, patience: float = 0.0) -> None:
        settings = Settings()
        self.uri = uri or settings.store_uri
        self._client = StoreClient(self.uri, patience)
        self._experiment: str = self._client.patiently(lambda: self._open(settings.home))

    def _open(self, home: Path) -> str:
        with alone(self.uri):
            return self._find_experiment(home)

    def _find_experiment(self, home: Path) -> str:
        """The id of our experiment, made if it is not there."""
        location = None
        if self.uri.startswith(SQLITE):
            path = Path(self.uri.removeprefix(SQLITE))
            # Readers and a writer do not block each other in this mode; with six writers in
            # SQLite's default mode the slowest of our writes took over a second.
            with contextlib.closing(sqlite3.connect(path)) as connection:
                connection.execute("PRAGMA journal_mode=WAL")
            location = (path.parent / "artifacts").resolve().as_uri()
        elif not self.uri.startswith("http"):
            location = (home / "artifacts").resolve().as_uri()
        experiment = self._client.get_experiment_by_name(EXPERIMENT)
        if experiment is None:
            created: str = self._client.create_experiment(EXPERIMENT, artifact_location=location)
            return created
        known: str = experiment.experiment_id
        return known

    def __repr__(self) -> str:
        return f"RunStore({place(self.uri)!r})"

    # Reading ------------------------------------------------------------------------------------

    def get(self, run_id: str) -> Run:
        """The run as it is now. A deleted one counts as not there."""
        run = self._client.get_run(run_id)
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
        # A run that ended a moment ago may still have the old status: its state counts.
        return [run for run in map(as_run, runs) if run.active]

    def history(self, run_id: str) -> list[dict[str, float]]:
        """One row an epoch, in order: ``epoch`` and everything in ``EPOCH_METRICS``."""
        rows: dict[int, dict[str, float]] = {}
        # MLflow gives the oldest first; of an epoch that was trained again the newest row counts.
        for key in EPOCH_METRICS:
            for metric in self._client.get_metric_history(run_id, key):
                rows.setdefault(metric.step, {"epoch": metric.step})[key] = metric.value
        # A row is written in one transaction, but between two queries one more may arrive.
        complete = [row for row in rows.values() if len(row) == len(EPOCH_METRICS) + 1]
        return sorted(complete, key=lambda row: row["epoch"])

    def load_state(self, run_id: str, device: "torch.device") -> "TrainState | None":
        """The network and all that training needs, from the latest checkpoint; None before one."""
        from mnist_core.nn.state import TrainState  # not needed, nor PyTorch, to list runs

        name = self._tags(run_id).get(TAG + "checkpoint")
        while name is not None:
            with tempfile.TemporaryDirectory() as folder:
                try:
                    path = self._client.download_artifacts(run_id, name, folder)
                    return TrainState.from_bytes(Path(path).read_bytes(), device)
                except StoreError:
                    old, name = name, self._tags(run_id).get(TAG + "checkpoint")
                    if name == old:
                        raise
            # Else it was replaced by a newer one, and deleted, while we were reading.
        return None

    def attachments(self, run_id: str) -> list[str]:
        """The names of the files that are attached to a run."""
        return [Path(f.path).name for f in self._client.list_artifacts(run_id, ATTACHMENTS)]

    def attached(self, run_id: str, name: str) -> bytes | None:
        """A file that was attached to a run, or None."""
        path = f"{ATTACHMENTS}/{name}"
        if name not in self.attachments(run_id):
            return None
        with tempfile.TemporaryDirectory() as folder:
            return Path(self._client.download_artifacts(run_id, path, folder)).read_bytes()

    def stop_requested(self, run_id: str, claim: Claim | None = None) -> bool:
        """Whether the run is to stop.

        Raises:
            SupersededError: ``claim`` is no longer the latest.
        """
        return TAG + "stop" in self._tags(run_id, claim)

    def _tags(self, run_id: str, claim: Claim | None = None) -> dict[str, str]:
        tags: dict[str, str] = self._client.get_run(run_id).data.tags
        if claim is not None and tags.get(TAG + "claim") != claim.token:
            raise SupersededError(f"run {run_id!r} is trained by another worker now")
        return tags

    # Writing ------------------------------------------------------------------------------------

    def create(self, config: TrainConfig, name: str | None = None, owner: str | None = None) -> str:
        """A new run that waits to be trained; returns its id.

        ``owner`` is what the run's life hangs on: this process, or a scheduler's address.
        """
        tags = {
            TAG + "state": "queued",
            TAG + "queued": repr(time.time()),
            TAG + "owner": owner or this_process(),
            TAG + "segments": segments_json([Segment(0, config)]),
        }
        run = self._client.create_run(
            self._experiment, run_name=name or run_name(config), tags=tags
        )
        run_id: str = run.info.run_id
        values = config.model_dump()
        values["hidden_sizes"] = format_sizes(config.hidden_sizes)
        params = [Param(key, str(value)) for key, value in values.items()]
        try:
            self._client.log_batch(run_id, params=params)
            self._client.update_run(run_id, status=MLFLOW_STATUS["queued"])
        except StoreError:
            with contextlib.suppress(StoreError):  # the first error says what is wrong
                self._client.delete_run(run_id)
            raise
        return run_id

    def add_segment(self, run_id: str, config: TrainConfig, owner: str | None = None) -> None:
        """Ask for ``config.epochs`` more epochs of a run that has ended."""
        run = self.get(run_id)
        if run.active:
            raise StoreError(f"run {run.name!r} is still {run.state}")
        rows = self.history(run_id)
        start = int(rows[-1]["epoch"]) if rows else 0
        segments = [s for s in run.segments if s.start < start or s.start == 0 < start]
        self._set(run_id, segments=segments_json([*segments, Segment(start, config)]))
        self._drop(run_id, "started")  # this segment was not
        self.requeue(run_id, owner)

    def requeue(self, run_id: str, owner: str | None = None) -> None:
        """The run waits to be trained (again)."""
        for tag in ("stop", "error", "progress", "result"):
            self._drop(run_id, tag)
        self._set(run_id, owner=owner or this_process(), queued=repr(time.time()))
        self.set_state(run_id, "queued")

    def request_stop(self, run_id: str) -> None:
        """Ask whoever trains this run to stop; it looks several times a second."""
        self._set(run_id, stop="1")

    def set_state(self, run_id: str, state: State, error: str = "") -> None:
        """Record how a run stands; ``error`` is for a person, cut at 5,000 characters."""
        self._set(run_id, state=state, **({"error": error[:5000]} if error else {}))
        status = MLFLOW_STATUS[state]
        if status in ENDED:
            self._client.set_terminated(run_id, status)  # the time of its end as well
        else:
            self._client.update_run(run_id, status=status)

    def claim(self, run_id: str) -> Claim:
        """The caller trains the run from now on, and nobody else."""
        claim = Claim(uuid.uuid4().hex, again=TAG + "started" in self._tags(run_id))
        self._set(run_id, claim=claim.token)
        self.set_state(run_id, "running")
        return claim

    def add_restart(self, run_id: str, epoch: int) -> None:
        """Note that training was broken off and went on from ``epoch``."""
        self._set(run_id, restarts=json.dumps([*self.get(run_id).restarts, epoch]))

    def save_state(self, run_id: str, state: "TrainState", claim: Claim | None = None) -> None:
        """Keep a checkpoint. It counts once its tag names it: it is there whole or not at all.

        Raises:
            SupersededError: ``claim`` is no longer the latest; nothing was changed.
        """
        self._tags(run_id, claim)
        name = f"checkpoints/epoch-{state.epoch:06d}-{time.time_ns()}.safetensors"
        data = state.to_bytes()
        try:
            self._client.patiently(lambda: self._upload(run_id, name, data))
        except StoreError:
            with contextlib.suppress(StoreError):  # the first error says what is wrong
                self._delete_checkpoints(run_id, lambda path: path == name)
            raise
        self._set(run_id, checkpoint=name)
        # All others: the one before, and what a killed worker left half-written.
        self._delete_checkpoints(run_id, lambda path: path != name)

    def attach(self, run_id: str, name: str, data: bytes) -> None:
        """Keep a file with a run, in place of one of that name."""
        self._client.patiently(lambda: self._upload(run_id, f"{ATTACHMENTS}/{name}", data))

    def _upload(self, run_id: str, name: str, data: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / Path(name).name
            path.write_bytes(data)
            self._client.log_artifact(run_id, str(path), str(Path(name).parent))

    def _delete_checkpoints(self, run_id: str, which: Callable[[str], bool]) -> None:
        repository = get_artifact_repository(self._client.get_run(run_id).info.artifact_uri)
        for file in self._client.list_artifacts(run_id, "checkpoints"):
            if which(file.path):
                self._client.patiently(partial(repository.delete_artifacts, file.path))

    def _set(self, run_id: str, **tags: str) -> None:
        self._client.log_batch(run_id, tags=[RunTag(TAG + k, v) for k, v in tags.items()])

    def _drop(self, run_id: str, tag: str) -> None:
        if TAG + tag in self._tags(run_id):
            self._client.delete_tag(run_id, TAG + tag)
