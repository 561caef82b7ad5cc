"""What a study has found."""

import math
import shutil
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.samplers import RandomSampler
from optuna.storages import BaseStorage
from optuna.trial import create_trial

from mnist_core.config.sweep import SweepConfig
from mnist_core.sweep.analysis import importance, summarise, trial_rows
from mnist_core.sweep.listed import SWEEP
from mnist_core.sweep.sampling import distributions
from mnist_core.sweep.storage import open_storage
from mnist_core.sweep.study import ERROR, create_study, load_study
from mnist_core.sweep.view import view
from tests.helpers.studies import change, sweep

Fake = tuple[optuna.Study, SweepConfig]


FAKE = sweep(
    sampler="random",
    trials=60,
    axes={"learning_rate": "0.01:1.5", "hidden_sizes": "16,32,64,128,256"},
)


@pytest.fixture(scope="module")
def _fake(tmp_path_factory: pytest.TempPathFactory, _empty_home: Path) -> Path:
    """Accuracy rises with the learning rate until it fails above 0.9, and with width until 64."""
    path = tmp_path_factory.mktemp("fake") / "studies.db"
    shutil.copy(_empty_home / path.name, path)
    storage = open_storage(f"sqlite:///{path}")
    study, random = create_study(FAKE, storage), np.random.default_rng(0)
    for _ in range(60):  # each in one transaction, which a trial that is asked for takes ten of
        rate, units = random.uniform(0.01, 1.5), int(random.choice([16, 32, 64, 128, 256]))
        accuracy = 0.6 + 0.3 * min(rate, 0.9) + 0.01 * min(units, 64) / 64
        accuracy = 0.1 if rate > 0.9 else accuracy
        found = {"val_accuracy": accuracy, "parameters": 800 * units, "learned": rate <= 0.9}
        values = {"learning_rate": rate, "hidden_sizes": units}
        study.add_trial(
            create_trial(
                params=values,
                distributions=distributions(FAKE),
                user_attrs=found,
                value=accuracy,
            )
        )
    storage.remove_session()
    storage.engine.dispose()
    return path


@pytest.fixture
def _home(_fake: Path, tmp_path: Path) -> None:
    shutil.copy(_fake, tmp_path / "home" / _fake.name)


@pytest.fixture
def fake(_home: None, storage: BaseStorage) -> Fake:
    """A study of sixty trials in the home folder."""
    return load_study(FAKE.name, storage)


def test_the_summary_says_what_mattered(fake: Fake) -> None:
    study, config = fake
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
def test_trials_that_a_notebook_added_to_a_study_take_nothing_down(fake: Fake, name: str) -> None:
    study, config = fake
    before = summarise(study, config)
    other = {"my_own_axis": FloatDistribution(0.01, 1.5)}
    trial = study.ask(other if name in other else distributions(config))
    study.tell(trial, 0.99)
    assert summarise(study, config)[:20] == before[:20]
    assert len(trial_rows(study)) == (60 if name == "my_own_axis" else 61)
    shown = view(study, config, active=False)
    assert (shown.done, shown.state) == (61, "completed")
    assert shown.best is not None


FIRST = "trial_id = (select min(trial_id) from trials)"
ATTRIBUTE = f"update trial_user_attributes set value_json = '{{}}' where key = '{{}}' and {FIRST}"


@pytest.mark.parametrize(
    "damage",
    [
        f"delete from trial_values where {FIRST}",
        f"delete from trial_params where {FIRST} and param_name = 'learning_rate'",
        f"delete from trial_params where {FIRST}",
        ATTRIBUTE.format('"97 %"', "val_accuracy"),
        ATTRIBUTE.format("null", "val_accuracy"),
        ATTRIBUTE.format("Infinity", "val_accuracy"),
        ATTRIBUTE.format("1" + 30 * "0", "parameters"),
    ],
)
def test_a_trial_that_is_damaged_is_left_out(fake: Fake, storage: BaseStorage, damage: str) -> None:
    study, _ = fake
    change(damage)
    study, config = load_study(study.study_name, storage)
    assert [row["trial"] for row in trial_rows(study)] == list(range(1, 60))
    assert "learning rate training fails" in summarise(study, config)
    assert "learning_rate" in importance(study)
    assert view(study, config, active=False).done == 60


def test_a_study_with_another_s_settings_shows_no_trials(fake: Fake) -> None:
    study, _ = fake
    other = sweep(axes={"momentum": "0.1,0.5"})
    study.set_user_attr(SWEEP, other.model_dump_json())
    study.set_user_attr(ERROR, ["not", "a", "text"])
    assert trial_rows(study) == []
    assert "No trial" in summarise(study, other)
    assert "not" in view(study, other, active=False).error


@pytest.mark.parametrize(
    ("axes", "trials", "failed", "says"),
    [
        ({"learning_rate": "0.1:1", "dropout": "0:0.5"}, 10, 1, False),
        ({"learning_rate": "0.1:1", "dropout": "0:0.5"}, 10, 3, True),
        ({"learning_rate": "0.1:1"}, 10, 1, True),
    ],
)
def test_one_failure_says_nothing_of_axes_whose_highest_it_may_be_by_chance(
    storage: BaseStorage, axes: dict[str, str], trials: int, failed: int, says: bool
) -> None:
    """It was called the fault of each axis on which it happened to be the highest."""
    config = sweep(sampler="random", trials=trials, axes=axes)
    study = create_study(config, storage)
    space = distributions(config)
    for i in range(trials):
        params = {name: 0.1 * (i + 1) * (1 if name == "learning_rate" else 0.5) for name in axes}
        learned = i < trials - failed
        attributes = {"val_accuracy": 0.9 if learned else 0.1, "learned": learned}
        study.add_trial(
            create_trial(
                params=params,
                distributions=space,
                values=[attributes["val_accuracy"]],
                user_attrs=attributes,
            )
        )
    text = summarise(study, config)
    assert ("training fails" in text) == says
    assert says or f"{failed} of {trials} trials learned nothing" in text


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
