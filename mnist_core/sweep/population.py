"""The trials of a study that are trained together."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

import optuna
import torch
from optuna.study import Study
from optuna.trial import TrialState

from mnist_core.config.sweep import SweepConfig
from mnist_core.data.resident import ResidentDataset
from mnist_core.nn.events import EpochEnd, Finished
from mnist_core.nn.state import TrainState
from mnist_core.population.groups import make_groups
from mnist_core.population.state import Population
from mnist_core.population.train import (
    MemberEvent,
    PopulationProgress,
    RoundEnd,
    train_population,
)
from mnist_core.sweep.events import (
    StudyEvent,
    TrialEnd,
    TrialEvent,
    TrialLeft,
    TrialOutcome,
    TrialStarted,
)
from mnist_core.sweep.pruning import losers
from mnist_core.sweep.study import INSTEAD_OF, value_curves


@dataclass(frozen=True)
class EarlierTrial:
    """The epochs of a trial that was left, and its network after the last of them."""

    rows: tuple[EpochEnd, ...]
    state: TrainState


class TrialPopulation:
    """Trials that are trained together.

    Attributes:
        open: those that Optuna does not know the result of, by their member's number.
        population: the networks still in training, once ``train`` has begun.
        states: all its networks, by their member's number.
        curves: what the pruner compares: values of all trials of the study, higher is better.
    """

    population: Population
    states: dict[int, TrainState]

    def __init__(
        self,
        study: Study,
        config: SweepConfig,
        trials: list[optuna.Trial],
        data: ResidentDataset,
        device: torch.device,
    ) -> None:
        self.study = study
        self.config = config
        self.data = data
        self.device = device
        self.trials = trials
        self.open = dict(enumerate(trials))
        self.last: dict[int, EpochEnd] = {}
        self.cut: set[int] = set()
        self.curves: dict[int, list[float]] = {}
        if config.pruner != "none":
            self.curves = value_curves(study) | {trial.number: [] for trial in trials}

    def count_done(self) -> int:
        return len(self.trials) - len(self.open)

    def train(
        self,
        memory_budget: int,
        earlier: Callable[[int], EarlierTrial | None],
        states: dict[int, TrainState],
    ) -> Generator[StudyEvent | PopulationProgress, None, None]:
        """Train to the end and tell Optuna the results; see ``run_study`` for ``states``."""
        configs = [self.config.train_config(trial.params) for trial in self.trials]
        taken_up: dict[int, EarlierTrial] = {}
        for member, (trial, config) in enumerate(zip(self.trials, configs, strict=True)):
            instead_of = trial.user_attrs.get(INSTEAD_OF)
            left = None if instead_of is None else earlier(instead_of)
            # Alone, its run may have gone on as something else.
            if left is not None and left.state.config == config:
                taken_up[member] = left
            rows = taken_up[member].rows if member in taken_up else ()
            yield TrialStarted(trial.number, trial.params, config, instead_of, rows)
        # One that is too large is refused before any is made.
        make_groups(dict(enumerate(configs)), self.data, memory_budget)
        self.population = Population(configs, self.data, self.device)
        self.population.members |= {member: left.state for member, left in taken_up.items()}
        self.states = dict(self.population.members)
        states.clear()
        states |= {self.trials[member].number: state for member, state in self.states.items()}
        for member, left in taken_up.items():
            self.take_up(member, left)
        self.judge(taken_up)
        with closing(train_population(self.population, self.data, memory_budget)) as events:
            for event in events:
                if isinstance(event, MemberEvent):
                    yield TrialEvent(self.trials[event.member].number, event.event)
                    if isinstance(event.event, EpochEnd):
                        self.last[event.member] = event.event
                    else:
                        yield self.tell(event.member, event.event)
                elif isinstance(event, PopulationProgress):
                    yield event
                elif isinstance(event, RoundEnd):
                    self.report(event.members)
                    self.judge(event.members)

    def take_up(self, member: int, left: EarlierTrial) -> None:
        """Let a member go on from these epochs. The pruner sees them as if they were its own."""
        for row in left.rows:
            self.last[member] = row
            self.report([member])

    def leave(
        self, events: Generator[StudyEvent | PopulationProgress, None, None]
    ) -> Iterator[TrialLeft]:
        """End ``events``, which ``train`` made; the members stand at their last whole epochs."""
        self.population.rewind()
        events.close()
        for member, trial in self.open.items():
            if member in self.last:
                yield TrialLeft(trial.number)

    def report(self, members: Iterable[int]) -> None:
        """Show the pruner members as they stand; one that has diverged has nothing to show."""
        if self.config.pruner == "none":
            return
        sign = 1 if self.config.directions == ["maximize"] else -1
        for i in members:
            if not self.states[i].diverged:
                (value,) = self.objectives(i)
                self.open[i].report(value, self.last[i].epoch)
                self.curves[self.open[i].number].append(sign * value)

    def judge(self, members: Iterable[int]) -> None:
        """Have those leave that the pruner cuts. All have reported before any is judged."""
        if self.config.pruner == "none":
            return
        on = {}
        for i in members:
            state = self.states[i]
            if not state.diverged and state.epoch < state.last_epoch:
                on[self.open[i].number] = i
        cut = {on[number] for number in losers(self.config.pruner, self.curves, on)}
        self.cut |= cut
        self.population.prune(cut)

    def objectives(self, member: int) -> list[float]:
        """What the study is told about a member as it stands."""
        last = self.last[member]
        match self.config.objective:
            case "val_accuracy":
                return [last.val_accuracy]
            case "val_loss":
                return [last.val_loss]
            case "accuracy_vs_parameters":
                return [last.val_accuracy, float(self.states[member].model.parameter_count)]
            case "accuracy_vs_seconds":
                return [last.val_accuracy, last.seconds]

    def tell(self, member: int, end: Finished) -> TrialEnd:
        """Tell Optuna how a member ended."""
        trial = self.open[member]
        trial.set_user_attr("parameters", self.states[member].model.parameter_count)
        trial.set_user_attr("val_accuracy", end.val_accuracy)
        trial.set_user_attr("learned", end.val_accuracy > 2 / self.data.classes)
        outcome: TrialOutcome = "pruned" if member in self.cut else "completed"
        if end.outcome == "diverged":
            outcome = "diverged"
            trial.set_user_attr("diverged", True)
        values = self.objectives(member) if outcome == "completed" else []
        state = TrialState.COMPLETE if outcome == "completed" else TrialState.PRUNED
        self.study.tell(trial, values or None, state=state)
        del self.open[member]
        return TrialEnd(trial.number, outcome, tuple(values))
