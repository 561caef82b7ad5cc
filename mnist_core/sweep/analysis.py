"""What a study has found: rows for tables and charts, and a sentence that says what mattered."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState
from scipy.stats import pearsonr
from sklearn.ensemble import RandomForestRegressor

from mnist_core.config.axes import Axis, shown
from mnist_core.config.numbers import LARGEST
from mnist_core.config.sweep import SweepConfig
from mnist_core.sweep.listed import SWEEP
from mnist_core.sweep.study import config_of

ENOUGH = 8  # completed trials below which nothing is said of an importance
TREES = 100
CHANCE = 0.01  # how often pure noise may be said to matter
SMALL_GAIN = 0.002  # 0.2 points of accuracy: about what another seed changes


def _ended(study: Study, *states: TrialState) -> list[FrozenTrial]:
    """Trials in these states.

    Without those that another program added with other axes, and those that are damaged.
    """
    trials = study.get_trials(deepcopy=False, states=states)
    axes = set(trials[0].params) if trials else set()
    if SWEEP in study.user_attrs:
        axes = {axis.field for axis in config_of(study).axes}
    return [trial for trial in trials if trial.params.keys() == axes and _is_whole(trial)]


def _is_whole(trial: FrozenTrial) -> bool:
    """Whether a trial says what it reached, if it has completed, in numbers that a table shows."""
    reached = list(trial.values or [None]) if trial.state == TrialState.COMPLETE else []
    measured = [
        trial.user_attrs[k] for k in ("val_accuracy", "parameters") if k in trial.user_attrs
    ]
    return all(isinstance(n, int | float) and abs(n) <= LARGEST for n in (*reached, *measured))


def trial_rows(study: Study) -> list[dict[str, Any]]:
    """Every trial that has ended as a flat dict.

    ``trial``, ``state`` (completed, pruned or diverged), ``val_accuracy``, ``parameters``, one
    key for each axis and ``objective`` or ``objective_0``, ``objective_1`` where it is completed.
    """
    rows = []
    for t in _ended(study, TrialState.COMPLETE, TrialState.PRUNED):
        state = "completed" if t.state == TrialState.COMPLETE else "pruned"
        row = {
            "trial": t.number,
            "state": "diverged" if t.user_attrs.get("diverged") else state,
            "val_accuracy": t.user_attrs.get("val_accuracy"),
            "parameters": t.user_attrs.get("parameters"),
            **t.params,
        }
        values = t.values if state == "completed" else []
        names = (
            ["objective"] if len(values) == 1 else [f"objective_{i}" for i in range(len(values))]
        )
        rows.append({**row, **dict(zip(names, values, strict=True))})
    return rows


def importance(study: Study) -> dict[str, float]:
    """Share of the variation of the first objective that each axis explains, the largest first.

    Measured on trials that were held out, over completed ones: each tree of a random forest
    predicts those that it was not grown on, and an axis matters by how much worse they are
    predicted when its values are shuffled (Breiman, "Random Forests", Machine Learning 2001).
    The shares add up to what the forest explains of trials that it has not seen (R2). Empty if
    that may be chance, so where nothing mattered, and below ENOUGH trials.
    """
    completed = _ended(study, TrialState.COMPLETE)
    reached = np.array([trial.values[0] for trial in completed])
    if len(completed) < ENOUGH or not np.ptp(reached):
        return {}
    columns = {name: _columns([t.params[name] for t in completed]) for name in completed[0].params}
    owner = np.repeat(list(columns), [part.shape[1] for part in columns.values()])
    inputs = np.concatenate(list(columns.values()), axis=1)
    forest = RandomForestRegressor(TREES, oob_score=True, random_state=0).fit(inputs, reached)
    held_out = forest.oob_prediction_
    by_chance = pearsonr(held_out, reached, alternative="greater").pvalue
    if not np.ptp(held_out) or by_chance > CHANCE or forest.oob_score_ <= 0:
        return {}
    random = np.random.default_rng(0)
    losses = dict.fromkeys(columns, 0.0)
    for tree, grown_on in zip(forest.estimators_, forest.estimators_samples_, strict=True):
        rest = np.setdiff1d(np.arange(len(reached)), grown_on)
        for name in columns:
            shuffled = inputs[rest]
            mine = owner == name
            shuffled[:, mine] = shuffled[random.permutation(len(rest))][:, mine]
            for given, sign in ((shuffled, 1), (inputs[rest], -1)):
                losses[name] += sign * np.square(tree.predict(given) - reached[rest]).sum()
    lost = {name: max(loss, 0.0) for name, loss in losses.items()}
    total = sum(lost.values())
    shares = {name: float(forest.oob_score_ * loss / total) for name, loss in lost.items() if loss}
    return dict(sorted(shares.items(), key=lambda item: -item[1]))


def _columns(values: list[Any]) -> NDArray[Any]:
    """An axis's values as numbers for a tree: (trials, 1), of choices (trials, choices)."""
    if all(isinstance(value, int | float) for value in values):
        return np.array(values, float)[:, None]
    return np.array([[value == choice for choice in dict.fromkeys(values)] for value in values])


def summarise(study: Study, config: SweepConfig) -> str:
    """What mattered, in a sentence: importance, where training fails, where more gains little."""
    trials = [
        trial
        for trial in _ended(study, TrialState.COMPLETE, TrialState.PRUNED)
        if "val_accuracy" in trial.user_attrs
    ]
    completed = [t for t in trials if t.state == TrialState.COMPLETE]
    if not completed:
        return "No trial has been completed yet."
    parts = []
    shares = importance(study)
    if shares:
        field, share = next(iter(shares.items()))
        label = next(axis.label for axis in config.axes if axis.field == field).lower()
        what = "validation loss" if config.objective == "val_loss" else "validation accuracy"
        parts.append(f"{label} explains {share:.0%} of the variation in {what}".replace("%", " %"))
    for axis in config.axes:
        parts += _failure(axis, trials) + _plateau(axis, completed)
    failed = sum(not t.user_attrs.get("learned", True) for t in trials)
    if failed and not any("fails" in part for part in parts):
        parts.append(f"{failed} of {len(trials)} trials learned nothing or diverged")
    best = max(completed, key=lambda t: t.user_attrs["val_accuracy"])
    where = ", ".join(
        f"{axis.label.lower()} {shown(best.params[axis.field])}" for axis in config.axes
    )
    parts.append(f"the best reaches {100 * best.user_attrs['val_accuracy']:.1f} % with {where}")
    sentence = "; ".join(parts) + "."
    return sentence[0].upper() + sentence[1:]


def _numeric(axis: Axis, trials: list[FrozenTrial]) -> list[tuple[float, FrozenTrial]]:
    """(value on the axis, trial), by value; empty for an axis of choices."""
    pairs = [(t.params[axis.field], t) for t in trials]
    if not all(isinstance(value, int | float) for value, _ in pairs):
        return []
    return sorted(pairs, key=lambda pair: pair[0])


def _failure(axis: Axis, trials: list[FrozenTrial]) -> list[str]:
    """Whether all trials above some value of this axis diverge or learn nothing, and none below.

    Where another axis may be why, and they are the highest of this one by chance, as one of eight
    often is, nothing is said.
    """
    pairs = _numeric(axis, trials)
    failed = [not t.user_attrs.get("learned", True) for _, t in pairs]
    first = failed.index(True) if True in failed else 0
    if not first or not all(failed[first:]) or pairs[first - 1][0] == pairs[first][0]:
        return []
    if len(pairs[0][1].params) > 1 and 1 / math.comb(len(failed), sum(failed)) > CHANCE:
        return []
    return [f"above {shown(pairs[first - 1][0])} of {axis.label.lower()} training fails"]


def _plateau(axis: Axis, completed: list[FrozenTrial]) -> list[str]:
    """The smallest value beyond which the best accuracy gains less than SMALL_GAIN."""
    best: dict[float, float] = {}
    for value, trial in _numeric(axis, completed):
        best[value] = max(best.get(value, -math.inf), trial.user_attrs["val_accuracy"])
    values = list(best)
    if axis.field != "hidden_sizes" or len(values) < 3:
        return []
    for i, value in enumerate(values[:-1]):
        gain = max(best[v] for v in values[i + 1 :]) - max(best[v] for v in values[: i + 1])
        if gain < SMALL_GAIN:
            points = f"{100 * SMALL_GAIN:.1f} points"
            return [f"beyond {shown(value)} hidden units the gain is under {points}"]
    return []
