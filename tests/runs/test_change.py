"""A run that is changed while it trains: asked for, made between two epochs, kept, repeated."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch

from mnist_core.config.fields import parse_config
from mnist_core.config.knobs import Knobs
from mnist_core.errors import ConfigError, StoreError
from mnist_core.nn import training
from mnist_core.nn.events import EpochEnd
from mnist_core.runs import execution, recorder
from mnist_core.runs.execution import execute
from mnist_core.runs.records import Change, Run
from mnist_core.runs.store import RunStore

CONFIG = parse_config(
    {"hidden_sizes": 4, "epochs": 6, "optimizer": "momentum", "batch_size": 240}
)  # two steps an epoch: a worker is lost between them
SLOW = {"learning_rate": 0.05}
HEAVY = {"learning_rate": 0.1, "momentum": 0.5, "weight_decay": 0.01}
Asked = Mapping[int, Mapping[str, float]]
TWO: Asked = {1: SLOW, 4: HEAVY}


@pytest.fixture
def store(data: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    """What is asked for is seen at once, however short the epochs are."""
    monkeypatch.setattr(execution, "LOOK", -1.0)
    monkeypatch.setattr(recorder, "CHECKPOINT_INTERVAL", 0.0)
    monkeypatch.setattr(training, "PROGRESS_INTERVAL", 0.0)
    return RunStore()


def go(store: RunStore, run_id: str, asked: Asked, until: int | None = None) -> Run:
    """Train on; at the end of some epochs somebody asks; the worker is lost within the next one."""
    events, ended = execute(run_id, store), -1
    for event in events:
        if ended == until:
            break
        if isinstance(event, EpochEnd):
            ended = event.epoch
            if event.epoch in asked:
                store.request_change(run_id, asked[event.epoch])
    events.close()
    return store.get(run_id)


def knobs(run: Run) -> list[tuple[int, Knobs]]:
    return [(c.start, c.knobs) for s in run.segments for c in s.changes]


def weights(store: RunStore, run_id: str) -> torch.Tensor:
    state = store.load_state(run_id, torch.device("cpu"))
    assert state is not None
    return torch.cat([p.detach().flatten() for p in state.model.parameters()])


def test_a_change_holds_from_the_next_epoch_on_and_is_in_the_record(store: RunStore) -> None:
    run = go(store, store.create(CONFIG), TWO)
    assert knobs(run) == [(1, Knobs(0.05, 0.9, 0.0)), (4, Knobs(0.1, 0.5, 0.01))]
    rates = [row["learning_rate"] for row in store.history(run.id)]
    assert rates == [0.5, 0.5, 0.05, 0.05, 0.05, 0.1, 0.1]
    assert run.segments[0].config == CONFIG  # as it began
    assert [run.segments[0].at(epoch).learning_rate for epoch in (0, 1, 3, 4)] == [
        *(0.5, 0.05, 0.05, 0.1)
    ]
    assert run.config == CONFIG.model_copy(update=HEAVY)  # as it ended
    assert not run.uniform
    assert run.wanted is None
    assert RunStore().get(run.id).segments == run.segments  # another process sees the same


def test_the_record_is_there_before_the_first_row_that_is_trained_with_it(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    for event in execute(run_id, store):
        if isinstance(event, EpochEnd):
            rows = store.history(run_id)
            if len(rows) > 1 and rows[-1]["learning_rate"] == 0.05:
                assert knobs(store.get(run_id)) == [(1, Knobs(0.05, 0.9, 0.0))]
            if event.epoch == 1:
                store.request_change(run_id, SLOW)


@pytest.mark.slow
@pytest.mark.parametrize("saved", [0.0, 3600.0])
def test_a_run_that_is_broken_off_repeats_its_changes_bit_for_bit(
    store: RunStore, monkeypatch: pytest.MonkeyPatch, saved: float
) -> None:
    """Whether each epoch was saved, or none since the start."""
    whole = go(store, store.create(CONFIG), TWO)
    monkeypatch.setattr(recorder, "CHECKPOINT_INTERVAL", saved)
    for lost in range(6):
        broken = store.create(CONFIG)
        go(store, broken, TWO, until=lost)
        store.requeue(broken)
        left = {epoch: values for epoch, values in TWO.items() if epoch > lost}
        run = go(store, broken, left)
        assert (run.state, knobs(run)) == ("completed", knobs(whole)), lost
        assert torch.equal(weights(store, whole.id), weights(store, broken)), lost
        for row, then in zip(store.history(broken), store.history(whole.id), strict=True):
            assert {**row, "seconds": 0} == {**then, "seconds": 0}, lost


def test_a_new_change_waits_until_what_was_there_is_repeated(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = store.create(CONFIG)
    monkeypatch.setattr(recorder, "CHECKPOINT_INTERVAL", 3600.0)  # so it begins anew
    go(store, run_id, {3: SLOW}, until=4)
    store.requeue(run_id)
    run = go(store, run_id, {1: HEAVY})
    assert [start for start, _ in knobs(run)] == [3, 4]
    assert [row["learning_rate"] for row in store.history(run_id)][-3:] == [0.05, 0.1, 0.1]


def test_twice_the_same_is_one_change_and_the_later_of_two_counts(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    for event in execute(run_id, store):
        if isinstance(event, EpochEnd) and event.epoch == 2:
            store.request_change(run_id, HEAVY)
            for _ in range(2):
                store.request_change(run_id, SLOW)
            assert store.get(run_id).wanted == Knobs(0.05, 0.9, 0.0)
            assert RunStore().get(run_id).wanted == Knobs(0.05, 0.9, 0.0)
        elif isinstance(event, EpochEnd) and event.epoch == 4:
            store.request_change(run_id, SLOW)  # as it is already
            assert store.get(run_id).wanted is None
    assert knobs(store.get(run_id)) == [(2, Knobs(0.05, 0.9, 0.0))]


def test_what_is_asked_for_too_late_changes_nothing_and_is_not_taken_along(store: RunStore) -> None:
    run = go(store, store.create(CONFIG), {6: SLOW})
    assert (run.state, knobs(run)) == ("completed", [])
    assert run.wanted == Knobs(0.05, 0.9, 0.0)
    store.add_segment(run.id, CONFIG)
    assert store.get(run.id).wanted is None
    assert knobs(go(store, run.id, {})) == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"learning_rate": 11}, r"learning_rate = 11: must be a number from 1e-06 to 10"),
        ({"momentum": 1}, r"momentum = 1: must be a number from 0 to 0\.999"),
        ({"weight_decay": float("nan")}, r"weight_decay = nan: must be"),
        ({"epochs": 3}, r"epochs = 3: cannot change while it trains"),
    ],
)
def test_a_value_that_is_not_allowed_is_named(
    store: RunStore, values: dict[str, float], said: str
) -> None:
    run_id = store.create(CONFIG)
    store.claim(run_id)
    with pytest.raises(ConfigError, match=said):
        store.request_change(run_id, values)
    assert store.get(run_id).wanted is None


def test_an_optimizer_without_momentum_has_no_such_knob(store: RunStore) -> None:
    run_id = store.create(CONFIG.model_copy(update={"optimizer": "adam"}))
    store.claim(run_id)
    with pytest.raises(ConfigError, match="learning_rate, weight_decay can"):
        store.request_change(run_id, {"momentum": 0.5})


def test_only_a_run_that_trains_can_be_changed(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    with pytest.raises(StoreError, match="waits to be trained"):
        store.request_change(run_id, SLOW)
    store.set_state(run_id, "stopped")
    with pytest.raises(StoreError, match="has ended"):
        store.request_change(run_id, SLOW)


def test_a_stop_makes_no_change(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    for event in execute(run_id, store):
        if isinstance(event, EpochEnd) and event.epoch == 2:
            store.request_change(run_id, SLOW)
            store.request_stop(run_id)
    assert (store.get(run_id).state, knobs(store.get(run_id))) == ("stopped", [])


def test_a_continuation_begins_with_its_own_numbers(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And has no changes that the network it goes on from was never trained with."""
    run_id = store.create(CONFIG)
    go(store, run_id, {1: SLOW, 3: HEAVY}, until=2)
    monkeypatch.setattr(recorder, "CHECKPOINT_INTERVAL", 3600.0)
    store.requeue(run_id)
    go(store, run_id, {3: HEAVY}, until=5)  # lost: what is saved is epoch 2
    assert [start for start, _ in knobs(store.get(run_id))] == [1, 3]
    more = CONFIG.model_copy(update={"learning_rate": 0.2, "epochs": 2})
    store.add_segment(run_id, more)
    run = go(store, run_id, {3: SLOW})
    assert [(s.start, [c.start for c in s.changes]) for s in run.segments] == [(0, [1]), (2, [3])]
    rates = [row["learning_rate"] for row in store.history(run_id)]
    assert rates[:5] == [0.5, 0.5, 0.05, 0.2, 0.05]


def test_hundreds_of_changes_are_kept(store: RunStore) -> None:
    config = CONFIG.model_copy(update={"epochs": 300})
    run_id = store.create(config)
    claim = store.claim(run_id)
    made = [Change(n, Knobs(0.1 + n / 70, 1 / (n + 3), n / 997)) for n in range(200)]
    for change in made:
        claim.change(change)
    run = store.get(run_id)
    assert run.segments[0].changes == tuple(made)
    assert run.config == made[-1].knobs.applied(config)


def test_a_change_out_of_bounds_is_a_damaged_record(store: RunStore) -> None:
    run_id = store.create(CONFIG)
    store.claim(run_id).change(Change(1, dataclasses.replace(Knobs.of(CONFIG), learning_rate=1e9)))
    with pytest.raises(StoreError, match="damaged"):
        store.get(run_id)


def test_what_was_asked_for_before_a_break_is_in_effect_once_training_goes_on(
    store: RunStore,
) -> None:
    run_id = store.create(CONFIG)
    events = execute(run_id, store)
    next(event for event in events if isinstance(event, EpochEnd) and event.epoch == 3)
    store.request_change(run_id, SLOW)
    events.close()
    store.requeue(run_id)
    assert store.get(run_id).wanted == Knobs(0.05, 0.9, 0.0)
    assert knobs(go(store, run_id, {})) == [(4, Knobs(0.05, 0.9, 0.0))]
