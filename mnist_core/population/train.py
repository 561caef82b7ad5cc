"""Training many networks as one computation: ``train_population()`` as a stream of events.

Members that can share their tensors (see ``groups``) form groups; every round trains one
epoch of each group in turn. Between rounds each member is an ordinary ``TrainState``, so it can
be kept, continued, drawn with and compared like any other run.
"""

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from mnist_core.data.resident import ResidentDataset
from mnist_core.data.split import split_rows
from mnist_core.nn.events import EpochEnd, Finished, Outcome
from mnist_core.nn.optim import learning_rate_at
from mnist_core.nn.state import TrainState, epoch_generator
from mnist_core.nn.training import PROGRESS_INTERVAL
from mnist_core.population.engine import Engine
from mnist_core.population.groups import make_groups
from mnist_core.population.inputs import input_use
from mnist_core.population.memory import group_bytes
from mnist_core.population.state import Population

MEMORY_BUDGET = 2 * 2**30  # bytes a group may take: any laptop that runs the app has 2 GB


@dataclass(frozen=True)
class PopulationStarted:
    """Training begins or goes on, in ``groups`` computations of at most ``group_bytes`` each."""

    members: int
    parameters: int
    groups: int
    group_bytes: int


@dataclass(frozen=True)
class PopulationProgress:
    """Where training is: ``fraction`` (0 to 1) of the work that was left at the start is done.

    ``examples_per_second`` counts a picture once for every member that it trains.
    """

    fraction: float
    examples_per_second: float
    seconds_left: float


@dataclass(frozen=True)
class MemberEvent:
    """What a run of its own would have reported, for one member; ``members`` has its network.

    ``seconds`` in it is the member's share, by its number of parameters, of its group's time.
    There is no epoch 0: to measure 64 untrained networks takes half as long as an epoch.
    """

    member: int
    event: EpochEnd | Finished


@dataclass(frozen=True)
class RoundEnd:
    """Every member in training has reported an epoch; the time to ``prune`` or to keep a copy."""

    members: tuple[int, ...]


PopulationEvent = PopulationStarted | PopulationProgress | MemberEvent | RoundEnd


def learning_rates(states: Sequence[TrainState], steps: int) -> Tensor:
    """Those of the coming epoch of so many steps: float64 (steps, members)."""

    def row(step: int) -> list[float]:
        return [
            learning_rate_at(s.config, (s.epoch - s.segment_start + step / steps) / s.config.epochs)
            for s in states
        ]

    if all(state.config.schedule == "constant" for state in states):
        return torch.tensor(row(0), dtype=torch.float64).expand(steps, -1)
    return torch.tensor([row(step) for step in range(steps)], dtype=torch.float64)


class _Trainer:
    """One call of ``train_population``: the data, and how much of the work is done."""

    def __init__(self, population: Population, data: ResidentDataset) -> None:
        self.population = population
        self.members = population.members
        self.data = data
        self.use = input_use(data)
        self.device = data.images.device
        self.split = cache(lambda val_fraction: split_rows(data, val_fraction))
        self.began = self.reported = time.perf_counter()
        self.work_done = self.examples = 0

    def work_left(self) -> int:
        """Parameters times epochs that remain."""
        return sum(
            s.model.parameter_count * (s.last_epoch - s.epoch) for s in self.members.values()
        )

    def engine(
        self, group: list[int], rates: Tensor | None = None
    ) -> tuple[Engine, list[tuple[int, int]]]:
        """The group's networks side by side, and the orders they see the pictures in."""
        states = [self.members[i] for i in group]
        keys = [(state.config.order_seed, state.epoch) for state in states]
        distinct = list(dict.fromkeys(keys))
        orders = [distinct.index(key) for key in keys]
        if rates is None:
            rates = torch.empty(0, len(group))
        return Engine(states, self.data, orders, self.use, rates), distinct

    def batches(
        self, rows: Tensor, orders: list[tuple[int, int]], size: int
    ) -> list[tuple[Tensor, ...]]:
        """For each step of an epoch the rows of each order's batch."""
        shuffled = [
            rows[torch.randperm(len(rows), generator=epoch_generator(*key)).to(self.device)]
            for key in orders
        ]
        return list(zip(*(order.split(size) for order in shuffled), strict=True))

    def epoch(self, group: list[int]) -> Iterator[PopulationProgress | MemberEvent]:
        """Train the group for an epoch and measure it.

        Closed early, it saves what was learnt, unless the population is to ``rewind``.
        """
        states = [self.members[i] for i in group]
        size = states[0].config.batch_size
        train_rows, val_rows = self.split(states[0].config.val_fraction)
        n = len(train_rows)
        rates = learning_rates(states, -(-n // size))
        engine, orders = self.engine(group, rates)
        batches = self.batches(train_rows, orders, size)
        total = self.work_left()
        work = sum(state.model.parameter_count for state in states)
        before = [state.seconds for state in states]
        for state in states:
            state.begin_epoch(n)
        seen, steps = 0, 0
        began = time.perf_counter()
        try:
            for rows in batches:
                engine.step(steps, rows)
                seen, steps = seen + len(rows[0]), steps + 1
                now = time.perf_counter()
                if now - self.reported >= PROGRESS_INTERVAL:
                    self.reported = now
                    yield self.progress(total, work * seen / n, seen * len(group), now)
        finally:
            learnt, right = engine.means(max(seen, 1))
            if not self.population.rewinds:
                engine.save()
                last = rates[max(steps - 1, 0)].tolist()
                for k, (state, rate) in enumerate(zip(states, last, strict=True)):
                    state.count_all(learnt[k], right[k], seen, rate)
        self.work_done += work
        self.examples += n * len(group)
        measured = engine.evaluate(self.data.images, self.data.labels, val_rows)
        # One wait for the device an epoch.
        figures = torch.stack([learnt, right, *measured]).T.tolist()
        seconds = time.perf_counter() - began
        ends = []  # all stand at the end of the epoch before the first is reported
        for i, state, figure, earlier in zip(group, states, figures, before, strict=True):
            loss, train_accuracy, val_loss, accuracy = figure
            state.epoch += 1
            state.end_epoch(loss, val_loss, accuracy)
            state.seconds = earlier + seconds * state.model.parameter_count / work
            end = EpochEnd(
                epoch=state.epoch,
                train_loss=loss,
                train_accuracy=train_accuracy,
                val_loss=val_loss,
                val_accuracy=accuracy,
                learning_rate=state.learning_rate,
                seconds=state.seconds,
                fraction=1.0,
            )
            ends.append(MemberEvent(i, end))
        yield from ends

    def progress(self, total: int, work: float, examples: int, now: float) -> PopulationProgress:
        elapsed = now - self.began
        done = self.work_done + work
        return PopulationProgress(
            fraction=done / (self.work_done + total),
            examples_per_second=(self.examples + examples) / elapsed,
            seconds_left=elapsed / done * (total - work),
        )

    def dismiss(self, groups: list[list[int]]) -> Iterator[MemberEvent]:
        """Finish those that are complete, have diverged or were pruned."""
        pruned = set(self.population.leaving)
        self.population.leaving.clear()
        for group in groups:
            states = [(i, self.members[i]) for i in group]
            complete = [i for i, s in states if s.diverged or s.epoch >= s.last_epoch]
            stopped = [i for i in group if i in pruned and i not in complete]
            if complete:
                yield from self.finish(complete, "completed")
            if stopped:
                yield from self.finish(stopped, "stopped")

    def finish(self, group: list[int], outcome: Outcome) -> Iterator[MemberEvent]:
        """Measure members on the test pictures, and let them go."""
        engine, _ = self.engine(group)
        images, labels = self.data.test_images, self.data.test_labels
        rows = torch.arange(len(labels), device=labels.device)
        test_losses, accuracies = torch.stack(engine.evaluate(images, labels, rows)).tolist()
        for i, test_loss, accuracy in zip(group, test_losses, accuracies, strict=True):
            state = self.members.pop(i)
            end = Finished(
                outcome="diverged" if state.diverged else outcome,
                epoch=state.epoch,
                val_accuracy=state.val_accuracy,
                best_val_accuracy=state.best_accuracy,
                best_epoch=state.best_epoch,
                test_accuracy=accuracy,
                test_loss=test_loss,
                seconds=state.seconds,
            )
            yield MemberEvent(i, end)


def train_population(
    population: Population, data: ResidentDataset, memory_budget: int = MEMORY_BUDGET
) -> Generator[PopulationEvent, None, None]:
    """Train every member from where it stands to the end of its segment.

    Yields PopulationStarted; then in each round PopulationProgress, an EpochEnd for every member,
    RoundEnd, and Finished for those that are complete, have diverged or were pruned (outcome
    ``stopped``). Members see what they would see alone: same initial weights, same order of
    pictures (``order_seed``), on a CPU same dropout. Their weights agree with those of ``train()``
    up to the rounding of float32 sums. Members with order seeds of their own cost a gather and a
    product each, so a group of them is slower than one that shares its batches.

    To stop early, close the generator: the members' states hold what was learnt, and
    ``training.conclude`` measures it, one by one. After ``population.rewind()`` they stand at
    their last whole epoch instead.

    Raises:
        ConfigError: a member alone needs more than ``memory_budget`` bytes.
    """
    population.rewinds = False  # what an earlier stop was asked for
    groups = make_groups(population.configs, data, memory_budget)
    trainer = _Trainer(population, data)
    members = population.members
    needs = [group_bytes([members[i].config for i in group], data) for group in groups]
    yield PopulationStarted(
        members=len(members),
        parameters=population.parameter_count,
        groups=len(groups),
        group_bytes=max(needs, default=0),
    )
    yield from trainer.dismiss(groups)  # of those that were taken up again some may be complete
    while members:
        groups = make_groups(population.configs, data, memory_budget)
        for group in groups:
            yield from trainer.epoch(group)
        yield RoundEnd(tuple(sorted(members)))
        yield from trainer.dismiss(groups)
