"""A store whose experiment was deleted, or whose folder was moved, opens as if nothing were."""

from pathlib import Path

import pytest
from mlflow import MlflowClient

from mnist_core.config.fields import parse_config
from mnist_core.runs.library import RunLibrary
from mnist_core.runs.store import RunStore
from mnist_core.sweep.storage import open_storage

CONFIG = parse_config({"hidden_sizes": 4})


def test_an_experiment_that_was_deleted_comes_back_with_its_runs() -> None:
    store = RunStore()
    run_id = store.create(CONFIG)
    MlflowClient(store.uri).delete_experiment(store.experiment)
    assert [run.id for run in RunStore().newest()] == [run_id]


def test_an_experiment_that_was_renamed_is_found_by_the_place_of_its_files() -> None:
    store = RunStore()
    run_id = store.create(CONFIG)
    MlflowClient(store.uri).create_experiment("somebody's own")
    MlflowClient(store.uri).rename_experiment(store.experiment, "digits of 2026")
    again = RunStore()
    assert [run.id for run in again.newest()] == [run_id]
    assert again.experiment == store.experiment


def test_an_experiment_that_is_deleted_under_us_takes_nothing_down() -> None:
    store = RunStore()
    library = RunLibrary(store)
    store.create(CONFIG)
    assert len(library.runs()) == 1
    MlflowClient(store.uri).delete_experiment(store.experiment)
    assert store.newest() == store.active() == []
    library.runs()
    made = store.create(CONFIG)
    assert made in [run.id for run in library.runs()]
    assert store.get(made).state == "queued"


@pytest.mark.parametrize("name", ["with space, 100 %", "what? number #1", "%41 é ü 数字"])
def test_a_home_folder_may_have_any_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    home = tmp_path / name
    monkeypatch.setenv("MNIST_LAB_HOME", str(home))
    store = RunStore()
    run_id = store.create(CONFIG)
    store.attach(run_id, "file", b"content")
    open_storage()
    assert {path.name for path in home.glob("*.db")} == {"runs.db", "studies.db"}
    moved = tmp_path / "elsewhere" / name[::-1]
    moved.parent.mkdir()
    del store
    home.rename(moved)
    monkeypatch.setenv("MNIST_LAB_HOME", str(moved))
    again = RunStore()
    assert again.attached(run_id, "file") == b"content"
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] in (
        ["elsewhere", "home"],
        ["home", "elsewhere"],
    )
