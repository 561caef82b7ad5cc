"""A run beside the one before it: which that is, what was changed, and whether it helped."""

import math
from collections.abc import Collection, Iterable

import numpy as np

from mnist_core.insight.compare import (
    SEED_RUNS,
    SEEDS,
    accuracies,
    difference,
    differing,
    group_of,
    points,
)
from mnist_core.runs.records import Run

MOST_OF_LUCK = 1.96  # standard errors, within which 95 % of differences by chance alone are


def run_before(run: Run, runs: Iterable[Run], known: Collection[str] = ()) -> Run | None:
    """The newest measured run from before this one, on the same pictures; None if there is none.

    One of those with an id in ``known`` comes first. Trials of a sweep are left out, for there is
    no order between them that somebody chose.
    """
    earlier = [
        other
        for other in runs
        if other.created < run.created
        and other.id != run.id
        and not other.active
        and not other.study
        and other.figure("val_accuracy") is not None
        and other.config.dataset == run.config.dataset
        and other.data.get("source") == run.data.get("source")
    ]
    return max(earlier, key=lambda other: (other.id in known, other.created), default=None)


def luck(a: float, b: float, pictures: int) -> float:
    """By how much two equally good networks may differ that are asked about so many pictures.

    A share, which 95 % of such differences are below: the spread of two binomial shares, without
    that of other seeds.
    """
    return MOST_OF_LUCK * math.sqrt((a * (1 - a) + b * (1 - b)) / pictures)


def gain(run: Run, before: Run) -> float:
    """By how much the last validation accuracy of a run is above the other's, as a share."""
    mine, other = run.figure("val_accuracy"), before.figure("val_accuracy")
    assert mine is not None, run.id
    assert other is not None, before.id
    return mine - other


def more_than_chance(run: Run, before: Run, runs: Iterable[Run]) -> str:
    """Whether the difference to the run before says something, in a sentence or two.

    Where both settings were trained with several seeds (among ``runs``), their spread tells;
    else the number of validation pictures is all that is known; empty if that is not either.
    """
    changed = [name for name in differing([run.config, before.config]) if name not in SEEDS]
    if run.uniform and before.uniform and not changed:
        if run.config == before.config:
            return "The settings and the seed are the same, and so is the result."
        return "Only the seed differs: so much is chance."
    runs = list(runs)
    mine, other = (accuracies(group_of(r, runs)) for r in (run, before))
    if min(len(mine), len(other)) >= 2:
        found = difference(mine, other)
        gap = points(float(np.mean(mine) - np.mean(other)))
        said = f"Over {len(mine)} and {len(other)} seeds the means differ by {gap} points"
        return said + (", more than chance." if found.beyond_noise else "; that may be chance.")
    a, b = run.figure("val_accuracy") or 0.0, before.figure("val_accuracy") or 0.0
    # A run that ended while it waited to go on does not say how many its pictures were.
    pictures = min((r.started["val_examples"] for r in (run, before) if r.started), default=0)
    if not pictures:
        return ""
    most = luck(a, b, pictures)
    if abs(a - b) <= most:
        return (
            f"That may be chance: measured on {pictures:,} validation pictures, two equally good "
            f"networks can differ by {100 * most:.1f} points."
        )
    return (
        f"That is more than the choice of {pictures:,} validation pictures explains (± "
        f"{100 * most:.1f}). Another seed changes the result too: {SEED_RUNS} of each would tell."
    )
