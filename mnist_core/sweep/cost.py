"""What a study will take, before anything is started."""

import time
from collections.abc import Callable, Sequence
from itertools import pairwise, product
from typing import Any

import optuna
import torch
from torch import Tensor

from mnist_core.config.axes import ListAxis
from mnist_core.config.device import threads_for
from mnist_core.config.sweep import POPULATION, CostEstimate, SweepConfig
from mnist_core.config.train import TrainConfig
from mnist_core.data.resident import ResidentDataset
from mnist_core.data.split import split_rows
from mnist_core.nn.state import TrainState
from mnist_core.nn.training import EVAL_BATCH
from mnist_core.population.engine import Engine
from mnist_core.population.groups import make_groups
from mnist_core.population.inputs import input_use
from mnist_core.population.memory import group_bytes, state_bytes
from mnist_core.population.train import MEMORY_BUDGET
from mnist_core.sweep.sampling import distributions, make_sampler

SAMPLE_BYTES = 2**27  # of the networks that are timed; the others are like them
MOST_STEPS, MOST_SECONDS = 9, 0.3  # what is timed of a group
TRIAL_SECONDS = 0.06  # to ask for a trial, to keep its run, and to tell its result; on 2 cores


def sample_configs(config: SweepConfig, count: int) -> list[TrainConfig]:
    """Configurations like those that the study will try; TPE's are taken to be random ones."""
    like = config.changed(sampler="random") if config.sampler == "tpe" else config
    study = optuna.create_study(sampler=make_sampler(like))
    space = distributions(like)
    return [config.train_config(study.ask(space).params) for _ in range(count)]


def population_size(config: SweepConfig, data: ResidentDataset) -> int:
    """How many of the study's trials train together: all of them stay within MEMORY_BUDGET."""
    largest: dict[str, list[Any]] = {
        "hidden_sizes": [config.base.hidden_sizes],
        "optimizer": [config.base.optimizer],
    }
    for axis in config.axes:
        if axis.field in largest:
            ends = axis.values if isinstance(axis, ListAxis) else (round(axis.high),)
            largest[axis.field] = [axis.setting(value) for value in ends]
    most = max(
        state_bytes(config.base.model_copy(update=dict(zip(largest, values, strict=True))), data)
        for values in product(*largest.values())
    )
    return max(1, min(config.planned, POPULATION[config.sampler], MEMORY_BUDGET // most))


def study_threads(config: SweepConfig, data: ResidentDataset) -> int:
    """CPU threads for a study, by a step of a typical population."""
    configs = sample_configs(config, population_size(config, data))
    return threads_for(sum(_weights(c, data) for c in configs) * config.base.batch_size)


def _weights(config: TrainConfig, data: ResidentDataset) -> int:
    """The multiplications of a forward pass of one picture."""
    return sum(a * b for a, b in pairwise((data.in_size, *config.hidden_sizes, data.classes)))


def estimate_cost(
    config: SweepConfig,
    data: ResidentDataset,
    device: torch.device,
    memory_budget: int = MEMORY_BUDGET,
) -> CostEstimate:
    """Time a few steps of a sample of the study's networks; takes about a second.

    Raises:
        ConfigError: a network does not fit ``memory_budget``; none has been made then.
    """
    count = population_size(config, data)
    configs = dict(enumerate(sample_configs(config, count)))
    groups = [[configs[i] for i in group] for group in make_groups(configs, data, memory_budget)]
    use = input_use(data)
    seconds = sum(_group_seconds(group, data, device, use) for group in groups)
    kept = sum(state_bytes(c, data) for c in configs.values())
    return CostEstimate(
        trials=config.planned,
        seconds=(seconds / count + TRIAL_SECONDS) * config.planned,
        memory=max(group_bytes(group, data) for group in groups) + kept,
    )


def _group_seconds(
    group: Sequence[TrainConfig], data: ResidentDataset, device: torch.device, use: Tensor
) -> float:
    """How long a group takes from its first epoch to its last measurement."""
    epochs = [config.epochs for config in group]
    seconds, measuring = _epoch_seconds(group, data, device, use)
    if min(epochs) == max(epochs):
        return epochs[0] * seconds + measuring
    # What is left of it takes less, but not in proportion: between all of it and the last one.
    last = max(group, key=lambda config: config.epochs)
    alone, _ = _epoch_seconds([last], data, device, use)
    share = (sum(epochs) - max(epochs)) / (len(group) - 1)
    return max(epochs) * alone + share * (seconds - alone) + measuring


def _epoch_seconds(
    group: Sequence[TrainConfig], data: ResidentDataset, device: torch.device, use: Tensor
) -> tuple[float, float]:
    """How long a group takes for an epoch, and to be measured on the test pictures."""
    timed: list[TrainConfig] = []
    for config in group:
        if timed and sum(state_bytes(c, data) for c in [*timed, config]) > SAMPLE_BYTES:
            break
        timed.append(config)
    states = [TrainState(c, data.in_size, data.classes, device) for c in timed]
    seeds = list(dict.fromkeys(c.order_seed for c in timed))
    train_rows, val_rows = split_rows(data, timed[0].val_fraction)
    batches = train_rows.split(timed[0].batch_size)
    rates = torch.tensor([[c.learning_rate for c in timed]], dtype=torch.float64)

    def now() -> float:
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return time.perf_counter()

    def typical(work: Callable[[], object]) -> float:
        """The median of some calls, without the first, which makes what the others use again."""
        work()
        times = [now()]
        while len(times) <= MOST_STEPS and (len(times) < 3 or times[-1] - times[0] < MOST_SECONDS):
            work()
            times.append(now())
        return sorted(b - a for a, b in pairwise(times))[(len(times) - 1) // 2]

    began = now()
    engine = Engine(states, data, [seeds.index(c.order_seed) for c in timed], use, rates)
    to_load = now() - began
    step = typical(lambda: engine.step(0, [batches[0]] * len(seeds)))
    measured = typical(lambda: engine.evaluate(data.images, data.labels, val_rows[:EVAL_BATCH]))
    began = now()
    engine.save()
    to_load += now() - began
    a_picture = measured / min(EVAL_BATCH, len(val_rows))
    epoch = to_load + step * len(batches) + a_picture * len(val_rows)
    alike = sum(_weights(c, data) for c in group) / sum(_weights(c, data) for c in timed)
    return alike * epoch, alike * a_picture * len(data.test_labels)
