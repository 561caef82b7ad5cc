"""The weights after each epoch: kept within a budget, and the same network again."""

import numpy as np
import pytest
import torch
from safetensors.torch import save as save_tensors

from mnist_core.config.train import TrainConfig
from mnist_core.errors import StoreError
from mnist_core.nn.events import EpochEnd, Progress
from mnist_core.nn.state import TrainState
from mnist_core.nn.training import train
from mnist_core.runs import snapshots
from mnist_core.runs.recorder import Recorder
from mnist_core.runs.snapshots import (
    kept_epochs,
    probabilities_of,
    read_moment,
    read_snapshots,
    snapshot_files,
)
from mnist_core.runs.store import RunStore

CPU = torch.device("cpu")


def test_all_epochs_are_kept_while_they_are_few():
    assert kept_epochs(0, 5, 10) == set(range(6))
    assert kept_epochs(7, 9, 3) == {7, 8, 9}


@pytest.mark.parametrize(("end", "most"), [(1000, 2), (1000, 20), (1000, 150), (30, 5)])
def test_many_epochs_are_thinned_towards_the_end(end: int, most: int):
    kept = sorted(kept_epochs(0, end, most))
    assert len(kept) <= most
    assert (kept[0], kept[-1]) == (0, end)
    gaps = np.diff(kept)
    assert gaps[0] <= gaps[-1]
    assert {epoch + 40 for epoch in kept} == kept_epochs(40, 40 + end, most)


def record(tiny, config: TrainConfig) -> tuple[RunStore, str, dict[int, dict[str, torch.Tensor]]]:
    """Train and record; what the weights really were after each epoch."""
    store = RunStore()
    run_id = store.create(config)
    recorder, weights = Recorder(store, store.claim(run_id)), {}
    state = TrainState(config, tiny.in_size, tiny.classes, CPU)
    for event in train(config, tiny, CPU, state):
        recorder.record(event, state)
        if isinstance(event, EpochEnd):
            now = state.model.state_dict()
            weights[event.epoch] = {name: tensor.clone() for name, tensor in now.items()}
    return store, run_id, weights


def test_each_epochs_network_comes_back_to_half_precision(tiny):
    config = TrainConfig(hidden_sizes=(8,), epochs=4, batch_size=50, activation="tanh")
    store, run_id, weights = record(tiny, config)
    found = {}
    for file in snapshot_files(store, run_id):
        found.update(read_snapshots(store, run_id, file))
    assert list(found) == [0, 1, 2, 3, 4]
    for epoch, network in found.items():
        for name, array in network.weights.items():
            np.testing.assert_allclose(array, weights[epoch][name], atol=1e-3, rtol=1e-3)
    probabilities = probabilities_of(found, np.ones((4, 4), np.float32))
    assert probabilities.shape == (5, 4)
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-5)


def test_the_budget_is_kept(tiny, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(snapshots, "BUDGET", 2000)
    config = TrainConfig(hidden_sizes=(8,), epochs=30, batch_size=50)
    store, run_id, _ = record(tiny, config)
    models = {}
    for file in snapshot_files(store, run_id):
        models.update(read_snapshots(store, run_id, file))
    assert (min(models), max(models)) == (0, 30)
    parameters = sum(array.size for array in models[0].weights.values())
    assert len(models) * parameters * 2 <= 2000


def test_a_network_too_large_for_the_budget_is_not_kept(tiny, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(snapshots, "BUDGET", 500)
    store, run_id, weights = record(tiny, TrainConfig(hidden_sizes=(8,), epochs=3, batch_size=50))
    assert 2 * 2 * sum(tensor.numel() for tensor in weights[0].values()) > 500
    assert snapshot_files(store, run_id) == ()


def test_within_a_long_epoch_the_latest_moment_is_there_and_no_other(
    tiny, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(snapshots, "INTERVAL", -1.0)  # it is always time
    store, config = RunStore(), TrainConfig(hidden_sizes=(8,), epochs=2, batch_size=50)
    run_id = store.create(config)
    recorder = Recorder(store, store.claim(run_id))
    state = TrainState(config, tiny.in_size, tiny.classes, CPU)
    assert read_moment(store, store.get(run_id)) == {}
    for event in train(config, tiny, CPU, state):
        recorder.record(event, state)
        if isinstance(event, EpochEnd) and event.epoch < 2:
            for fraction in (0.25, 0.5):
                recorder.record(Progress(event.epoch + 1, fraction, 1.0, 1.0), state)
                ((epoch, network),) = read_moment(store, store.get(run_id)).items()
                assert epoch == event.epoch + fraction
                for name, tensor in state.model.state_dict().items():
                    np.testing.assert_array_equal(network.weights[name], tensor.half().float())
    assert len(snapshot_files(store, run_id)) == 3
    assert len(store.attachments(run_id)) == 4, "three epochs and one moment"


def test_large_networks_have_fewer_moments_and_short_epochs_none(
    tiny, monkeypatch: pytest.MonkeyPatch
):
    now = [100.0]
    monkeypatch.setattr(snapshots.time, "monotonic", lambda: now[0])
    store, config = RunStore(), TrainConfig(hidden_sizes=(8,), epochs=2, batch_size=50)
    state = TrainState(config, tiny.in_size, tiny.classes, CPU)
    for rate, pause in ((snapshots.RATE, 1), (2 * state.model.parameter_count / 10, 10)):
        monkeypatch.setattr(snapshots, "RATE", rate)
        run_id = store.create(config)
        writer = snapshots.SnapshotWriter(store.claim(run_id))
        now[0] += pause
        writer.during(state, 0.5)
        assert read_moment(store, store.get(run_id)) == {}
        now[0] += 0.01
        writer.during(state, 0.6)
        assert [*read_moment(store, store.get(run_id))] == [0.6]


def test_a_missing_or_damaged_file_is_named(tiny):
    store, run_id, _ = record(tiny, TrainConfig(hidden_sizes=(), epochs=1))
    with pytest.raises(StoreError, match="weights-9"):
        read_snapshots(store, run_id, "weights-9")
    store.attach(run_id, "weights-0.safetensors", b"not weights")
    with pytest.raises(StoreError, match="weights-0"):
        read_snapshots(store, run_id, "weights-0.safetensors")
    for name in ("weights", "1.weights", "last.layers.0.weight", "1.layers.0.weight"):
        store.attach(run_id, "weights-1.safetensors", save_tensors({name: torch.zeros(2, 2)}))
        with pytest.raises(StoreError, match=r"weights-1.* is damaged"):
            read_snapshots(store, run_id, "weights-1.safetensors")
    store.attach(run_id, snapshots.MOMENT, save_tensors({"layers.0.weight": torch.zeros(2, 2)}))
    with pytest.raises(StoreError, match=r"moment.* is damaged"):
        read_moment(store, store.get(run_id))
