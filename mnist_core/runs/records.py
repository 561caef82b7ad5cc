"""What a run is, and how MLflow's runs hold it."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from mnist_core.config.fields import format_sizes
from mnist_core.config.train import TrainConfig

if TYPE_CHECKING:
    from mlflow.entities import Run as MlflowRun

TAG = "mnist_lab."
NOTE = "mlflow.note.content"  # `mlflow ui` shows it as the run's description

State = Literal["queued", "running", "completed", "stopped", "diverged", "failed", "interrupted"]
ACTIVE: tuple[State, ...] = ("queued", "running")
# What `mlflow ui` shows for each of our states.
MLFLOW_STATUS: dict[State, str] = {
    "queued": "SCHEDULED",
    "running": "RUNNING",
    "completed": "FINISHED",
    "stopped": "FINISHED",
    "diverged": "FINISHED",
    "failed": "FAILED",
    "interrupted": "KILLED",
}
ENDED = ("FINISHED", "FAILED", "KILLED")
# The metric is the network's at the end of a segment; a run that goes on has another by then.
MEASURED_ONCE = ("test_loss", "test_accuracy")


@dataclass(frozen=True)
class Segment:
    """A stretch of a run under one configuration, from epoch ``start`` on."""

    start: int
    config: TrainConfig


@dataclass(frozen=True)
class Run:
    """A run as the store has it at one moment.

    ``started``, ``progress`` and ``result`` hold the fields of the latest Started, Progress (or
    Downloading) and Finished event, ``checkpoint`` names the latest one; empty until there is one.
    ``metrics`` are the latest rows' figures (see ``figure``); ``created`` and ``queued`` (when
    it last began to wait) are in seconds since 1970. ``restarts`` are the epochs from which
    training went on after it was broken off. ``owner`` is the process or scheduler without which
    an active run cannot go on. ``study`` and ``trial`` say which sweep tried it, if one did.
    """

    id: str
    name: str
    state: State
    segments: tuple[Segment, ...]
    created: float
    started: dict[str, Any]
    progress: dict[str, Any]
    result: dict[str, Any]
    data: dict[str, Any]
    error: str
    owner: str
    stop_requested: bool
    checkpoint: str
    metrics: dict[str, float]
    starred: bool = False
    note: str = ""
    tags: tuple[str, ...] = ()
    queued: float = 0.0
    restarts: tuple[int, ...] = ()
    study: str = ""
    trial: int = -1

    @property
    def config(self) -> TrainConfig:
        """The configuration of the latest segment."""
        return self.segments[-1].config

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    @property
    def last_epoch(self) -> int:
        """The epoch at which the latest segment is complete."""
        return self.segments[-1].start + self.config.epochs

    @property
    def ready(self) -> bool:
        """Whether it has ended and left a network that can be used."""
        return not self.active and bool(self.checkpoint)

    def figure(self, name: str) -> float | None:
        """A result (``val_accuracy``, ``test_accuracy``, ``seconds`` ...), or None before one."""
        value = self.result.get(name)
        if value is None and name not in MEASURED_ONCE:
            value = self.metrics.get(name, self.started.get(name))
        return None if value is None else float(value)


def run_name(config: TrainConfig) -> str:
    """A short name that tells runs apart at a glance."""
    hidden = format_sizes(config.hidden_sizes).replace(", ", "-") or "no hidden layer"
    return f"{hidden} {config.activation}, {config.optimizer} {config.learning_rate:g}"


def segments_json(segments: list[Segment]) -> str:
    """Segments as the text of a tag."""
    return json.dumps([{"start": s.start, "config": s.config.model_dump()} for s in segments])


def as_run(run: "MlflowRun") -> Run:
    """One of MLflow's runs as ours."""
    tags = {k.removeprefix(TAG): v for k, v in run.data.tags.items() if k.startswith(TAG)}
    segments = json.loads(tags["segments"])
    return Run(
        id=run.info.run_id,
        name=run.info.run_name,
        state=cast(State, tags["state"]),
        segments=tuple(Segment(s["start"], TrainConfig(**s["config"])) for s in segments),
        created=run.info.start_time / 1000,
        started=json.loads(tags.get("started", "{}")),
        progress=json.loads(tags.get("progress", "{}")),
        result=json.loads(tags.get("result", "{}")),
        data=json.loads(tags.get("data", "{}")),
        error=tags.get("error", ""),
        owner=tags["owner"],
        stop_requested="stop" in tags,
        checkpoint=tags.get("checkpoint", ""),
        metrics=dict(run.data.metrics),
        starred=bool(tags.get("starred")),
        note=run.data.tags.get(NOTE, ""),
        tags=tuple(json.loads(tags.get("labels", "[]"))),
        queued=float(tags.get("queued", run.info.start_time / 1000)),
        restarts=tuple(json.loads(tags.get("restarts", "[]"))),
        study=tags.get("study", ""),
        trial=int(tags.get("trial", -1)),
    )
