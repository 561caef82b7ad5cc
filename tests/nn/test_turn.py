"""Other numbers between two epochs, with torch's own optimizers as the oracle."""

from dataclasses import replace
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from mnist_core.config.fields import parse_config
from mnist_core.config.knobs import Knobs
from mnist_core.config.train import TrainConfig
from mnist_core.data.resident import ResidentDataset
from mnist_core.data.split import split_rows
from mnist_core.nn.events import EpochEnd
from mnist_core.nn.optim import learning_rate_at
from mnist_core.nn.state import TrainState, epoch_generator
from mnist_core.nn.training import train

CPU = torch.device("cpu")
TURNS = {0: Knobs(0.03, 0.5, 0.0), 2: Knobs(0.005, 0.95, 0.1), 3: Knobs(0.02, 0.0, 0.01)}
TORCHS: dict[str, Any] = {
    "sgd": torch.optim.SGD,
    "momentum": torch.optim.SGD,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
}


def config_of(optimizer: str, schedule: str) -> TrainConfig:
    return parse_config(
        {
            "epochs": 5,
            "optimizer": optimizer,
            "schedule": schedule,
            "hidden_sizes": "8",
            "batch_size": 50,
            "learning_rate": 0.01,
            "weight_decay": 0.01,
        }
    )


def weights(state: TrainState) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in state.model.parameters()])


def turned(config: TrainConfig, data: ResidentDataset, state: TrainState) -> TrainState:
    """Trained to its end, with other numbers from some epochs on."""
    for event in train(config, data, CPU, state):
        if isinstance(event, EpochEnd) and event.epoch in TURNS:
            state.turn(TURNS[event.epoch])
    return state


def oracle(config: TrainConfig, data: ResidentDataset) -> torch.Tensor:
    """The weights by autograd and one optimizer of torch's, whose groups are changed."""
    model = TrainState(config, data.in_size, data.classes, CPU).model
    settings = {"momentum": config.momentum} if config.optimizer == "momentum" else {}
    optimizer = TORCHS[config.optimizer](
        model.parameters(), config.learning_rate, weight_decay=config.weight_decay, **settings
    )
    (group,) = optimizer.param_groups
    rows, _ = split_rows(data, config.val_fraction)
    base = config
    for epoch in range(config.epochs):
        if epoch in TURNS:
            base = TURNS[epoch].applied(config)
            group["weight_decay"] = base.weight_decay
            if "momentum" in settings:
                group["momentum"] = base.momentum
        order = rows[torch.randperm(len(rows), generator=epoch_generator(0, epoch))]
        batches = order.split(config.batch_size)
        for i, batch in enumerate(batches):
            group["lr"] = learning_rate_at(base, (epoch + i / len(batches)) / config.epochs)
            loss = F.cross_entropy(model(data.images[batch]), data.labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return torch.cat([p.detach().flatten() for p in model.parameters()])


@pytest.mark.parametrize("optimizer", TORCHS)
@pytest.mark.parametrize("schedule", ["constant", "one_cycle", "cosine"])
def test_a_turned_run_equals_torchs_optimizer_with_its_groups_changed(
    tiny: ResidentDataset, optimizer: str, schedule: str
) -> None:
    config = config_of(optimizer, schedule)
    state = TrainState(config, tiny.in_size, tiny.classes, CPU)
    untouched = TrainState(config, tiny.in_size, tiny.classes, CPU)
    list(train(config, tiny, CPU, untouched))
    found = weights(turned(config, tiny, state))
    torch.testing.assert_close(found, oracle(config, tiny))
    assert not torch.allclose(found, weights(untouched))
    assert state.config == TURNS[3].applied(config)


@pytest.mark.parametrize("optimizer", TORCHS)
def test_a_checkpoint_has_all_that_a_turned_run_needs(
    tiny: ResidentDataset, optimizer: str
) -> None:
    config = config_of(optimizer, "cosine")
    whole, broken = (TrainState(config, tiny.in_size, tiny.classes, CPU) for _ in range(2))
    turned(config, tiny, whole)
    for event in train(config, tiny, CPU, broken):
        if isinstance(event, EpochEnd):
            if event.epoch == 2:
                break
            if event.epoch in TURNS:
                broken.turn(TURNS[event.epoch])
    again = TrainState.from_bytes(broken.to_bytes(), CPU)
    again.turn(TURNS[2])
    assert torch.equal(weights(whole), weights(turned(config, tiny, again)))


def test_a_schedule_keeps_its_place_and_takes_the_new_base(tiny: ResidentDataset) -> None:
    config = config_of("sgd", "cosine").model_copy(update={"learning_rate": 0.4})
    state = TrainState(config, tiny.in_size, tiny.classes, CPU)
    rates = []
    for event in train(config, tiny, CPU, state):
        if isinstance(event, EpochEnd):
            rates.append(event.learning_rate)
            if event.epoch == 2:
                state.turn(replace(Knobs.of(config), learning_rate=0.1))
    plain = [e.learning_rate for e in train(config, tiny, CPU) if isinstance(e, EpochEnd)]
    assert rates[:3] == plain[:3]
    assert rates[3:] == pytest.approx([rate / 4 for rate in plain[3:]])
