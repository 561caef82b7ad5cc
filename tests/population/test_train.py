"""train_population() against train(): the same configuration alone is the oracle."""

import itertools
import math
import statistics

import pytest
import torch
from torch import Tensor

from mnist_core.config.fields import parse_config
from mnist_core.config.train import TrainConfig
from mnist_core.data.resident import ResidentDataset
from mnist_core.errors import ConfigError
from mnist_core.nn.checkpoint import CheckpointError
from mnist_core.nn.events import EpochEnd, Finished
from mnist_core.nn.gradient import FUNCTIONS
from mnist_core.nn.state import TrainState
from mnist_core.nn.training import conclude, train
from mnist_core.population.engine import BY_BATCH_UNITS, Engine
from mnist_core.population.groups import make_groups
from mnist_core.population.inputs import MULTIPLE, choose_columns, input_use
from mnist_core.population.layout import MAX_PADDING, Layout
from mnist_core.population.memory import group_bytes
from mnist_core.population.state import Population
from mnist_core.population.train import (
    MemberEvent,
    PopulationProgress,
    PopulationStarted,
    RoundEnd,
    train_population,
)

CPU = torch.device("cpu")
RATES = {"sgd": 0.3, "momentum": 0.05, "adam": 0.01, "adamw": 0.01}


def weights_of(state: TrainState) -> Tensor:
    return torch.cat([p.detach().flatten() for p in state.model.parameters()])


def run(
    population: Population, data: ResidentDataset
) -> tuple[dict[int, list[EpochEnd]], dict[int, Finished]]:
    epochs: dict[int, list[EpochEnd]] = {i: [] for i in population.members}
    finished = {}
    for event in train_population(population, data):
        if isinstance(event, MemberEvent) and isinstance(event.event, EpochEnd):
            epochs[event.member].append(event.event)
        elif isinstance(event, MemberEvent):
            finished[event.member] = event.event
    return epochs, finished


def assert_equals_alone(configs: list[TrainConfig], data: ResidentDataset) -> None:
    population = Population(configs, data, CPU)
    members = dict(population.members)
    epochs, finished = run(population, data)
    for i, config in enumerate(configs):
        state = TrainState(config, data.in_size, data.classes, CPU)
        alone = list(train(config, data, CPU, state))
        expected = [e for e in alone if isinstance(e, EpochEnd)][1:]
        assert [e.epoch for e in epochs[i]] == [e.epoch for e in expected]
        for ours, theirs in zip(epochs[i], expected, strict=True):
            assert ours.train_loss == pytest.approx(theirs.train_loss, abs=1e-5)
            assert ours.train_accuracy == pytest.approx(theirs.train_accuracy)
            assert ours.val_loss == pytest.approx(theirs.val_loss, abs=1e-5)
            assert ours.val_accuracy == pytest.approx(theirs.val_accuracy)
            assert ours.learning_rate == theirs.learning_rate
        torch.testing.assert_close(weights_of(members[i]), weights_of(state), atol=1e-5, rtol=1e-4)
        end = alone[-1]
        assert isinstance(end, Finished)
        assert finished[i].outcome == end.outcome == "completed"
        assert finished[i].test_loss == pytest.approx(end.test_loss, abs=1e-5)
        assert finished[i].test_accuracy == pytest.approx(end.test_accuracy)


@pytest.mark.parametrize("optimizer", RATES)
def test_a_population_of_one_is_the_single_run(tiny: ResidentDataset, optimizer: str) -> None:
    config = {"epochs": 3, "optimizer": optimizer, "learning_rate": RATES[optimizer]}
    assert_equals_alone([parse_config(config)], tiny)


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", RATES)
def test_each_of_64_members_of_mixed_widths_is_the_run_alone(
    tiny: ResidentDataset, optimizer: str
) -> None:
    configs = [
        parse_config(
            {
                "epochs": 3,
                "optimizer": optimizer,
                "hidden_sizes": 4 + i % 13,
                "learning_rate": RATES[optimizer] * (0.2 + i % 5 / 5),
                "momentum": 0.5 + i % 3 / 10,
                "weight_decay": (0.0, 0.01)[i % 2],
                "seed": i,
                "batch_size": 32,
            }
        )
        for i in range(64)
    ]
    assert_equals_alone(configs, tiny)


@pytest.mark.parametrize("optimizer", RATES)
def test_updated_all_together_as_on_a_gpu_each_is_the_run_alone(
    tiny: ResidentDataset, monkeypatch: pytest.MonkeyPatch, optimizer: str
) -> None:
    monkeypatch.setattr("mnist_core.population.engine.bound_by_launches", lambda device: True)
    configs = [
        parse_config(
            {
                "epochs": 3,
                "optimizer": optimizer,
                "hidden_sizes": ["9", "10", "8, 7"][i % 3],
                "learning_rate": RATES[optimizer] * (0.5 + i % 5 / 5),
                "momentum": 0.5 + i % 3 / 10,
                "weight_decay": (0.0, 0.01)[i // 3 % 2],
                "schedule": ("constant", "one_cycle")[i % 2],
                "seed": i,
                "batch_size": 32,
            }
        )
        for i in range(12)
    ]
    assert_equals_alone(configs, tiny)


def test_dropout_drawn_all_together_drops_its_share_and_learns(
    tiny: ResidentDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mnist_core.population.engine.bound_by_launches", lambda device: True)
    configs = [
        parse_config({"epochs": 20, "hidden_sizes": 20 + i, "dropout": i / 10}) for i in range(4)
    ]
    states = [TrainState(c, tiny.in_size, tiny.classes, CPU) for c in configs]
    engine = Engine(states, tiny, [0] * 4, input_use(tiny), torch.full((1, 4), 0.1))
    engine.step(0, [torch.arange(100)])
    (block,) = engine._batch(100, training=True).blocks
    for i, part in enumerate(
        view for views in engine.layout.parts(0, block.keep) for view in views
    ):
        real, padding = part[: 20 + i], part[20 + i :]
        assert (real == 0).float().mean().item() == pytest.approx(i / 10, abs=0.05)
        assert real.mean().item() == pytest.approx(1, abs=0.1)
        assert not padding.any()
    _, finished = run(Population(configs, tiny, CPU), tiny)
    again = run(Population(configs, tiny, CPU), tiny)[1]
    for end, same in zip(finished.values(), again.values(), strict=True):
        assert end.test_accuracy > 0.7
        assert end.test_loss == same.test_loss


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
@pytest.mark.parametrize("activation", FUNCTIONS)
def test_depths_dropout_schedules_and_orders_are_as_alone(
    tiny: ResidentDataset, activation: str, optimizer: str
) -> None:
    rows = itertools.product(["", "7", "8", "7, 5", "8, 5"], [0.0, 0.3])
    configs = [
        parse_config(
            {
                "epochs": 2,
                "activation": activation,
                "optimizer": optimizer,
                "learning_rate": RATES[optimizer],
                "hidden_sizes": sizes,
                "dropout": dropout,
                "schedule": ("constant", "one_cycle", "cosine")[i % 3],
                "seed": i // 2,
                "order_seed": i % 3,
                "batch_size": 32,
            }
        )
        for i, (sizes, dropout) in enumerate(rows)
    ]
    assert_equals_alone(configs, tiny)


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_distortions_and_label_smoothing_are_as_alone(
    tiny: ResidentDataset, optimizer: str
) -> None:
    strong = {"shift": 1, "scale": 0.2, "rotation": 20, "elastic": 0.5, "smoothness": 2}
    configs = [
        parse_config(
            {
                "epochs": 2,
                "optimizer": optimizer,
                "learning_rate": RATES[optimizer],
                "hidden_sizes": 4 + i,
                "label_smoothing": smoothing,
                "order_seed": i % 2,
                "batch_size": 32,
                **distortion,
            }
        )
        for i, (smoothing, distortion) in enumerate(
            itertools.product([0.0, 0.1, 0.1], [{}, strong, strong, {"thickness": 0.5}])
        )
    ]
    assert_equals_alone(configs, tiny)


def test_distorted_pictures_have_no_blank_columns(tiny: ResidentDataset) -> None:
    images = tiny.images.clone()
    images[:, :4] = 0
    blank = ResidentDataset(images, tiny.labels, images[:100], tiny.labels[:100], tiny.classes)
    assert_equals_alone([parse_config({"epochs": 2, "shift": 2, "batch_size": 32})], blank)


@pytest.mark.parametrize("optimizer", RATES)
@pytest.mark.parametrize("activation", FUNCTIONS)
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_padded_units_stay_exactly_zero(
    tiny: ResidentDataset, activation: str, optimizer: str, dropout: float
) -> None:
    sizes = [(14, 7), (15, 8), (16, 8)]
    configs = [
        parse_config(
            {
                "activation": activation,
                "optimizer": optimizer,
                "weight_decay": 0.1,
                "learning_rate": RATES[optimizer],
                "hidden_sizes": list(size),
                "dropout": dropout,
            }
        )
        for size in sizes
    ]
    states = [TrainState(c, tiny.in_size, tiny.classes, CPU) for c in configs]
    rates = torch.tensor([[c.learning_rate for c in configs]]).expand(5, -1)
    engine = Engine(states, tiny, [0, 0, 0], input_use(tiny), rates)
    assert len(engine.layout.buckets) == 1
    before = engine.weights.first.clone()
    for number, rows in enumerate(torch.arange(200).split(40)):
        engine.step(number, [rows])
    assert not torch.equal(before, engine.weights.first)
    for member, (first, second) in enumerate(sizes):
        w0, b0, w1, b1, w2, _ = engine.weights.views(member)
        assert w0.shape == (16, 16)
        padding = (w0[first:], b0[first:], w1[second:], w1[:, first:], b1[second:], w2[:, second:])
        assert not any(p.any() for p in padding)
        assert all(p.isfinite().all() for p in padding)


def widened(data: ResidentDataset, rare: int, blank: int) -> ResidentDataset:
    """With inputs in front that are zero in most pictures, and behind that are zero in all."""

    def wider(images: Tensor) -> Tensor:
        chance = torch.rand(len(images), rare, generator=torch.Generator().manual_seed(1))
        seldom = torch.where(chance < 0.05, chance * 20 - 0.5, 0)
        return torch.cat([seldom, images, torch.zeros(len(images), blank)], dim=1)

    return ResidentDataset(
        wider(data.images), data.labels, wider(data.test_images), data.test_labels, data.classes
    )


@pytest.mark.parametrize("width", [4, BY_BATCH_UNITS // 5 + 1])
@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
@pytest.mark.parametrize("optimizer", RATES)
def test_blank_and_rare_inputs_are_left_out_and_keep_their_weights(
    tiny: ResidentDataset, optimizer: str, weight_decay: float, width: int
) -> None:
    data = widened(tiny, rare=20, blank=24)
    configs = [
        parse_config(
            {
                "epochs": 2,
                "optimizer": optimizer,
                "learning_rate": RATES[optimizer],
                "weight_decay": weight_decay,
                "hidden_sizes": width + i,
                "order_seed": i % 2,
                "batch_size": 10,
            }
        )
        for i in range(5)
    ]
    assert_equals_alone(configs, data)
    states = [TrainState(c, data.in_size, data.classes, CPU) for c in configs]
    columns = Engine(states, data, [0] * 5, input_use(data), torch.empty(0, 5)).columns
    by_batch = optimizer == "sgd" and not weight_decay and width > 4
    assert len(columns.rare) == (20 if by_batch else 0)
    assert len(columns.common) == (60 if weight_decay else 16 if by_batch else 48)


def test_an_input_is_rare_where_most_batches_do_without_it(tiny: ResidentDataset) -> None:
    data = widened(tiny, rare=20, blank=24)
    use = input_use(data)
    images = torch.cat([data.images, data.test_images])
    torch.testing.assert_close(use, (images != 0).double().mean(0))
    rare, full, blank = range(20), range(20, 36), range(36, 60)
    by_batch = choose_columns(use, batch_size=10, by_batch=True)
    assert by_batch.common.tolist() == list(full)
    assert by_batch.rare.tolist() == list(rare)
    # Of 200 pictures one has ink in each of those nearly always: none is worth the trouble.
    large = choose_columns(use, batch_size=200, by_batch=True)
    always = choose_columns(use, batch_size=10, by_batch=False)
    for columns in (large, always):
        assert {*rare, *full} <= set(columns.common.tolist())
        assert len(columns.common) % MULTIPLE == 0
        assert not len(columns.rare)
    assert not set(blank) & {*by_batch.common.tolist(), *by_batch.rare.tolist()}
    everything = choose_columns(torch.ones(60), batch_size=10, by_batch=True)
    assert everything.common.tolist() == list(range(60))


def test_a_diverged_member_is_reported_and_disturbs_nobody(tiny: ResidentDataset) -> None:
    wild = ResidentDataset(
        tiny.images * 1e4, tiny.labels, tiny.test_images * 1e4, tiny.test_labels, 4
    )
    calm = [
        parse_config({"epochs": 4, "activation": "none", "learning_rate": 1e-6, "seed": i})
        for i in range(3)
    ]
    bad = parse_config({"epochs": 4, "activation": "none", "learning_rate": 10})
    mixed = Population([calm[0], bad, *calm[1:]], wild, CPU)
    epochs, finished = run(mixed, wild)
    assert finished[1].outcome == "diverged"
    assert len(epochs[1]) < 4
    assert not math.isfinite(epochs[1][-1].val_loss)
    _, undisturbed = run(Population(calm, wild, CPU), wild)
    for mine, theirs in ((0, 0), (2, 1), (3, 2)):
        assert finished[mine].outcome == "completed"
        assert finished[mine].test_loss == pytest.approx(undisturbed[theirs].test_loss, rel=1e-4)


def mixed_configs(epochs: int = 4) -> list[TrainConfig]:
    return [
        parse_config(
            {
                "epochs": epochs,
                "optimizer": optimizer,
                "learning_rate": RATES[optimizer],
                "hidden_sizes": sizes,
                "dropout": 0.2,
                "schedule": "one_cycle",
            }
        )
        for optimizer, sizes in itertools.product(RATES, ["6", "9", "8, 8"])
    ]


def test_a_resumed_population_is_the_one_that_was_never_interrupted(tiny: ResidentDataset) -> None:
    uninterrupted = Population(mixed_configs(), tiny, CPU)
    members = dict(uninterrupted.members)
    whole, _ = run(uninterrupted, tiny)
    population = Population(mixed_configs(), tiny, CPU)
    rounds = (e for e in train_population(population, tiny) if isinstance(e, RoundEnd))
    next(rounds)
    next(rounds)
    again = Population.from_bytes(population.to_bytes(), CPU)
    taken_up = dict(again.members)
    resumed, _ = run(again, tiny)
    for i in range(len(whole)):
        assert [e.epoch for e in resumed[i]] == [3, 4]
        assert [e.val_loss for e in resumed[i]] == [e.val_loss for e in whole[i][2:]]
        assert torch.equal(weights_of(taken_up[i]), weights_of(members[i]))


@pytest.mark.parametrize("within", [True, False])
def test_a_population_goes_on_after_a_rewind(
    tiny: ResidentDataset, monkeypatch: pytest.MonkeyPatch, within: bool
) -> None:
    """Whether it is closed within an epoch, or when the first member has reported its end."""
    monkeypatch.setattr("mnist_core.population.train.PROGRESS_INTERVAL", 0)
    configs = [parse_config({**c.model_dump(), "batch_size": 30}) for c in mixed_configs()]
    whole, _ = run(Population(configs, tiny, CPU), tiny)
    population = Population(configs, tiny, CPU)
    events = train_population(population, tiny)
    next(e for e in events if isinstance(e, RoundEnd))
    if within:
        seen = (e for e in events if isinstance(e, PopulationProgress))
        assert next(seen).fraction < next(seen).fraction < 0.5
    else:
        next(e for e in events if isinstance(e, MemberEvent))
    population.rewind()
    events.close()
    assert population.members[0].seen == 0
    rest, finished = run(population, tiny)
    assert len(finished) == len(configs)
    for i, epochs in rest.items():
        assert epochs[-1].epoch == 4
        assert [e.val_loss for e in epochs] == [e.val_loss for e in whole[i]][-len(epochs) :]


def test_a_population_without_members_is_at_its_end(tiny: ResidentDataset) -> None:
    population = Population([parse_config({"epochs": 1})], tiny, CPU)
    run(population, tiny)
    again = Population.from_bytes(population.to_bytes(), CPU)
    assert list(train_population(again, tiny)) == [PopulationStarted(0, 0, 0, 0)]


def test_what_is_no_number_is_wrong_alone_and_together(tiny: ResidentDataset) -> None:
    images = torch.full_like(tiny.images, torch.inf)
    broken = ResidentDataset(images, tiny.labels, images[:100], tiny.labels[:100], tiny.classes)
    config = parse_config({"epochs": 1, "activation": "none"})
    _, finished = run(Population([config] * 2, broken, CPU), broken)
    alone = list(train(config, broken, CPU))[-1]
    assert isinstance(alone, Finished)
    assert alone.outcome == finished[0].outcome == "diverged"
    assert alone.test_accuracy == finished[0].test_accuracy == 0


def test_pruned_members_leave_and_the_others_go_on(tiny: ResidentDataset) -> None:
    configs = mixed_configs(3)
    population = Population(configs, tiny, CPU)
    epochs: dict[int, list[int]] = {i: [] for i in range(len(configs))}
    ends: dict[int, Finished] = {}
    for event in train_population(population, tiny):
        if isinstance(event, RoundEnd) and event.members == tuple(range(len(configs))):
            if epochs[0] == [1]:
                population.prune([0, 3, 5])
        elif isinstance(event, MemberEvent) and isinstance(event.event, EpochEnd):
            epochs[event.member].append(event.event.epoch)
        elif isinstance(event, MemberEvent):
            ends[event.member] = event.event
    assert all(epochs[i] == ([1] if i in (0, 3, 5) else [1, 2, 3]) for i in epochs)
    assert all(ends[i].outcome == ("stopped" if i in (0, 3, 5) else "completed") for i in ends)
    assert len(ends) == len(configs)
    alone = list(train(configs[1], tiny, CPU))[-1]
    assert isinstance(alone, Finished)
    assert ends[1].test_loss == pytest.approx(alone.test_loss, abs=1e-5)


def test_a_member_can_go_on_alone(tiny: ResidentDataset) -> None:
    config = parse_config({"epochs": 4, "optimizer": "adam", "learning_rate": 0.01})
    population = Population([config, config], tiny, CPU)
    next(e for e in train_population(population, tiny) if isinstance(e, RoundEnd))
    state = TrainState.from_bytes(population.members[1].to_bytes(), CPU)
    rest = [e for e in train(config, tiny, CPU, state) if isinstance(e, EpochEnd)]
    whole = TrainState(config, tiny.in_size, tiny.classes, CPU)
    list(train(config, tiny, CPU, whole))
    assert [e.epoch for e in rest] == [2, 3, 4]
    torch.testing.assert_close(weights_of(state), weights_of(whole))


def test_stopping_within_an_epoch_keeps_what_was_learnt(
    tiny: ResidentDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mnist_core.population.train.PROGRESS_INTERVAL", 0.0)
    config = parse_config({})
    population = Population([config] * 2, tiny, CPU)
    events = train_population(population, tiny)
    progress = next(e for e in events if isinstance(e, PopulationProgress))
    assert 0 < progress.fraction < 1
    assert progress.examples_per_second > 0
    assert progress.seconds_left > 0
    events.close()
    fresh = TrainState(config, tiny.in_size, tiny.classes, CPU)
    assert not torch.equal(weights_of(fresh), weights_of(population.members[0]))
    last = list(conclude(population.members[0], tiny))[-1]
    assert isinstance(last, Finished)
    assert last.outcome == "stopped"


def test_groups_fit_the_budget_and_one_that_cannot_is_refused(tiny: ResidentDataset) -> None:
    configs = [parse_config({"epochs": 1, "hidden_sizes": 8, "seed": i}) for i in range(6)]
    population = Population(configs, tiny, CPU)
    need = group_bytes(configs[:2], tiny)
    groups = make_groups(population.configs, tiny, need)
    assert [len(group) for group in groups] == [2, 2, 2]
    assert sorted(itertools.chain(*groups)) == list(range(6))
    started = next(iter(train_population(population, tiny, need)))
    assert started == PopulationStarted(6, population.parameter_count, 3, need)
    with pytest.raises(ConfigError, match="hidden_sizes"):
        next(iter(train_population(population, tiny, group_bytes(configs[:1], tiny) - 1)))


def test_refused_populations_and_bytes(tiny: ResidentDataset) -> None:
    with pytest.raises(ConfigError, match="at least one"):
        Population([], tiny, CPU)
    with pytest.raises(ConfigError, match="dataset"):
        Population([TrainConfig(), parse_config({"dataset": "kmnist"})], tiny, CPU)
    good = Population([TrainConfig()], tiny, CPU).to_bytes()
    for bad in (b"", b"nothing like it", good[: len(good) // 2]):
        with pytest.raises(CheckpointError):
            Population.from_bytes(bad, CPU)
    with pytest.raises(CheckpointError):
        Population.from_bytes(TrainState(TrainConfig(), 16, 4, CPU).to_bytes(), CPU)


def test_buckets_cover_all_members_and_pad_little() -> None:
    widths = sorted((h, 10) for h in range(1, 60))
    layout = Layout(widths)
    buckets = layout.buckets
    assert [i for b in buckets for i in range(b.members.start, b.members.stop)] == list(range(59))
    for bucket in buckets:
        assert bucket.widths == (widths[bucket.members.stop - 1][0], 10)
        assert bucket.widths[0] <= widths[bucket.members.start][0] * MAX_PADDING
    flat = torch.arange(buckets[-1].rows.stop)[:, None]
    assert torch.equal(torch.cat([p.flatten() for p in layout.parts(0, flat)]), flat[:, 0])


def test_64_members_on_the_real_digits(mnist: ResidentDataset) -> None:
    part = ResidentDataset(
        mnist.images[:3000], mnist.labels[:3000], mnist.test_images, mnist.test_labels, 10
    )
    configs = [
        parse_config({"epochs": 1, "hidden_sizes": (16, 32)[i % 2], "seed": i}) for i in range(64)
    ]
    assert_equals_alone(configs[:4], part)
    _, finished = run(Population(configs, part, CPU), part)
    # 24 steps: most of them read well already, and every one of them has learnt something.
    reached = [end.test_accuracy for end in finished.values()]
    assert statistics.median(reached) > 0.6
    assert min(reached) > 0.3


def test_members_share_their_groups_time_by_parameters(tiny: ResidentDataset) -> None:
    configs = [parse_config({"epochs": 1, "hidden_sizes": h}) for h in (8, 64)]
    population = Population(configs, tiny, CPU)
    parameters = [state.model.parameter_count for state in population.members.values()]
    epochs, finished = run(population, tiny)
    small, large = (epochs[i][-1] for i in range(2))
    assert 0 < small.seconds < large.seconds
    assert large.seconds / small.seconds == pytest.approx(parameters[1] / parameters[0])
    assert finished[1].seconds == large.seconds
