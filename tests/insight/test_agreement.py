"""Two networks on the same pictures."""

from math import comb

import numpy as np
import pytest
from scipy.stats import binomtest

from mnist_core.insight.agreement import agreement, in_words, mcnemar
from mnist_core.insight.answers import Answers


def answering(answers: list[int], labels: list[int]) -> Answers:
    return Answers(np.array(labels), np.eye(4, dtype=np.float32)[answers])


def test_each_picture_is_in_one_group() -> None:
    labels = [0, 1, 2, 3, 0]
    found = agreement(answering([0, 1, 0, 0, 1], labels), answering([0, 2, 2, 0, 2], labels))
    groups = (
        found.both_right,
        found.first_right,
        found.second_right,
        found.same_mistake,
        found.other_mistakes,
    )
    assert [rows.tolist() for rows in groups] == [[0], [1], [2], [3], [4]]


def test_other_pictures_are_no_comparison() -> None:
    with pytest.raises(ValueError, match="different pictures"):
        agreement(answering([0, 1], [0, 1]), answering([0, 1], [0, 0]))


@pytest.mark.parametrize(("a", "b"), [(3, 9), (9, 3), (0, 6), (5, 5), (40, 71), (1, 0)])
def test_mcnemar_is_the_exact_test(a: int, b: int) -> None:
    """All splits that are at most as likely as this one, of 2 ** n equally likely answers."""
    n = a + b
    expected = sum(comb(n, k) for k in range(n + 1) if comb(n, k) <= comb(n, a)) / 2**n
    assert mcnemar(a, b) == pytest.approx(expected, rel=1e-9)
    assert mcnemar(a, b) == pytest.approx(binomtest(a, n).pvalue, rel=1e-9)


def test_nothing_differs_without_a_picture_that_one_alone_reads_right() -> None:
    assert mcnemar(0, 0) == 1.0


def split(a: int, b: int) -> str:
    right, wrong = [0] * (a + b), [1] * (a + b)
    first = answering([*right[:a], *wrong[a:]], right)
    second = answering([*wrong[:a], *right[a:]], right)
    return in_words("small", "large", agreement(first, second))


def test_the_words_name_who_is_better_only_where_chance_does_not_explain_it() -> None:
    assert "small is better" in split(40, 10)
    assert "large is better" in split(10, 40)
    said = split(12, 10)
    assert "better" not in said
    assert "may be chance" in said
    assert "83 times in 100" in said
    assert "the very same pictures" in split(0, 0)
    assert split(1, 0).startswith("1 picture is read right by just one of them")
    assert "less than once in a million" in split(90, 3)
    for a, b in ((40, 10), (12, 10)):  # a p-value counts what is more uneven, too
        assert "a split at least as uneven" in split(a, b)
