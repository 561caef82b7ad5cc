"""What a study will take."""

from optuna.storages import BaseStorage

from mnist_core.data.pictures import ResidentDataset
from mnist_core.sweep.cost import estimate_cost
from mnist_core.sweep.study import study_names
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
