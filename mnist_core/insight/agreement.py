"""Two networks on the same pictures: where they disagree, who is right, and whether it matters."""

import math
from dataclasses import dataclass

import numpy as np

from mnist_core.insight.answers import Answers, Indices
from mnist_core.insight.compare import CONFIDENCE


@dataclass(frozen=True, eq=False)
class Agreement:
    """What two networks answered to the same N pictures, each in one of five groups of rows.

    Where both are wrong they may have given the same answer or not. ``p`` is that of McNemar's
    exact test.
    """

    both_right: Indices
    first_right: Indices
    second_right: Indices
    same_mistake: Indices
    other_mistakes: Indices
    p: float

    @property
    def beyond_noise(self) -> bool:
        return self.p < 1 - CONFIDENCE


def agreement(first: Answers, second: Answers) -> Agreement:
    """Compare the answers of two networks to the same pictures.

    Raises:
        ValueError: they are not about the same pictures.
    """
    if not np.array_equal(first.labels, second.labels):
        raise ValueError("the two networks were asked about different pictures")
    a, b, same = first.right, second.right, first.answers == second.answers
    groups = (a & b, a & ~b, b & ~a, ~a & ~b & same, ~a & ~b & ~same)
    both, only_first, only_second, same_mistake, others = (np.flatnonzero(g) for g in groups)
    p = mcnemar(len(only_first), len(only_second))
    return Agreement(both, only_first, only_second, same_mistake, others, p)


def mcnemar(only_first: int, only_second: int) -> float:
    """The exact two-sided p of McNemar's test (Psychometrika 12, 1947).

    Of the pictures that just one of two networks reads right, each would be as likely either's if
    both were equally good: a binomial test with 1/2. 1.0 if there are none.
    """
    if not only_first + only_second:
        return 1.0
    from scipy.stats import binomtest  # half a second, for whoever compares

    return float(binomtest(only_first, only_first + only_second).pvalue)


def in_words(name_a: str, name_b: str, found: Agreement) -> str:
    """What the test says, for someone who has not heard of it."""
    a, b = len(found.first_right), len(found.second_right)
    if not a + b:
        return "Both read the very same pictures right: nothing tells them apart here."
    said = (
        f"{a + b:,} picture{'s are' if a + b > 1 else ' is'} read right by just one of them: "
        f"{a:,} by {name_a}, {b:,} by {name_b}. "
    )
    if not found.beyond_noise:
        return said + (
            f"If both were equally good, a split at least as uneven would come up "
            f"{_how_often(found.p)}: that may be chance (McNemar's test)."
        )
    better = name_a if a > b else name_b
    return said + (
        f"If both were equally good, a split at least as uneven would come up "
        f"{_how_often(found.p)}: on pictures of this kind {better} is better (McNemar's test). "
        "Another seed may change that."
    )


def _how_often(p: float) -> str:
    if p >= 0.01:
        return f"{100 * p:.0f} times in 100"
    if p >= 1e-6:
        return f"once in {_rounded(1 / p):,} times"
    return "less than once in a million times"


def _rounded(value: float) -> int:
    """Two digits are enough."""
    step = int(10 ** max(math.floor(math.log10(value)) - 1, 0))
    return round(value / step) * step
