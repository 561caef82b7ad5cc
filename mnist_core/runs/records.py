"""What a run is, and how long what a person writes on it may be."""

from dataclasses import dataclass
from typing import Any, Literal

from mnist_core.config.fields import format_sizes
from mnist_core.config.knobs import Knobs
from mnist_core.config.numbers import Count
from mnist_core.config.train import TrainConfig
from mnist_core.runs.users import SERVER

MAX_NAME = 250  # characters of a run's name, MLflow's own limit
MAX_TEXT = 5000  # characters of a note or an error
MAX_LABEL = 50  # characters of one of the tags that a person gives
MAX_LABELS = 100  # of these
MAX_PUPIL = 40  # characters of the name that a pupil gives

State = Literal["queued", "running", "completed", "stopped", "diverged", "failed", "interrupted"]
ACTIVE: tuple[State, ...] = ("queued", "running")
# The metric is the network's at the end of a segment; a run that goes on has another by then.
MEASURED_ONCE = ("test_loss", "test_accuracy")
TAUGHT = "taught "  # how the origin begins of a run that goes on from another's weights


@dataclass(frozen=True)
class Change:
    """The numbers with which a segment goes on after ``start`` epochs of the run."""

    start: Count
    knobs: Knobs


@dataclass(frozen=True)
class Segment:
    """A stretch of a run under one configuration, from epoch ``start`` on.

    ``changes`` are those that were made while it trained, in order: the optimizer and the schedule
    went on, with other numbers.
    """

    start: int
    config: TrainConfig
    changes: tuple[Change, ...] = ()

    def at(self, epoch: int) -> TrainConfig:
        """The configuration under which training goes on after ``epoch`` epochs of the run."""
        made = [change for change in self.changes if change.start <= epoch]
        return made[-1].knobs.applied(self.config) if made else self.config

    @property
    def latest(self) -> TrainConfig:
        """The configuration after the last change."""
        return self.changes[-1].knobs.applied(self.config) if self.changes else self.config


@dataclass(frozen=True)
class Trial:
    """Which sweep tried a run, as its how manieth."""

    study: str
    number: int


@dataclass(frozen=True)
class Pupil:
    """Who started a run for which assignment: the assignment's key, and the name that was given."""

    assignment: str
    name: str


@dataclass(frozen=True)
class Run:
    """A run as the store has it at one moment.

    ``started``, ``progress`` and ``result`` hold the fields of the latest Started, Progress (or
    Downloading) and Finished event, ``checkpoint`` names the latest one; empty until there is one.
    ``metrics`` are the latest rows' figures (see ``figure``); ``created`` and ``queued`` (when
    it last began to wait) are in seconds since 1970. ``restarts`` are the epochs from which
    training went on after it was broken off. ``owner`` is who tends it while it is active (see
    ``Heart``), ``claim`` the token of whoever trains it. ``study`` and ``trial`` say which sweep
    tried it, if one did. ``origin`` is where its first weights came from: ``fresh``,
    ``imported``, or ``taught`` and the id of the run that was taught. ``pupil`` is who started it
    for a class's assignment, if it was for one. ``wanted`` are the numbers that somebody asked it
    to go on with and it did not yet; None when there are none. ``user`` is whose it is (see
    ``users``), ``hidden`` whether from others; ``turn`` is its place among those that wait, for
    their users take turns (``turns``).
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
    origin: str = "fresh"
    claim: str = ""
    pupil: Pupil | None = None
    wanted: Knobs | None = None
    user: str = SERVER
    hidden: bool = False
    turn: int = 0

    @property
    def config(self) -> TrainConfig:
        """The configuration of the latest segment, after the last change."""
        return self.segments[-1].latest

    @property
    def uniform(self) -> bool:
        """Whether one configuration holds for all its epochs."""
        return len(self.segments) == 1 and not self.segments[0].changes

    @property
    def active(self) -> bool:
        return self.state in ACTIVE

    @property
    def last_epoch(self) -> int:
        """The epoch at which the latest segment is complete."""
        return self.segments[-1].start + self.config.epochs

    def setting(self, name: str) -> Any:
        """A field of the configuration; of epochs, those of all segments together."""
        return self.last_epoch if name == "epochs" else getattr(self.config, name)

    @property
    def ready(self) -> bool:
        """Whether it has ended and left a network that can be used."""
        return not self.active and bool(self.checkpoint)

    @property
    def saved_epoch(self) -> int:
        """The epoch of the latest checkpoint; 0 before one."""
        return int(self.checkpoint.split("-")[1]) if self.checkpoint else 0

    def figure(self, name: str) -> float | None:
        """A result (``val_accuracy``, ``test_accuracy``, ``seconds`` ...), or None before one."""
        value = self.result.get(name)
        if value is None and name not in MEASURED_ONCE:
            value = self.metrics.get(name, self.started.get(name))
        return None if value is None else float(value)


@dataclass(frozen=True)
class UnreadableRun:
    """A run of our experiment that this version cannot read; ``reason`` says why, what to do."""

    id: str
    name: str
    reason: str


def run_name(config: TrainConfig) -> str:
    """A short name that tells runs apart at a glance."""
    hidden = format_sizes(config.hidden_sizes).replace(", ", "-") or "no hidden layer"
    return f"{hidden} {config.activation}, {config.optimizer} {config.learning_rate:g}"
