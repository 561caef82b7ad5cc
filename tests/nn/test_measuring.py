"""What is timed is training itself, in the precision and with the threads that were asked for."""

from dataclasses import replace
from math import inf

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from mnist_core.config.measuring import Plan, Setting
from mnist_core.config.train import TrainConfig
from mnist_core.data.made_up import made_up
from mnist_core.nn import measuring, training
from mnist_core.nn.events import EpochEnd
from mnist_core.nn.gradient import gradient
from mnist_core.nn.measuring import machine_info, new_state, peak, sample, train_for
from mnist_core.nn.state import TrainState
from mnist_core.nn.training import Parts, train
from tests.helpers.measurements import DOUBLE, ONE

CPU = torch.device("cpu")
PLAN = Plan(values=(8,), pictures=300, batch_size=50, settings=(ONE,))


def test_an_epoch_of_it_leaves_the_weights_of_an_epoch_of_training(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(training, "PROGRESS_INTERVAL", inf)  # nothing is broken off
    config = TrainConfig(hidden_sizes=(8,), batch_size=50, epochs=1)
    data = made_up(300, CPU, torch.float32)
    data = replace(data, test_images=data.images, test_labels=data.labels)
    expected, state = (TrainState(config, data.in_size, data.classes, CPU) for _ in range(2))
    events = [e for e in train(config, data, CPU, expected) if isinstance(e, EpochEnd)]
    timed = train_for(0.0, state, Parts(data, config.val_fraction))
    assert (timed.pictures, state.epoch, len(events)) == (240, 1, 2)
    for ours, theirs in zip(state.model.parameters(), expected.model.parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_it_goes_on_epoch_after_epoch_until_the_time_is_over() -> None:
    state = new_state(PLAN, 8, ONE)
    timed = train_for(0.05, state, Parts(made_up(10, CPU, torch.float32), 0.0))
    assert timed.seconds >= 0.05
    assert timed.pictures == 10 * state.epoch > 10


@pytest.mark.parametrize("precision", ["float32", "float64", "bfloat16"])
def test_a_sample_trains_in_its_precision_and_gives_the_threads_back(
    precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def watched(seconds: float, state: TrainState, parts: Parts) -> measuring.Timed:
        seen.append((state.model.layers[0].weight.dtype, torch.get_num_threads()))
        assert parts.data.images.dtype == seen[-1][0]
        return train_for(seconds / 10, state, parts)

    monkeypatch.setattr(measuring, "train_for", watched)
    before = torch.get_num_threads()
    setting = Setting(device="cpu", label="CPU", threads=2, precision=precision)
    timed = sample(PLAN, 8, setting)
    assert timed.pictures > 0
    assert seen == [(getattr(torch, precision), 2)] * 2  # a warm-up, and what counts
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("layers", [0, 1, 3])
def test_the_multiplications_of_a_step_are_those_that_pytorch_counts(layers: int) -> None:
    plan = Plan(varies="layers", values=(layers,), units=8, batch_size=50, settings=(ONE,))
    state, data = new_state(plan, layers, ONE), made_up(50, CPU, torch.float32)
    with FlopCounterMode(display=False) as counted:
        gradient(state.model, data.images, data.labels)
    assert counted.get_total_flops() == 2 * plan.step(layers)  # a multiply-add counts twice


def test_the_peak_is_the_rate_of_a_product(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = {256: 0.001, 512: 0.004, 1024: 0.1}
    asked = []

    def product(a: torch.Tensor, b: torch.Tensor) -> float:
        asked.append((len(a), a.dtype))
        return taken[len(a)] * (2 if a.is_contiguous() and b.is_contiguous() else 1)

    monkeypatch.setattr(measuring, "_product", product)
    assert peak(DOUBLE) == 512**3 / 0.004
    assert {side for side, _ in asked} == {256, 512, 1024}, "it ends when a product takes long"
    assert {dtype for _, dtype in asked} == {torch.float64}
    monkeypatch.undo()
    assert peak(ONE) > 0


def test_the_machine_says_what_it_is() -> None:
    info = machine_info()
    assert info.cpu
    assert info.cores >= 1
    assert info.torch == torch.__version__
