"""What a study has found."""

import math

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import RandomSampler
from optuna.storages import BaseStorage

from mnist_core.config.sweep import SweepConfig
from mnist_core.sweep.analysis import importance, summarise, trial_rows
from mnist_core.sweep.sampling import distributions
from mnist_core.sweep.study import create_study
from mnist_core.sweep.view import view
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
    assert next(iter(shares)) == "learning_rate"
    assert 0.5 < sum(shares.values()) < 1
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


@pytest.mark.parametrize("name", ["learning_rate", "my_own_axis"])
def test_trials_that_a_notebook_added_to_a_study_take_nothing_down(
    storage: BaseStorage, name: str
) -> None:
    study, config = fake_study(storage)
    before = summarise(study, config)
    other = {"my_own_axis": FloatDistribution(0.01, 1.5)}
    trial = study.ask(other if name in other else distributions(config))
    study.tell(trial, 0.99)
    assert summarise(study, config)[:20] == before[:20]
    assert len(trial_rows(study)) == (60 if name == "my_own_axis" else 61)
    shown = view(study, config, active=False)
    assert (shown.done, shown.state) == (61, "completed")
    assert shown.best is not None


def objective_study(objective, trials: int, seed: int) -> optuna.Study:
    """Trials at random over a rate, a width and a choice."""
    random = np.random.default_rng(seed)
    study = optuna.create_study(direction="maximize", sampler=RandomSampler(seed=seed))
    space = {
        "learning_rate": FloatDistribution(0.01, 1, log=True),
        "hidden_sizes": IntDistribution(16, 256),
        "activation": CategoricalDistribution(["relu", "tanh"]),
    }
    for _ in range(trials):
        trial = study.ask(space)
        study.tell(trial, objective(trial.params, random.normal()))
    return study


@pytest.mark.slow
@pytest.mark.parametrize("trials", [8, 16, 64])
def test_nothing_is_said_to_matter_in_pure_noise(trials: int) -> None:
    said = [
        importance(objective_study(lambda _, noise: 0.9 + 0.002 * noise, trials, seed))
        for seed in range(30)
    ]
    assert sum(map(bool, said)) <= 1


@pytest.mark.slow
@pytest.mark.parametrize("trials", [16, 64])
def test_what_matters_is_found_in_noise(trials: int) -> None:
    def objective(params, noise):
        return 0.9 + 0.02 * math.log10(params["learning_rate"]) + 0.002 * noise

    for seed in range(10):
        shares = importance(objective_study(objective, trials, seed))
        assert next(iter(shares)) == "learning_rate"
        assert 0.3 < shares["learning_rate"] < 1
        assert sum(shares.values()) < 1
        assert all(share < 0.15 for name, share in shares.items() if name != "learning_rate")


def test_a_choice_that_matters_is_found() -> None:
    def objective(params, noise):
        return (params["activation"] == "relu") + 0.1 * noise

    shares = importance(objective_study(objective, 24, seed=0))
    assert shares["activation"] > 0.7


def test_an_empty_study_has_no_findings(storage: BaseStorage) -> None:
    study = create_study(sweep(), storage)
    assert importance(study) == {}
    assert trial_rows(study) == []
    assert "No trial" in summarise(study, sweep())
