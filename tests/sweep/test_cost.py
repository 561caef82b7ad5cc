"""What a study will take."""

import pytest
from optuna.storages import BaseStorage

from mnist_core.config.fields import parse_config
from mnist_core.data.resident import ResidentDataset
from mnist_core.errors import ConfigError
from mnist_core.population.memory import state_bytes
from mnist_core.population.train import MEMORY_BUDGET
from mnist_core.sweep.cost import estimate_cost, population_size
from mnist_core.sweep.listed import study_names
from mnist_core.sweep.run import run_study
from mnist_core.sweep.study import create_study, trials_left
from tests.helpers.studies import BASE, CPU, sweep


def test_the_cost_is_estimated_without_a_trace(tiny: ResidentDataset, storage: BaseStorage) -> None:
    small = estimate_cost(sweep(sampler="tpe"), tiny, CPU)
    large = estimate_cost(
        sweep(sampler="tpe", base={**BASE, "epochs": 200}, axes={"hidden_sizes": "512:1024"}),
        tiny,
        CPU,
    )
    assert small.trials == large.trials == 12
    assert large.seconds > small.seconds > 0
    assert large.memory > small.memory > 4 * 12 * 16 * 4
    assert study_names(storage) == []


def test_a_network_that_does_not_fit_is_refused_before_any_is_made(
    tiny: ResidentDataset, storage: BaseStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made(*args: object) -> None:
        raise AssertionError("a network was made")

    monkeypatch.setattr("mnist_core.sweep.cost.TrainState", made)
    monkeypatch.setattr("mnist_core.sweep.population.Population", made)
    layers = "-".join(["8192"] * 8)
    config = sweep(base={**BASE, "optimizer": "adam"}, axes={"hidden_sizes": f"16,{layers}"})
    with pytest.raises(ConfigError, match="bytes to train"):
        estimate_cost(config, tiny, CPU)
    study = create_study(config, storage)
    with pytest.raises(ConfigError, match="bytes to train"):
        list(run_study(study, config, tiny, CPU))
    assert trials_left(study, config) == config.planned


def test_large_networks_train_in_smaller_populations(tiny: ResidentDataset) -> None:
    small = sweep(sampler="random", trials=100, axes={"hidden_sizes": "16:64"})
    assert population_size(small, tiny) == 64
    large = sweep(sampler="random", trials=100, axes={"hidden_sizes": "16,4096-4096"})
    assert population_size(large, tiny) == MEMORY_BUDGET // state_bytes(
        parse_config({"hidden_sizes": (4096, 4096)}), tiny
    )
    assert population_size(large, tiny) < 64
    assert population_size(sweep(trials=9, axes={"seed": "1,2,3"}), tiny) == 3


def test_the_cost_grows_with_what_is_trained(tiny: ResidentDataset) -> None:
    """By the work that is extrapolated, not by the clock."""
    one = sweep(axes={"order_seed": "0,1,2,3"}, trials=4)
    few, many = (
        estimate_cost(one.changed(base={**one.base.model_dump(), "epochs": epochs}), tiny, CPU)
        for epochs in (1, 1000)
    )
    assert many.seconds > 3 * few.seconds
    assert many.memory == few.memory
