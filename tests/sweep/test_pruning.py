"""The pruning rules against Optuna's own, and what they do to a population."""

import numpy as np
import optuna
import pytest
from optuna.pruners import BasePruner, MedianPruner, SuccessiveHalvingPruner
from optuna.trial import TrialState

from mnist_core.sweep.pruning import FIRST_RUNG, REDUCTION, losers

Rows = dict[int, list[float]]


def noisy_curves(count: int, epochs: int, seed: int) -> Rows:
    random = np.random.default_rng(seed)
    rise = np.sort(random.uniform(0, 1, (count, epochs)), axis=1)
    return {i: (row * random.uniform(0.5, 1)).tolist() for i, row in enumerate(rise)}


def optunas_verdict(pruner: BasePruner, others: list[list[float]], mine: list[float]) -> bool:
    """What Optuna says of a trial at its last epoch, when all the others are complete."""
    study = optuna.create_study(direction="maximize", pruner=pruner)
    for curve in [*others, mine]:
        trial = study.ask()
        for epoch, value in enumerate(curve, 1):
            trial.report(value, epoch)
            verdict = trial.should_prune()
        if curve is not mine:
            study.tell(trial, curve[-1], state=TrialState.COMPLETE)
    return verdict


@pytest.mark.parametrize("epoch", [1, 2, 3, 4])
@pytest.mark.parametrize("count", [3, 5, 6, 9, 12, 24])
@pytest.mark.parametrize("rule", ["median", "halving"])
def test_a_round_is_judged_as_optuna_judges_each_against_all_others(
    rule: str, count: int, epoch: int
) -> None:
    if rule == "halving" and count % 3 == 2:
        return  # Optuna counts the one that it judges twice; here it matters
    curves = noisy_curves(count, epoch, seed=count + epoch)
    pruner = {
        "median": MedianPruner(),
        "halving": SuccessiveHalvingPruner(min_resource=FIRST_RUNG, reduction_factor=REDUCTION),
    }[rule]
    if rule == "halving" and epoch in (2, 4):  # between two rungs
        assert losers(rule, curves, curves) == set()
        return
    if rule == "halving":  # Optuna asks at every rung, where a trial may have been cut before
        curves = {i: [2.0] * (epoch - 1) + row[-1:] for i, row in curves.items()}
    expected = {
        i
        for i, mine in curves.items()
        if optunas_verdict(pruner, [row for j, row in curves.items() if j != i], mine)
    }
    assert losers(rule, curves, curves) == expected


@pytest.mark.parametrize(("rule", "left"), [("median", 32), ("halving", 21)])
def test_the_first_round_of_64_cuts_by_rank(rule: str, left: int) -> None:
    curves = {i: [i / 64] for i in range(64)}
    assert losers(rule, curves, curves) == set(range(64 - left))


def test_the_median_goes_on_to_compare_with_those_that_were_cut() -> None:
    """Half of 64 is cut after an epoch; the other half keeps its order, and all of it goes on."""
    curves = {i: [i / 64] for i in range(64)}
    alive = set(curves) - losers("median", curves, curves)
    for _ in range(10):
        for i in alive:
            curves[i].append(curves[i][-1] + 0.01)
        alive -= losers("median", curves, alive)
    assert alive == set(range(32, 64))
    for i in alive:
        curves[i].append(curves[i][-1] - (0.9 if i == 40 else 0))
    assert losers("median", curves, alive) == set(), "its best value counts, as Optuna's does"


def test_past_trials_are_compared_with() -> None:
    past = {i: [0.5, 0.8, 0.9] for i in range(8)}
    late = {100: [0.4], 101: [0.6]}
    assert losers("median", past | late, late) == {100}
    assert losers("halving", past | late, late) == {100}


def test_trials_that_stand_at_different_epochs_are_judged_where_they_stand() -> None:
    curves = {i: [0.1 * i, 0.1 * i + 0.05] for i in range(8)} | {8: [0.0], 9: [0.9]}
    assert losers("halving", curves, [8, 9]) == {8}
    assert 8 in losers("median", curves, curves)
    assert 9 not in losers("median", curves, curves)


def test_a_trial_that_has_shown_nothing_is_not_compared_with() -> None:
    curves = {i: [0.5] for i in range(5)} | {5: [], 6: [0.4]}
    assert losers("median", curves, [6]) == {6}
    del curves[4]
    assert losers("median", curves, [6]) == set()
