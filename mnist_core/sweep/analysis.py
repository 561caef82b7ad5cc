"""What a study has found: rows for tables and charts, and a sentence that says what mattered."""

import math
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, FloatDistribution
from optuna.samplers import RandomSampler
from optuna.study import Study
from optuna.trial import FrozenTrial, TrialState

from mnist_core.config.axes import Axis, shown
from mnist_core.config.sweep import SweepConfig

ENOUGH = 8  # completed trials below which an importance is chance
SMALL_GAIN = 0.002  # 0.2 points of accuracy: about what another seed changes


def trial_rows(study: Study) -> list[dict[str, Any]]:
    """Every trial that has ended as a flat dict.

    ``trial``, ``state`` (completed, pruned or diverged), ``val_accuracy``, ``parameters``, one
    key for each axis and ``objective`` or ``objective_0``, ``objective_1`` where it is completed.
    """
    rows = []
    for t in study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED)):
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

    By fANOVA (Hutter et al., ICML 2014), over completed trials. Empty if they are fewer than
    ENOUGH, or all came out equal.
    """
    completed = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    if len(completed) < ENOUGH or len({t.values[0] for t in completed}) < 2:
        return {}
    evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
    shares = optuna.importance.get_param_importances(_as_ranges(completed), evaluator=evaluator)
    return {name: float(share) for name, share in sorted(shares.items(), key=lambda item: -item[1])}


def _as_ranges(trials: list[FrozenTrial]) -> Study:
    """A study in memory of the first objective, with axes of numbers as ranges of numbers.

    A grid's axes are choices for Optuna, of which fANOVA takes each as an axis of its own: 11 s a
    tree for 64 trials, against 4 ms.
    """
    ranges: dict[str, BaseDistribution] = {}
    for name, given in trials[0].distributions.items():
        values = [trial.params[name] for trial in trials]
        if all(isinstance(value, int | float) for value in values):
            low, high = float(min(values)), float(max(values))
            ranges[name] = FloatDistribution(low, high, log=low > 0 and high > 10 * low)
        else:
            ranges[name] = given
    copy = optuna.create_study(sampler=RandomSampler())
    copy.add_trials(
        [
            optuna.create_trial(params=t.params, distributions=ranges, value=t.values[0])
            for t in trials
        ]
    )
    return copy


def summarise(study: Study, config: SweepConfig) -> str:
    """What mattered, in a sentence: importance, where training fails, where more gains little."""
    trials = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))
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
    """Whether all trials above some value of this axis diverge or learn nothing, and none below."""
    pairs = _numeric(axis, trials)
    failed = [not t.user_attrs.get("learned", True) for _, t in pairs]
    first = failed.index(True) if True in failed else 0
    if not first or not all(failed[first:]) or pairs[first - 1][0] == pairs[first][0]:
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
