"""A backup as docs/operations.md makes it: the home folder of an idle app, opened elsewhere."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from mnist_core.config.train import TrainConfig
from mnist_core.runs.execution import execute
from mnist_core.runs.store import RunStore
from mnist_core.settings import Settings
from mnist_core.sweep.listed import study_names
from mnist_core.sweep.storage import open_storage


@pytest.mark.skipif(shutil.which("tar") is None, reason="there is no tar")
def test_a_backup_is_restored_elsewhere(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = Settings().home
    store = RunStore()
    run_id = store.create(TrainConfig(hidden_sizes=(4,), epochs=2, device="cpu"), "kept")
    for _ in execute(run_id, store, "cpu"):
        pass
    network, rows = store.load_network(run_id), store.history(run_id)
    assert network is not None
    studies = study_names(open_storage())

    packed = tmp_path / "backup.tar.xz"
    subprocess.run(["tar", "-C", home.parent, "-cJf", packed, home.name], check=True)
    shutil.rmtree(home)  # what is read now comes from the backup
    elsewhere = tmp_path / "another machine"
    elsewhere.mkdir()
    subprocess.run(["tar", "-C", elsewhere, "-xJf", packed], check=True)
    monkeypatch.setenv("MNIST_LAB_HOME", str(elsewhere / home.name))

    restored = RunStore()
    run = restored.get(run_id)
    assert (run.name, run.state) == ("kept", "completed")
    assert restored.history(run_id) == rows
    again = restored.load_network(run_id)
    assert again is not None
    for name, array in network.weights.items():
        assert np.array_equal(array, again.weights[name])
    assert study_names(open_storage()) == studies
