"""How a study's trials get their values: Optuna's samplers over the axes."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.samplers import BaseSampler, GridSampler, QMCSampler, RandomSampler, TPESampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from mnist_core.config.axes import ListAxis, RangeAxis
from mnist_core.config.sweep import MAX_TRIALS, SweepConfig

COUNTED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.RUNNING)
LIVE = (*COUNTED, TrialState.WAITING)  # all but those that were given back

# It warns of a grid whose last points two jobs take at once, which ``ask_trials`` sees itself.
optuna.logging.get_logger("optuna.samplers._grid").setLevel(logging.ERROR)


@contextmanager
def _experimental() -> Iterator[None]:
    """Optuna marks some parts as subject to change; its version is pinned."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        yield


def values_of(trial: FrozenTrial) -> dict[str, Any]:
    """A trial's values on the axes, those of one that waits in another's place as well."""
    values: dict[str, Any] = trial.system_attrs.get("fixed_params", trial.params)
    return values


class _Grid(GridSampler):
    """Optuna's grid, of which a trial that was lost has not been at its point.

    Without its attempt to stop a loop that ``ask`` and ``tell`` do not have.
    """

    def after_trial(self, *args: Any, **kwargs: Any) -> None:
        """Nothing: whoever asks knows the number of points."""

    def _get_unvisited_grid_ids(self, study: Study) -> list[int]:
        places = {point: number for number, point in enumerate(self._all_grids)}
        taken = set()
        for trial in study.get_trials(deepcopy=False, states=LIVE):
            if "grid_id" in trial.system_attrs:
                taken.add(trial.system_attrs["grid_id"])
            else:  # in the place of one that was given back, or in the making
                values = values_of(trial)
                taken.add(places.get(tuple(values.get(name) for name in self._param_names)))
        return sorted(set(places.values()) - taken)


def make_sampler(config: SweepConfig, asked: int = 0, worker: int = 0) -> BaseSampler:
    """Optuna's sampler for a study of which ``asked`` trials exist."""
    # One that goes on, or works beside another, must not draw the same numbers again.
    seed = (config.seed + asked + worker * MAX_TRIALS) % 2**31
    match config.sampler:
        case "grid":
            return _Grid(config.grid(), seed=config.seed)
        case "random":
            return RandomSampler(seed=seed)
        case "qmc":
            with _experimental():
                return QMCSampler(seed=config.seed, warn_independent_sampling=False)
        case "tpe":
            return TPESampler(seed=seed)


def distributions(config: SweepConfig) -> dict[str, BaseDistribution]:
    """The axes as Optuna's distributions; of a grid, its points."""
    if config.sampler == "grid":
        return {name: CategoricalDistribution(points) for name, points in config.grid().items()}
    return {axis.field: _distribution(axis) for axis in config.axes}


def _distribution(axis: ListAxis | RangeAxis) -> BaseDistribution:
    if isinstance(axis, ListAxis):
        return CategoricalDistribution(axis.values)
    if axis.whole:
        return IntDistribution(round(axis.low), round(axis.high), log=axis.log)
    return FloatDistribution(axis.low, axis.high, log=axis.log)
