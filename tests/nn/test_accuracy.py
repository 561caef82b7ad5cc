"""What the tutorial reaches, on the full MNIST and on the 5,000 digits that are always there."""

import math
import statistics

import pytest
import torch

from mnist_core.config.train import TrainConfig
from mnist_core.data.datasets import load_sample
from mnist_core.data.resident import ResidentDataset
from mnist_core.nn.events import EpochEnd, Finished
from mnist_core.nn.state import TrainState
from mnist_core.nn.training import train

CPU = torch.device("cpu")
SEEDS = [0, 1, 2]


@pytest.fixture(scope="module")
def sample() -> ResidentDataset:
    return load_sample().to(CPU)


def trained(
    config: TrainConfig, data: ResidentDataset, state: TrainState | None = None
) -> tuple[list[EpochEnd], Finished]:
    """The epochs' ends and the end of a run."""
    events = list(train(config, data, CPU, state))
    assert isinstance(events[-1], Finished)
    return [e for e in events if isinstance(e, EpochEnd)], events[-1]


def then_at_a_tenth(
    seed: int, data: ResidentDataset, epochs: int = 5
) -> tuple[list[EpochEnd], Finished, list[EpochEnd], Finished]:
    """The tutorial: some epochs at 0.5, then as many at 0.1 on the same network."""
    config = TrainConfig(seed=seed, epochs=epochs)
    state = TrainState(config, data.in_size, data.classes, CPU)
    first, first_end = trained(config, data, state)
    state.begin_segment(TrainConfig(seed=seed, epochs=epochs, learning_rate=0.1))
    return first, first_end, *trained(state.config, data, state)


@pytest.mark.slow
def test_the_tutorials_network(mnist: ResidentDataset) -> None:
    after_five, after_ten, test = [], [], []
    for seed in SEEDS:
        first, _, second, end = then_at_a_tenth(seed, mnist)
        assert first[0].val_loss == pytest.approx(math.log(10), abs=0.08)
        assert first[0].train_loss == pytest.approx(math.log(10), abs=0.08)
        assert [e.epoch for e in first + second] == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
        after_five.append(first[-1].val_accuracy)
        after_ten.append(second[-1].val_accuracy)
        test.append(end.test_accuracy)
    assert statistics.mean(after_five) >= 0.955
    assert statistics.mean(after_ten) >= 0.965
    assert statistics.mean(test) >= 0.965


def test_untrained_networks_guess(mnist: ResidentDataset) -> None:
    """One guesses a digit or two; many together are right one time in ten."""
    untrained = [
        next(e for e in train(TrainConfig(seed=seed), mnist, CPU) if isinstance(e, EpochEnd))
        for seed in range(10)
    ]
    assert statistics.mean(e.val_accuracy for e in untrained) == pytest.approx(0.1, abs=0.03)
    assert statistics.mean(e.val_loss for e in untrained) == pytest.approx(2.30, abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_logistic_regression(mnist: ResidentDataset, seed: int) -> None:
    config = TrainConfig(hidden_sizes=(), learning_rate=0.1, seed=seed)
    epochs, end = trained(config, mnist)
    assert 0.85 < epochs[-1].val_accuracy < 0.93
    assert 0.85 < end.test_accuracy < 0.93


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_the_tutorials_network_on_5000_digits(sample: ResidentDataset, seed: int) -> None:
    first, _, second, end = then_at_a_tenth(seed, sample, epochs=20)
    assert first[0].val_loss == pytest.approx(math.log(10), abs=0.08)
    # 800 pictures to validate: one standard error is a point.
    assert first[-1].val_accuracy >= 0.895
    assert second[-1].val_accuracy >= 0.90
    assert end.test_accuracy >= 0.92


def test_logistic_regression_on_5000_digits(sample: ResidentDataset) -> None:
    epochs, _ = trained(TrainConfig(hidden_sizes=(), learning_rate=0.1, epochs=20), sample)
    assert 0.85 < epochs[-1].val_accuracy < 0.93
