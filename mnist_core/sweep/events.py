"""What running a study reports, in the order it happens."""

from dataclasses import dataclass
from typing import Literal

from mnist_core.config.axes import Value
from mnist_core.config.train import TrainConfig
from mnist_core.nn.events import EpochEnd, Finished

TrialOutcome = Literal["completed", "pruned", "diverged"]


@dataclass(frozen=True)
class StudyStarted:
    """A study begins or goes on, with ``left`` of ``planned`` trials to run."""

    name: str
    planned: int
    left: int


@dataclass(frozen=True)
class TrialStarted:
    """A trial is in the population that trains next; ``values`` are those on the axes.

    ``rows`` are its epochs so far if it goes on where trial ``instead_of`` was left.
    """

    trial: int
    values: dict[str, Value]
    config: TrainConfig
    instead_of: int | None = None
    rows: tuple[EpochEnd, ...] = ()


@dataclass(frozen=True)
class TrialEvent:
    """What a run of its own would report, for one trial (see ``population.MemberEvent``)."""

    trial: int
    event: EpochEnd | Finished


@dataclass(frozen=True)
class TrialEnd:
    """Optuna knows the result. ``values`` are the objectives', empty unless it is completed."""

    trial: int
    outcome: TrialOutcome
    values: tuple[float, ...]


@dataclass(frozen=True)
class TrialLeft:
    """The study was stopped while a trial was under way; it stands at its last whole epoch.

    Another trial will be tried in its place, and can go on from there.
    """

    trial: int


@dataclass(frozen=True)
class StudyProgress:
    """``done`` of ``planned`` trials have ended; the rest is extrapolated from this call's pace."""

    done: int
    planned: int
    models_per_second: float
    seconds_left: float


@dataclass(frozen=True)
class StudyEnd:
    """All planned trials have ended. ``best`` are the trials on the Pareto front, or the best."""

    name: str
    best: tuple[int, ...]


StudyEvent = (
    StudyStarted | TrialStarted | TrialEvent | TrialEnd | TrialLeft | StudyProgress | StudyEnd
)
