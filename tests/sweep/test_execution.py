"""A study that is stopped and goes on, by its records."""

from pathlib import Path

import pytest
from optuna.storages import BaseStorage
from optuna.trial import TrialState

from mnist_core.config.sweep import parse_sweep
from mnist_core.runs.store import RunStore
from mnist_core.sweep.events import TrialEvent
from mnist_core.sweep.execution import execute_study
from mnist_core.sweep.study import STOP, create_study
from tests.helpers.files import write_mnist


@pytest.mark.slow
@pytest.mark.parametrize("pruner", ["median", "halving"])
def test_a_stopped_study_prunes_as_one_that_was_not(
    storage: BaseStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pruner: str
) -> None:
    write_mnist(tmp_path / "data")
    monkeypatch.setenv("MNIST_LAB_DATA", str(tmp_path / "data"))
    # A study looks whether it should stop whenever its population reports how far it is.
    monkeypatch.setattr("mnist_core.population.train.PROGRESS_INTERVAL", 0.0)
    store, ends = RunStore(), []
    for stops in (0, 2):
        config = parse_sweep(
            {
                "name": f"{stops} stops",
                "base": {"epochs": 9, "batch_size": 5, "hidden_sizes": 8},
                "axes": {"learning_rate": "0.001:1:log"},
                "sampler": "qmc",
                "pruner": pruner,
                "objective": "val_loss",
                "trials": 12,
            }
        )
        study = create_study(config, storage)
        for stop in [True] * stops + [False]:
            study.set_user_attr(STOP, False)
            for event in execute_study(study, config, store, "job"):
                if stop and isinstance(event, TrialEvent):
                    study.set_user_attr(STOP, True)
        ends.append(
            {
                trial.params["learning_rate"]: (trial.state, trial.intermediate_values)
                for trial in study.trials
                if trial.state != TrialState.FAIL
            }
        )
    assert ends[0] == ends[1]
    assert {state for state, _ in ends[0].values()} == {TrialState.COMPLETE, TrialState.PRUNED}
