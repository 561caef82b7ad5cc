"""A run that is interrupted and resumed is bit for bit the run that never was."""

import pytest
import torch
from safetensors.torch import load

from mnist_core.config.fields import parse_config
from mnist_core.nn.events import EpochEnd, Event
from mnist_core.runs import recorder
from mnist_core.runs.execution import execute
from mnist_core.runs.store import RunStore

EPOCHS = 6


def tensors(store: RunStore, run_id: str) -> dict[str, torch.Tensor]:
    """Every weight and everything the optimizer remembers."""
    state = store.load_state(run_id, torch.device("cpu"))
    assert state is not None
    assert state.epoch == EPOCHS
    return load(state.to_bytes())


@pytest.mark.parametrize("last", range(EPOCHS))
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"optimizer": "adam", "learning_rate": 0.01, "schedule": "one_cycle", "dropout": 0.3},
        {"optimizer": "momentum", "schedule": "cosine", "hidden_sizes": "24, 16", "seed": 7},
    ],
)
@pytest.mark.usefixtures("data")
def test_interrupt_after_any_epoch_and_resume(
    settings: dict[str, object], last: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "CHECKPOINT_INTERVAL", 0.0)  # every epoch, as for long ones
    store = RunStore()
    config = parse_config({"epochs": EPOCHS, **settings})
    whole = store.create(config)
    list(execute(whole, store))

    broken = store.create(config)

    def reached(event: Event) -> bool:
        return isinstance(event, EpochEnd) and event.epoch == last

    events = execute(broken, store)
    next(event for event in events if reached(event))
    events.close()
    store.requeue(broken)
    shown = store.history(broken)
    assert store.get(broken).checkpoint.startswith(f"checkpoints/epoch-{last:06d}-")

    list(execute(broken, store))
    expected, found = tensors(store, whole), tensors(store, broken)
    assert expected.keys() == found.keys()
    for name, tensor in expected.items():
        assert torch.equal(tensor, found[name]), name
    rows = store.history(broken)
    assert [row["epoch"] for row in rows] == list(range(EPOCHS + 1))
    assert rows[: len(shown)] == shown
    assert store.get(broken).restarts == (last,)


@pytest.mark.usefixtures("data")
def test_epochs_that_are_trained_again_do_not_show_twice() -> None:
    store = RunStore()
    run_id = store.create(parse_config({"epochs": EPOCHS}))
    events = execute(run_id, store)  # too short for a checkpoint before its end
    next(event for event in events if isinstance(event, EpochEnd) and event.epoch == 3)
    events.close()
    store.requeue(run_id)
    list(execute(run_id, store))
    steps = [m.step for m in store.client.metric(run_id, "val_loss")]
    assert steps == list(range(EPOCHS + 1))
    assert store.get(run_id).restarts == (0,)


@pytest.mark.usefixtures("data")
def test_a_job_that_is_done_twice_trains_once() -> None:
    store = RunStore()
    run_id = store.create(parse_config({"epochs": 1}))
    assert list(execute(run_id, store))
    before = store.get(run_id)
    assert list(execute(run_id, store)) == []
    assert store.get(run_id) == before
