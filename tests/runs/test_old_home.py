"""A home folder as it was before the store was rewritten opens, and all in it goes on, for ever.

``tests/fixtures/home.tar.xz`` was made by the code of November 2026 in /srv/mnist-lab-home on a
machine called old-host, on the data set of the fixture ``small_mnist``. It is never made anew.
"""

import math
import shutil
import tarfile
from pathlib import Path

import numpy as np
import pytest
import torch

from mnist_core.config.fields import parse_config
from mnist_core.drawing.my_digits import MyDigits
from mnist_core.runs.execution import execute
from mnist_core.runs.library import RunLibrary
from mnist_core.runs.records import Run
from mnist_core.runs.snapshots import probabilities_of, read_snapshots, snapshot_files
from mnist_core.runs.store import RunStore
from mnist_core.sweep.execution import execute_study
from mnist_core.sweep.listed import study_names
from mnist_core.sweep.storage import open_storage
from mnist_core.sweep.study import STOP, load_study, reopen
from mnist_core.sweep.view import view

FIXTURE = Path(__file__).parents[1] / "fixtures" / "home.tar.xz"
CPU = torch.device("cpu")

# Name -> (state, epochs in its history, validation and test accuracy).
RUNS = {
    "first": ("completed", [0, 1, 2, 3, 4], 0.43333333333333335, 0.48),
    "no hidden layer é": ("completed", [0, 1], 1.0, 1.0),
    "deep, adam, distorted": ("completed", [0, 1, 2], 0.5, 0.5),
    "interrupted after 1 of 3": ("interrupted", [0, 1], 0.225, None),
    "stopped": ("stopped", None, 0.5916666666666667, 0.59),
    "diverged": ("diverged", [0, 1, 2, 3], 0.13333333333333333, 0.1),
    "failed": ("failed", [], None, None),
    "imported": ("completed", [0], 0.5, 0.5),
    "first, taught 1 own digits": ("completed", [0, 1, 2, 3, 4, 5], 0.38333333333333336, 0.4),
    "queued, and its app is gone": ("queued", [], None, None),
    "2 relu, sgd 0.05 (trial 3)": ("completed", [1, 2], 0.1, 0.1),
    "4 relu, sgd 0.05 (trial 0)": ("completed", [1, 2], 0.23333333432674408, 0.2),
    "2 relu, sgd 0.5 (trial 2)": ("completed", [1, 2], 0.1, 0.1),
    "4 relu, sgd 0.5 (trial 1)": ("completed", [1, 2], 0.2750000059604645, 0.35),
    "4 relu, sgd 0.269388 (trial 1)": ("completed", [1, 2], 0.2916666667, 0.32),
    "4 relu, sgd 0.160519 (trial 2)": ("completed", [1, 2], 0.2833333433, 0.3),
    "4 relu, sgd 0.122961 (trial 3)": ("completed", [1, 2], 0.275, 0.29),
    "4 relu, sgd 0.125207 (trial 0)": ("completed", [1, 2], 0.2583333254, 0.27),
    "3 relu, sgd 0.05 (trial 2)": ("interrupted", [1, 2], 0.15, None),
    "3 relu, sgd 0.2 (trial 0)": ("interrupted", [1, 2], 0.2, None),
    "3 relu, sgd 0.1 (trial 1)": ("interrupted", [1, 2], 0.1, None),
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, small_mnist: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The old home in a folder of another name."""
    place = tmp_path / "moved, and renamed é %41"
    with tarfile.open(FIXTURE) as archive:
        archive.extractall(tmp_path, filter="data")
    (tmp_path / "mnist-lab-home").rename(place)
    monkeypatch.setenv("MNIST_LAB_HOME", str(place))
    monkeypatch.setenv("MNIST_LAB_DATA", str(small_mnist))
    return place


def by_name(store: RunStore) -> dict[str, Run]:
    return {run.name: run for run in store.newest()}


def test_all_runs_are_there_with_their_states_figures_and_histories() -> None:
    store = RunStore()
    library = RunLibrary(store)
    assert {run.name for run in library.runs()} == RUNS.keys()
    assert library.unreadable() == []
    for name, run in by_name(store).items():
        state, epochs, val_accuracy, test_accuracy = RUNS[name]
        assert run.state == state, name
        rows = store.history(run.id)
        assert [row["epoch"] for row in rows] == (epochs or list(range(len(rows)))), name
        for figure, expected in (("val_accuracy", val_accuracy), ("test_accuracy", test_accuracy)):
            assert run.figure(figure) == pytest.approx(expected), name
    first = by_name(store)["first"]
    assert (first.starred, first.tags) == (True, ("kept", "for ever"))
    assert first.note == "A note.\nWith two lines."
    assert [(s.start, s.config.learning_rate) for s in first.segments] == [(0, 0.5), (2, 0.1)]
    assert by_name(store)["failed"].error.startswith("device = 'cuda:7'")


def test_every_network_reads_as_it_did() -> None:
    """On the pictures of the data set each has the accuracy that its run says."""
    from mnist_core.data.datasets import load_dataset
    from mnist_core.nn.training import conclude

    store, data = RunStore(), load_dataset("mnist").to(CPU)
    for name, run in by_name(store).items():
        state = store.load_state(run.id, CPU)
        assert (state is None) == (run.checkpoint == ""), name
        if state is not None and not state.diverged:
            *_, end = conclude(state, data)
            if run.result:
                assert end.test_accuracy == pytest.approx(run.result["test_accuracy"]), name
            assert state.epoch == run.saved_epoch, name
    first = by_name(store)["first"]
    models = {}
    for file in snapshot_files(store, first.id):
        models.update(read_snapshots(store, first.id, file))
    assert list(models) == [0, 1, 2, 3, 4]
    assert probabilities_of(models, np.ones((28, 28), np.float32).reshape(-1)).shape == (5, 10)


def test_what_was_not_recorded_then_is_no_number() -> None:
    store = RunStore()
    rows = store.history(by_name(store)["first"].id)
    assert rows
    assert all(math.isnan(row["train_accuracy"]) for row in rows)
    assert all(row["val_accuracy"] > 0 for row in rows)


def test_an_interrupted_run_goes_on_as_if_it_had_not_been() -> None:
    store = RunStore()
    broken = by_name(store)["interrupted after 1 of 3"]
    store.requeue(broken.id)
    list(execute(broken.id, store))
    whole = store.create(broken.config)
    list(execute(whole, store))
    assert store.get(broken.id).state == "completed"
    assert store.get(broken.id).restarts == (1,)
    expected, found = (store.history(run_id) for run_id in (whole, broken.id))
    for row, other in zip(found, expected, strict=True):
        for figure in ("epoch", "train_loss", "val_loss", "val_accuracy", "learning_rate"):
            assert row[figure] == pytest.approx(other[figure], rel=1e-4)


@pytest.mark.parametrize("name", ["first", "imported", "stopped"])
def test_a_run_that_has_ended_is_continued(name: str) -> None:
    store = RunStore()
    before = by_name(store)[name]
    config = before.config.model_copy(update={"epochs": 2, "learning_rate": 0.01})
    store.add_segment(before.id, config)
    list(execute(before.id, store))
    after, rows = store.get(before.id), store.history(before.id)
    assert after.state == "completed"
    assert after.config == config
    assert rows[-1]["epoch"] == before.saved_epoch + 2
    assert rows[-1]["learning_rate"] == 0.01
    assert after.segments[-1].start == before.saved_epoch


def test_studies_open_and_the_stopped_one_goes_on_to_its_end() -> None:
    store, storage = RunStore(), open_storage()
    names = ["stopped half way", "random, median", "grid, complete"]
    assert study_names(storage) == names
    shown = {name: view(*load_study(name, storage), active=False) for name in names}
    assert [(v.state, v.done) for v in shown.values()] == [
        ("stopped", 0),
        ("completed", 4),
        ("completed", 4),
    ]
    assert all(len(v.rows) == len(v.curves) == v.planned for v in shown.values())
    study, config = load_study("stopped half way", storage)
    reopen(study)
    assert not study.user_attrs[STOP]
    list(execute_study(study, config, store, "job"))
    assert view(study, config, active=False).state == "completed"
    ended = [run for run in store.newest() if run.study == "stopped half way"]
    assert [run.state for run in ended] == ["completed"] * 3
    assert all([r["epoch"] for r in store.history(run.id)] == list(range(1, 41)) for run in ended)


def test_own_digits_are_there() -> None:
    (digit,) = MyDigits().all()
    assert digit.label == 1
    taught = by_name(RunStore())["first, taught 1 own digits"]
    assert RunStore().attached(taught.id, "my-digits.json")


def test_a_copy_and_the_original_do_not_touch_each_other(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = tmp_path / "copy?" / "of it"
    shutil.copytree(home, copy)
    stores = []
    for place in (home, copy):
        monkeypatch.setenv("MNIST_LAB_HOME", str(place))
        stores.append(RunStore())
    original, other = stores
    run_id = by_name(original)["first"].id
    before = {path: path.read_bytes() for path in home.glob("artifacts/**/*") if path.is_file()}
    more = parse_config({"hidden_sizes": 4, "epochs": 1})
    other.add_segment(run_id, more)
    list(execute(run_id, other))
    RunLibrary(other).delete([by_name(other)["imported"].id])
    assert {p: p.read_bytes() for p in home.glob("artifacts/**/*") if p.is_file()} == before
    assert original.get(run_id).saved_epoch == 4
    assert other.get(run_id).saved_epoch == 5
    for store, epoch in ((original, 4), (other, 5)):
        state = store.load_state(run_id, CPU)
        assert state is not None
        assert state.epoch == epoch
    original.add_segment(run_id, more)
    list(execute(run_id, original))
    assert original.history(run_id)[-1]["val_loss"] == other.history(run_id)[-1]["val_loss"]


def test_mlflow_itself_finds_the_files_of_a_home_that_was_moved(home: Path) -> None:
    from mlflow import MlflowClient

    store = RunStore()
    run = by_name(store)["first"]
    (file,) = MlflowClient(store.uri).list_artifacts(run.id, "checkpoints")
    assert file.path == run.checkpoint
