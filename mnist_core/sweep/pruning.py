"""Which of the trials that train together fall behind and are cut, once a round.

The rules are those of Optuna's pruners, over all trials at once. Optuna's judge a trial at a time
and see of the others what came before. In a population, whose members all report together, its
median pruner would see nobody, since it compares with trials that are complete, and its successive
halving would let those pass that it is asked about first.
"""

from collections.abc import Collection, Mapping

import numpy as np

FEWEST = 5  # others that the median rule wants to see, as Optuna's does
FIRST_RUNG = 1  # epochs until successive halving cuts for the first time
REDUCTION = 3  # it keeps a third; rungs at 1, 3, 9, 27 epochs

Curves = Mapping[int, list[float]]  # trial -> its values at epochs 1, 2, 3 ...; higher is better


def losers(pruner: str, curves: Curves, judged: Collection[int]) -> set[int]:
    """Those of the trials ``judged`` that ``pruner`` (median or halving) cuts where they stand.

    ``curves`` are those of all trials of the study, with the ones that are judged; those of
    trials that were cut before count as well.
    """
    rule = {"median": _below_median, "halving": _below_third}[pruner]
    cut: set[int] = set()
    for epoch in {len(curves[i]) for i in judged}:
        cut |= rule(epoch, [i for i in judged if len(curves[i]) == epoch], curves)
    return cut


def _below_median(epoch: int, judged: list[int], curves: Curves) -> set[int]:
    """Those whose best value so far is below the middle of all others' at this epoch.

    A trial that ended earlier counts with its last value: without those that were cut, half of
    the rest would go after each epoch, until one is left.
    """
    values = {i: curve[min(epoch, len(curve)) - 1] for i, curve in curves.items() if curve}
    if len(values) <= FEWEST:
        return set()
    places = {i: place for place, i in enumerate(values)}
    array = np.array(list(values.values()))
    return {i for i in judged if max(curves[i]) < np.median(np.delete(array, places[i]))}


def _below_third(epoch: int, judged: list[int], curves: Curves) -> set[int]:
    """At a rung, those that are not in the best third of all that have come to it.

    Asynchronous successive halving (Li et al., "A System for Massively Parallel Hyperparameter
    Tuning", MLSys 2020), of which a population is the case where all come at once.
    """
    rung = FIRST_RUNG
    while rung < epoch:
        rung *= REDUCTION
    if rung != epoch:
        return set()
    values = sorted(curve[epoch - 1] for curve in curves.values() if len(curve) >= epoch)
    bar = values[-max(len(values) // REDUCTION, 1)]
    return {i for i in judged if curves[i][epoch - 1] < bar}
