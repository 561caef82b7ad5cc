"""Training many networks as one computation: ``train_population()`` as a stream of events.

Members that can share their tensors (see ``population_groups``) form groups; every round trains one
epoch of each group in turn. Between rounds each member is an ordinary ``TrainState``, so it can
be kept, continued, drawn with and compared like any other run.
"""

import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import cache

import torch

from mnist_core.data.pictures import ResidentDataset
from mnist_core.data.split import split_rows
from mnist_core.nn.events import EpochEnd, Finished, Outcome
from mnist_core.nn.optim import learning_rate_at
from mnist_core.nn.state import epoch_generator
from mnist_core.nn.training import PROGRESS_INTERVAL
from mnist_core.population.engine import Engine
from mnist_core.population.groups import make_groups
from mnist_core.population.inputs import input_use
from mnist_core.population.layout import member_bytes
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


class _Trainer:
    """One call of ``train_population``: the data, and how much of the work is done."""

    def __init__(self, population: Population, data: ResidentDataset) -> None:
        self.population = population
        self.members = population.members
        self.data = data
        self.use = input_use(data)
        self.split = cache(lambda val_fraction: split_rows(data, val_fraction))
        self.began = self.reported = time.perf_counter()
        self.work_done = self.examples = 0

    def work_left(self) -> int:
        """Parameters times epochs that remain."""
        return sum(
            s.model.parameter_count * (s.last_epoch - s.epoch) for s in self.members.values()
        )

    def engine(self, group: list[int]) -> tuple[Engine, list[tuple[int, int]]]:
        """The group's networks side by side, and the orders they see the pictures in."""
        states = [self.members[i] for i in group]
        keys = [(state.config.order_seed, state.epoch) for state in states]
        distinct = list(dict.fromkeys(keys))
        orders = [distinct.index(key) for key in keys]
        return Engine(states, self.data, orders, self.use), distinct

    def epoch(self, group: list[int]) -> Iterator[PopulationProgress | MemberEvent]:
        """Train the group for an epoch and measure it.

        Closed early, it saves what was learnt, unless the population is to ``rewind``.
        """
        states = [self.members[i] for i in group]
        configs = [state.config for state in states]
        train_rows, val_rows = self.split(configs[0].val_fraction)
        n = len(train_rows)
        engine, orders = self.engine(group)
        shuffled = [
            train_rows[torch.randperm(n, generator=epoch_generator(*key)).to(train_rows.device)]
            for key in orders
        ]
        batches = list(zip(*(rows.split(configs[0].batch_size) for rows in shuffled), strict=True))
        done = [(state.epoch - state.segment_start) for state in states]
        total = self.work_left()
        work = sum(state.model.parameter_count for state in states)
        before = [state.seconds for state in states]
        for state in states:
            state.begin_epoch(n)
        seen, rates = 0, [config.learning_rate for config in configs]
        varies = any(config.schedule != "constant" for config in configs)
        began = time.perf_counter()
        try:
            for i, rows in enumerate(batches):
                if varies:
                    rates = [
                        learning_rate_at(c, (d + i / len(batches)) / c.epochs)
                        for c, d in zip(configs, done, strict=True)
                    ]
                engine.step(rows, rates)
                seen += len(rows[0])
                now = time.perf_counter()
                if now - self.reported >= PROGRESS_INTERVAL:
                    self.reported = now
                    yield self.progress(total, work * seen / n, seen * len(group), now)
        finally:
            losses = engine.mean_losses(max(seen, 1))
            if not self.population.rewinds:
                engine.save()
                for state, loss, rate in zip(states, losses, rates, strict=True):
                    state.count(loss, seen, rate)
        self.work_done += work
        self.examples += n * len(group)
        val_losses, accuracies = engine.evaluate(self.data.images, self.data.labels, val_rows)
        seconds = time.perf_counter() - began
        for i, state, loss, val_loss, accuracy, earlier in zip(
            group,
            states,
            losses.tolist(),
            val_losses.tolist(),
            accuracies.tolist(),
            before,
            strict=True,
        ):
            state.epoch += 1
            state.end_epoch(loss, val_loss, accuracy)
            state.seconds = earlier + seconds * state.model.parameter_count / work
            end = EpochEnd(
                epoch=state.epoch,
                train_loss=loss,
                val_loss=val_loss,
                val_accuracy=accuracy,
                learning_rate=state.learning_rate,
                seconds=state.seconds,
                fraction=1.0,
            )
            yield MemberEvent(i, end)

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
        test_losses, accuracies = engine.evaluate(images, labels, rows)
        for i, test_loss, accuracy in zip(
            group, test_losses.tolist(), accuracies.tolist(), strict=True
        ):
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
    pictures (``order_seed``), same dropout. Their weights agree with those of ``train()`` up to
    the rounding of float32 sums. Members with order seeds of their own cost a gather and a product
    each, so a group of them is slower than one that shares its batches.

    To stop early, close the generator: the members' states hold what was learnt, and
    ``training.conclude`` measures it, one by one. After ``population.rewind()`` they stand at
    their last whole epoch instead.

    Raises:
        ConfigError: a member alone needs more than ``memory_budget`` bytes.
    """
    groups = make_groups(population, data, memory_budget)
    trainer = _Trainer(population, data)
    members = population.members
    sizes = {i: member_bytes(s.config, data.in_size, data.classes) for i, s in members.items()}
    yield PopulationStarted(
        members=len(members),
        parameters=population.parameter_count,
        groups=len(groups),
        group_bytes=max(sum(sizes[i] for i in group) for group in groups),
    )
    yield from trainer.dismiss(groups)  # of those that were taken up again some may be complete
    while members:
        groups = make_groups(population, data, memory_budget)
        for group in groups:
            yield from trainer.epoch(group)
        yield RoundEnd(tuple(sorted(members)))
        yield from trainer.dismiss(groups)
