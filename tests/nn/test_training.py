"""train() and the tutorial's functions, on small data and on the real digits."""

import dataclasses
import pickle
from itertools import islice

import pytest
import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from mnist_core.config.fields import parse_config
from mnist_core.config.train import TrainConfig
from mnist_core.data.pictures import ResidentDataset
from mnist_core.data.split import split_indices
from mnist_core.nn.device import DeviceDataLoader
from mnist_core.nn.events import EpochEnd, Event, Finished, Progress, Started
from mnist_core.nn.model import MnistModel
from mnist_core.nn.state import CheckpointError, TrainState
from mnist_core.nn.training import conclude, train
from mnist_core.nn.tutorial import accuracy, evaluate, fit, loss_batch

CPU = torch.device("cpu")


def epochs_of(events: list[Event]) -> list[EpochEnd]:
    return [e for e in events if isinstance(e, EpochEnd)]


def weights_of(state: TrainState) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in state.model.parameters()])


def trained(config: TrainConfig, data: ResidentDataset) -> TrainState:
    """The network at the end."""
    state = TrainState(config, data.in_size, data.classes, CPU)
    run(config, data, state)
    return state


def run(config: TrainConfig, data: ResidentDataset, state: TrainState | None = None) -> list[Event]:
    return list(train(config, data, CPU, state))


def test_events_come_in_order(tiny: ResidentDataset) -> None:
    events = run(parse_config({"epochs": 3, "hidden_sizes": 8}), tiny)
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Finished)
    assert [e.epoch for e in epochs_of(events)] == [0, 1, 2, 3]
    assert events[0].parameters == 16 * 8 + 8 + 8 * 4 + 4
    assert events[0].layers == ((16, 8), (8, 4))
    assert events[-1].outcome == "completed"
    assert events[-1].best_val_accuracy == max(e.val_accuracy for e in epochs_of(events))


def test_events_are_plain_records(tiny: ResidentDataset) -> None:
    """They can be sent to another process, which then has them without a network in them."""
    events = run(parse_config({"epochs": 1, "hidden_sizes": 8}), tiny)
    assert pickle.loads(pickle.dumps(events)) == events
    plain = (bool, int, float, str)
    values = [value for event in events for value in dataclasses.astuple(event)]
    assert all(isinstance(value, (*plain, tuple)) for value in values)


def test_train_equals_the_tutorials_loop_on_the_same_batches(tiny: ResidentDataset) -> None:
    config = parse_config({"epochs": 2, "hidden_sizes": 8, "batch_size": 50, "learning_rate": 0.3})
    ours = trained(config, tiny)

    from mnist_core.data.split import split_rows
    from mnist_core.nn.state import epoch_generator

    plain = TrainState(config, tiny.in_size, tiny.classes, CPU).model
    rows, _ = split_rows(tiny, config.val_fraction)
    for epoch in range(2):
        order = rows[torch.randperm(len(rows), generator=epoch_generator(0, epoch))]
        for batch in order.split(50):
            loss = F.cross_entropy(plain(tiny.images[batch]), tiny.labels[batch])
            plain.zero_grad()
            loss.backward()
            with torch.no_grad():
                for p in plain.parameters():
                    p -= 0.3 * p.grad
    for a, b in zip(plain.parameters(), ours.model.parameters(), strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("seed", [0, 7])
def test_same_seed_gives_the_same_weights_bit_for_bit(tiny: ResidentDataset, seed: int) -> None:
    config = parse_config({"epochs": 2, "dropout": 0.3, "seed": seed, "optimizer": "adam"})
    first, second = (weights_of(trained(config, tiny)) for _ in range(2))
    torch.rand(3)  # what else happens to the global generator does not matter
    assert torch.equal(first, second)
    other = parse_config({**config.model_dump(), "seed": seed + 1})
    assert not torch.equal(first, weights_of(trained(other, tiny)))


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam", "adamw"])
@pytest.mark.parametrize("schedule", ["constant", "one_cycle", "cosine"])
def test_a_resumed_run_is_the_run_that_was_never_interrupted(
    tiny: ResidentDataset, optimizer: str, schedule: str
) -> None:
    config = parse_config(
        {
            "epochs": 4,
            "optimizer": optimizer,
            "schedule": schedule,
            "dropout": 0.2,
            "learning_rate": 0.01,
            "hidden_sizes": "8, 8",
        }
    )
    whole_state, broken = (TrainState(config, tiny.in_size, tiny.classes, CPU) for _ in range(2))
    whole = epochs_of(run(config, tiny, whole_state))
    for event in train(config, tiny, CPU, broken):
        if isinstance(event, EpochEnd) and event.epoch == 2:
            break
    state = TrainState.from_bytes(broken.to_bytes(), CPU)
    resumed = epochs_of(run(config, tiny, state))
    assert [e.epoch for e in resumed] == [3, 4]
    assert torch.equal(weights_of(whole_state), weights_of(state))
    assert [e.val_loss for e in resumed] == [e.val_loss for e in whole[-2:]]


def test_a_second_segment_keeps_the_weights_and_counts_on(tiny: ResidentDataset) -> None:
    state = trained(parse_config({"epochs": 2}), tiny)
    state.begin_segment(parse_config({"epochs": 3, "learning_rate": 0.1}))
    assert [e.epoch for e in epochs_of(run(state.config, tiny, state))] == [3, 4, 5]
    with pytest.raises(ValueError, match="hidden sizes"):
        state.begin_segment(parse_config({"hidden_sizes": 7}))


def test_stopping_within_an_epoch_keeps_what_was_learnt(
    tiny: ResidentDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mnist_core.nn.training.PROGRESS_INTERVAL", 0)
    config = parse_config({"epochs": 10, "batch_size": 1})
    state = TrainState(config, tiny.in_size, tiny.classes, CPU)
    events = train(config, tiny, CPU, state)
    assert isinstance(next(events), Started)
    assert all(isinstance(e, EpochEnd | Progress) for e in islice(events, 100))
    events.close()
    before = weights_of(state)
    partial, end = conclude(state, tiny)
    assert isinstance(partial, EpochEnd)
    assert 0 < partial.fraction < 1
    assert isinstance(end, Finished)
    assert end.outcome == "stopped"
    assert torch.equal(before, weights_of(state))
    assert end.test_accuracy > 0.3  # four classes: chance is 0.25


def test_divergence_ends_the_run_and_says_so(tiny: ResidentDataset) -> None:
    huge = ResidentDataset(
        tiny.images * 1e20, tiny.labels, tiny.test_images, tiny.test_labels, tiny.classes
    )
    events = run(parse_config({"epochs": 50, "learning_rate": 10, "activation": "none"}), huge)
    assert events[-1].outcome == "diverged"
    assert epochs_of(events)[-1].epoch < 50


def test_checkpoints_refuse_other_bytes(tiny: ResidentDataset) -> None:
    with pytest.raises(CheckpointError):
        TrainState.from_bytes(b"\x80\x04 not safetensors", CPU)
    good = TrainState(TrainConfig(), tiny.in_size, tiny.classes, CPU).to_bytes()
    with pytest.raises(CheckpointError):
        TrainState.from_bytes(good[: len(good) // 2], CPU)


def test_evaluate_is_in_evaluation_mode_and_restores_the_mode() -> None:
    model = MnistModel(4, 6, 2, dropout=0.5)
    x, y = torch.rand(8, 4), torch.randint(2, (8,))
    seen = []
    for mode in (True, False):
        model.train(mode)
        result = evaluate(
            model, lambda p, t: seen.append(model.training) or F.cross_entropy(p, t), [(x, y)]
        )
        assert model.training is mode
        assert result[1:] == (8, None)
    assert seen == [False, False]


def test_evaluate_weighs_batches_by_their_length() -> None:
    model = MnistModel(4, (), 2)
    x, y = torch.rand(10, 4), torch.randint(2, (10,))
    uneven = evaluate(model, F.cross_entropy, [(x[:7], y[:7]), (x[7:], y[7:])], accuracy)
    whole = evaluate(model, F.cross_entropy, [(x, y)], accuracy)
    assert uneven == pytest.approx(whole)


def test_loss_batch_steps_only_with_an_optimizer() -> None:
    model = MnistModel(4, 3, 2)
    x, y = torch.rand(5, 4), torch.randint(2, (5,))
    before = [p.clone() for p in model.parameters()]
    loss, n, metric = loss_batch(model, F.cross_entropy, x, y, metric=accuracy)
    assert n == 5
    assert metric == accuracy(model(x), y)
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
    loss_batch(model, F.cross_entropy, x, y, torch.optim.SGD(model.parameters(), lr=0.1))
    assert loss_batch(model, F.cross_entropy, x, y)[0] < loss


def test_the_tutorials_notebook_cells_work(capsys: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(0)
    x = torch.rand(200, 1, 4, 4)
    dataset = TensorDataset(x, (x.mean(dim=(1, 2, 3)) > 0.5).long())
    train_rows, val_rows = split_indices(len(dataset), val_pct=0.2, seed=0)
    sampler = torch.utils.data.SubsetRandomSampler
    train_dl = DeviceDataLoader(DataLoader(dataset, 20, sampler=sampler(train_rows)), CPU)
    valid_dl = DeviceDataLoader(DataLoader(dataset, 20, sampler=sampler(val_rows)), CPU)
    assert len(train_dl) == 8
    model = MnistModel(16, hidden_size=8, out_size=2)
    made = []

    def adam(params: object, lr: float) -> torch.optim.Optimizer:
        made.append(torch.optim.Adam(params, lr=lr))
        return made[0]

    losses, metrics = fit(3, 0.01, model, F.cross_entropy, train_dl, valid_dl, accuracy, adam)
    assert len(losses) == len(metrics) == 3
    assert losses[-1] < losses[0]
    assert made[0].state  # the optimizer that was given took the steps
    assert "Epoch [3/3]" in capsys.readouterr().out
