"""What the curves of a small training say, as numbers."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mnist_core.learn.course import Measured


def chance(share: float, count: int) -> float:
    """The standard deviation of a share (0 to 1) of ``count`` pictures that chance picked.

    That of a binomial distribution: sqrt(p (1 - p) / n).
    """
    return math.sqrt(share * (1 - share) / count)


def rises(points: Sequence[Measured], since: int) -> tuple[float, float]:
    """By how much training and validation accuracy rose from epoch ``since`` to the last one."""
    first, last = points[since], points[-1]
    return (
        last.train_accuracy - first.train_accuracy,
        last.val_accuracy - first.val_accuracy,
    )


def paired(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> tuple[float, float]:
    """The second's accuracy minus the first's on the same pictures, and its standard deviation.

    Each is true (N,) where a picture is read right. Only pictures that one alone reads right
    count: with b and c of them it is sqrt(b + c - (b - c)^2 / n) / n, as for McNemar's test
    (A. Agresti, Categorical Data Analysis, section on matched pairs).
    """
    count = len(first)
    only_second, only_first = int((second & ~first).sum()), int((first & ~second).sum())
    gap = only_second - only_first
    return gap / count, math.sqrt(only_second + only_first - gap**2 / count) / count


def jumps(losses: Sequence[float]) -> float:
    """The mean size of the change from one step's loss to the next, in the last half of the steps.

    NaN where there are fewer than two of them.
    """
    late = np.asarray(losses[len(losses) // 2 :])
    return float(np.abs(np.diff(late)).mean()) if len(late) > 1 else math.nan


def best_epoch(points: Sequence[Measured]) -> int:
    """The epoch with the lowest validation loss; the first of several."""
    return min(range(len(points)), key=lambda epoch: points[epoch].val_loss)


def gap(point: Measured) -> float:
    """How much better it reads what it learnt from than what it has never seen."""
    return point.train_accuracy - point.val_accuracy
