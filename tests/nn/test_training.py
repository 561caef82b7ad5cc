"""train() and the tutorial's functions, on small data and on the real digits."""

import dataclasses
import math
import pickle
from collections.abc import Callable, Iterator
from itertools import islice

import pytest
import torch
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

from mnist_core.config.device import THREADS_A_RUN
from mnist_core.config.fields import parse_config
from mnist_core.config.train import TrainConfig
from mnist_core.data.resident import ResidentDataset
from mnist_core.data.split import split_indices
from mnist_core.nn.checkpoint import CheckpointError
from mnist_core.nn.device import DeviceDataLoader
from mnist_core.nn.events import EpochEnd, Event, Finished, Progress, Started
from mnist_core.nn.model import MnistModel
from mnist_core.nn.state import TrainState, epoch_generator
from mnist_core.nn.training import conclude, measure, train
from mnist_core.nn.tutorial import accuracy, evaluate, fit, loss_batch
from tests.helpers.devices import META, watched, without_numbers

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


def test_seconds_are_those_of_training_not_of_whoever_reads(
    tiny: ResidentDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock of the test goes on by an hour while an event is read, else by microseconds."""
    hour, now = 3600.0, [0.0]

    def clock() -> float:
        now[0] += 1e-6
        return now[0]

    monkeypatch.setattr("time.perf_counter", clock)
    monkeypatch.setattr("mnist_core.nn.training.PROGRESS_INTERVAL", 0)
    config = parse_config({"epochs": 2, "batch_size": 10, "hidden_sizes": 4})
    state = TrainState(config, tiny.in_size, tiny.classes, CPU)
    events = train(config, tiny, CPU, state)
    for event in events:
        now[0] += hour
        if isinstance(event, EpochEnd) and event.epoch == 1:
            break
    for _ in islice(events, 3):  # within the second epoch
        now[0] += hour
    events.close()
    partial, end = conclude(state, tiny)
    assert 0 < partial.seconds == end.seconds < 1


def test_divergence_ends_the_run_and_says_so(tiny: ResidentDataset) -> None:
    huge = ResidentDataset(
        tiny.images * 1e20, tiny.labels, tiny.test_images, tiny.test_labels, tiny.classes
    )
    events = run(parse_config({"epochs": 50, "learning_rate": 10, "activation": "none"}), huge)
    assert events[-1].outcome == "diverged"
    assert epochs_of(events)[-1].epoch < 50


def test_of_a_batch_without_a_loss_nothing_was_read_right(tiny: ResidentDataset) -> None:
    state = TrainState(TrainConfig(), tiny.in_size, tiny.classes, CPU)
    state.begin_epoch(8)
    logits, labels = torch.eye(4), torch.arange(4)
    state.count(torch.tensor(math.nan), logits, labels, 0.1)
    state.count(torch.tensor(1.0), logits, torch.tensor([0, 1, 3, 2]), 0.1)
    loss, accuracy = state.epoch_means
    assert math.isnan(loss)
    assert accuracy == 2 / 8


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


def test_epoch_0_has_the_training_loss_of_those_that_follow(tiny: ResidentDataset) -> None:
    config = parse_config({"label_smoothing": 0.3, "epochs": 1, "learning_rate": 1e-6})
    before, after = (end.train_loss for end in epochs_of(run(config, tiny)))
    assert before == pytest.approx(after, abs=1e-3)  # such steps move nothing
    plain = parse_config({**config.model_dump(), "label_smoothing": 0})
    assert epochs_of(run(plain, tiny))[0].train_loss != pytest.approx(before, abs=1e-3)


def test_training_accuracy_is_counted_while_an_epoch_trains(tiny: ResidentDataset) -> None:
    still = parse_config({"epochs": 1, "learning_rate": 1e-6})
    before, after = (end.train_accuracy for end in epochs_of(run(still, tiny)))
    assert before == pytest.approx(after)  # such steps move nothing
    moving = parse_config({"epochs": 3, "learning_rate": 0.1})
    shares = [end.train_accuracy for end in epochs_of(run(moving, tiny))]
    assert shares[0] < shares[1] < shares[3]


def test_it_computes_on_the_configurations_number_of_threads(tiny: ResidentDataset) -> None:
    torch.set_num_threads(2)
    try:
        seen = [torch.get_num_threads() for _ in train(TrainConfig(epochs=1), tiny, CPU)]
        assert set(seen) == {1}
        assert torch.get_num_threads() == 2
        wide = parse_config({"epochs": 1, "hidden_sizes": "2000", "batch_size": 10_000})
        torch.set_num_threads(1)
        events = train(wide, tiny, CPU)
        next(events)
        assert torch.get_num_threads() == THREADS_A_RUN
        events.close()
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(1)


def on_the_cpu(
    generator: Callable[..., torch.Generator],
) -> Callable[..., torch.Generator | None]:
    """That function for the CPU; no generator for another device."""

    def made(seed: int, epoch: int, device: torch.device | str = "cpu") -> torch.Generator | None:
        return generator(seed, epoch) if str(device) == "cpu" else None

    return made


def steps_of(config: TrainConfig, data: ResidentDataset, device: torch.device) -> Iterator[None]:
    """Train a network of one epoch for another one, without any measurement before it."""
    state = TrainState(config, data.in_size, data.classes, device)
    state.epoch = 1
    for event in train(config, data, device, state):
        if isinstance(event, Progress):
            yield


@pytest.mark.parametrize("momentum", [False, True])
def test_no_step_waits_for_a_device_or_needs_float64(
    tiny: ResidentDataset, monkeypatch: pytest.MonkeyPatch, momentum: bool
) -> None:
    monkeypatch.setattr("mnist_core.nn.training.PROGRESS_INTERVAL", 0)
    config = parse_config(
        {
            "epochs": 2,
            "batch_size": 30,
            "schedule": "one_cycle",
            "label_smoothing": 0.1,
            "weight_decay": 0.1,
            "optimizer": "momentum" if momentum else "sgd",
        }
    )
    # Only the meta device has no generators.
    monkeypatch.setattr("mnist_core.nn.training.epoch_generator", on_the_cpu(epoch_generator))
    steps = steps_of(config, without_numbers(tiny), META)
    with watched():
        assert len(list(islice(steps, 8))) == 8
        with pytest.raises(NotImplementedError):  # the results of the epoch are read
            next(steps)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device")
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam", "adamw"])
def test_no_step_waits_for_a_gpu(
    tiny: ResidentDataset, monkeypatch: pytest.MonkeyPatch, optimizer: str
) -> None:
    monkeypatch.setattr("mnist_core.nn.training.PROGRESS_INTERVAL", 0)
    gpu = torch.device("cuda:0")
    there = ResidentDataset(
        *(t.to(gpu) for t in (tiny.images, tiny.labels, tiny.test_images, tiny.test_labels)), 4
    )
    config = parse_config(
        {"epochs": 2, "batch_size": 30, "optimizer": optimizer, "dropout": 0.2, "shift": 1}
    )
    steps = steps_of(config, there, gpu)
    next(steps)
    torch.cuda.set_sync_debug_mode("error")
    try:
        assert len(list(islice(steps, 7))) == 7
    finally:
        torch.cuda.set_sync_debug_mode("default")


def test_what_is_no_number_is_a_wrong_answer() -> None:
    model = MnistModel(4, (), 2)
    x, y = torch.rand(10, 4), torch.arange(10) % 2
    whole = measure(model, [(x, y)])
    assert whole == pytest.approx(evaluate(model, F.cross_entropy, [(x, y)], accuracy)[::2])
    assert measure(model, [(x[:7], y[:7]), (x[7:], y[7:])]) == pytest.approx(whole)
    torch.nn.init.constant_(model.layers[0].weight, torch.nan)
    assert measure(model, [(x, y)])[1] == 0
