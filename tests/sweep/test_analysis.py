"""What a study has found."""

import optuna
import pytest
from optuna.storages import BaseStorage

from mnist_core.config.sweep import SweepConfig
from mnist_core.sweep.analysis import importance, summarise, trial_rows
from mnist_core.sweep.study import create_study, distributions
from tests.helpers.studies import sweep


def fake_study(storage: BaseStorage) -> tuple[optuna.Study, SweepConfig]:
    """Accuracy rises with the learning rate until it fails above 0.9, and with width until 64."""
    config = sweep(
        sampler="random",
        trials=60,
        axes={"learning_rate": "0.01:1.5", "hidden_sizes": "16,32,64,128,256"},
    )
    study = create_study(config, storage)
    for _ in range(60):
        trial = study.ask(distributions(config))
        rate, units = trial.params["learning_rate"], trial.params["hidden_sizes"]
        accuracy = 0.6 + 0.3 * min(rate, 0.9) + 0.01 * min(units, 64) / 64
        accuracy = 0.1 if rate > 0.9 else accuracy
        trial.set_user_attr("val_accuracy", accuracy)
        trial.set_user_attr("learned", rate <= 0.9)
        study.tell(trial, accuracy)
    return study, config


def test_the_summary_says_what_mattered(storage: BaseStorage) -> None:
    study, config = fake_study(storage)
    shares = importance(study)
    assert list(shares) == ["learning_rate", "hidden_sizes"]
    assert sum(shares.values()) == pytest.approx(1)
    text = summarise(study, config)
    assert text.startswith(
        f"Learning rate explains {100 * shares['learning_rate']:.0f} % of the variation"
    )
    highest = max(
        t.params["learning_rate"] for t in study.trials if t.params["learning_rate"] <= 0.9
    )
    assert f"above {highest:.3g} of learning rate training fails" in text
    assert "hidden units the gain is under 0.2 points" in text
    assert "the best reaches 8" in text


def test_an_empty_study_has_no_findings(storage: BaseStorage) -> None:
    study = create_study(sweep(), storage)
    assert importance(study) == {}
    assert trial_rows(study) == []
    assert "No trial" in summarise(study, sweep())
