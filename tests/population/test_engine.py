"""The engine on a device where starting a kernel is slow, and which has no float64."""

import pytest
import torch

from mnist_core.config.fields import parse_config
from mnist_core.data.resident import ResidentDataset
from mnist_core.nn.state import TrainState
from mnist_core.population import batch, engine
from mnist_core.population.inputs import input_use
from tests.helpers.devices import META, watched, without_numbers


@pytest.fixture
def _no_generators(monkeypatch: pytest.MonkeyPatch) -> None:
    """The meta device has none; everything else runs as it is."""
    monkeypatch.setattr(engine, "epoch_generator", lambda *args: None)
    monkeypatch.setattr(batch, "epoch_generator", lambda *args: None)


def calls_of_a_step(data: ResidentDataset, members: int, **changes: object) -> int:
    """Calls that compute on the device in an epoch's second step; none may wait for it."""
    there = without_numbers(data)
    configs = [
        parse_config({"hidden_sizes": 8, "seed": i, "learning_rate": 0.1 + i / 10, **changes})
        for i in range(members)
    ]
    rows = torch.arange(100).to(META)
    with watched() as watch:
        states = [TrainState(config, data.in_size, data.classes, META) for config in configs]
        rates = torch.full((2, members), 0.1, dtype=torch.float64)
        running = engine.Engine(states, there, [0] * members, torch.ones(data.in_size), rates)
        running.step(0, [rows])
        before = watch.calls
        running.step(1, [rows])
        after = watch.calls
        running.evaluate(there.images, there.labels, rows)
        running.save()
    return after - before


@pytest.mark.usefixtures("_no_generators")
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"weight_decay": 0.1},
        {"optimizer": "momentum", "weight_decay": 0.1},
        {"optimizer": "adam"},
        {"optimizer": "adamw", "weight_decay": 0.1, "dropout": 0.2},
        {"hidden_sizes": "8, 6", "label_smoothing": 0.1, "activation": "sigmoid"},
    ],
)
def test_a_step_is_as_many_kernels_for_many_members_as_for_few(
    tiny: ResidentDataset, changes: dict[str, object]
) -> None:
    assert calls_of_a_step(tiny, 3, **changes) == calls_of_a_step(tiny, 24, **changes)


def test_the_use_of_inputs_is_counted_without_float64(tiny: ResidentDataset) -> None:
    # To divide, it reads what was counted: that far there is nothing of float64 on the device.
    with watched() as watch, pytest.raises(NotImplementedError):
        input_use(without_numbers(tiny))
    assert watch.calls > 3
    use = input_use(tiny)
    assert use.dtype == torch.float64
    images = torch.cat([tiny.images, tiny.test_images])
    assert torch.equal(use, (images != 0).double().mean(0))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam", "adamw"])
def test_no_step_waits_for_a_gpu(tiny: ResidentDataset, optimizer: str) -> None:
    gpu = torch.device("cuda:0")
    there = ResidentDataset(
        *(t.to(gpu) for t in (tiny.images, tiny.labels, tiny.test_images, tiny.test_labels)), 4
    )
    configs = [
        parse_config({"optimizer": optimizer, "seed": i, "dropout": 0.2, "shift": 1})
        for i in range(4)
    ]
    states = [TrainState(config, tiny.in_size, tiny.classes, gpu) for config in configs]
    rates = torch.full((8, 4), 0.01, dtype=torch.float64)
    running = engine.Engine(states, there, [0] * 4, input_use(there), rates)
    rows = [torch.arange(i, i + 30, device=gpu) for i in range(8)]
    running.step(0, [rows[0]])
    torch.cuda.set_sync_debug_mode("error")
    try:
        for number in range(1, 8):
            running.step(number, [rows[number]])
    finally:
        torch.cuda.set_sync_debug_mode("default")
