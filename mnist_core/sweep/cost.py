"""What a study will take, before anything is started."""

import time
from itertools import pairwise

import optuna
import torch

from mnist_core.config.sweep import POPULATION, CostEstimate, SweepConfig
from mnist_core.config.train import TrainConfig
from mnist_core.data.pictures import ResidentDataset
from mnist_core.data.split import split_rows
from mnist_core.population.engine import Engine
from mnist_core.population.groups import make_groups
from mnist_core.population.inputs import input_use
from mnist_core.population.memory import group_bytes, state_bytes
from mnist_core.population.state import Population
from mnist_core.population.train import MEMORY_BUDGET
from mnist_core.sweep.study import distributions, make_sampler

TIMED_STEPS = 5


def sample_configs(config: SweepConfig, count: int) -> list[TrainConfig]:
    """Configurations like those that the study will try; TPE's are taken to be random ones."""
    like = config.changed(sampler="random") if config.sampler == "tpe" else config
    study = optuna.create_study(sampler=make_sampler(like))
    space = distributions(like)
    return [config.train_config(study.ask(space).params) for _ in range(count)]


def estimate_cost(
    config: SweepConfig,
    data: ResidentDataset,
    device: torch.device,
    memory_budget: int = MEMORY_BUDGET,
) -> CostEstimate:
    """Time a few steps of a sample of the study's networks; takes about a second.

    Raises:
        ConfigError: a network does not fit ``memory_budget``.
    """
    count = min(config.planned, POPULATION[config.sampler])
    configs = sample_configs(config, count)
    population = Population(configs, data, device)
    use = input_use(data)
    seconds = 0.0
    groups = make_groups(population, data, memory_budget)
    for group in groups:
        states = [population.members[i] for i in group]
        first = states[0].config
        train_rows, val_rows = split_rows(data, first.val_fraction)
        rates = torch.tensor([[state.config.learning_rate for state in states]])
        engine = Engine(states, data, [0] * len(states), use, rates)
        batches = train_rows.split(first.batch_size)
        times = [time.perf_counter()]
        for i in range(2 * TIMED_STEPS):
            engine.step(0, [batches[i % len(batches)]])
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            times.append(time.perf_counter())
        step = sorted(b - a for a, b in pairwise(times))[TIMED_STEPS]
        # Evaluation is a forward pass without a backward one: a third of a step a picture.
        epoch = step * (len(batches) + len(val_rows) / first.batch_size / 3)
        seconds += epoch * sum(s.config.epochs for s in states) / len(states)
    needs = [group_bytes([configs[i] for i in group], data) for group in groups]
    kept = sum(state_bytes(c, data) for c in configs)
    return CostEstimate(
        trials=config.planned,
        seconds=seconds * config.planned / count,
        memory=max(needs) + kept,
    )
