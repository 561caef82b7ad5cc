"""Where the pupils of a class stand, by the records of their runs."""

from dataclasses import replace
from typing import Any

import pytest

from mnist_core.config.assignment import Assignment, Goal
from mnist_core.config.train import TrainConfig
from mnist_core.data.datasets import SAMPLE
from mnist_core.learn.classroom import asked, out_of_reach, standing, standings
from mnist_core.runs.records import Pupil, Run, Segment
from tests.helpers.runs import RUN

GOAL = Goal(accuracy=0.97, parameters=30_000, epochs=5)
TASK = Assignment(title="t", goal=GOAL)


def run(
    accuracy: float | None,
    name: str = "Ada",
    parameters: int = 25_450,
    epochs: tuple[int, ...] = (5,),
    task: Assignment = TASK,
    **looks: Any,
) -> Run:
    segments, start = [], 0
    for more in epochs:
        segments.append(Segment(start, TrainConfig(epochs=more)))
        start += more
    known: dict[str, Any] = {
        "segments": tuple(segments),
        "started": {"parameters": parameters},
        "result": {},
        "data": {"source": SAMPLE},
        "metrics": {} if accuracy is None else {"best_val_accuracy": accuracy},
        "pupil": Pupil(task.key, name),
    }
    return replace(RUN, **(known | looks))


@pytest.mark.parametrize(
    ("fixed", "settings", "goal", "reason"),
    [
        ({"epochs"}, {"epochs": 10}, {"epochs": 5}, "10 epochs are given, and the goal allows 5."),
        ({"epochs"}, {"epochs": 5}, {"epochs": 5}, ""),
        (set(), {"epochs": 10}, {"epochs": 5}, ""),  # who may change them can train for less
        ({"hidden_sizes"}, {}, {"parameters": 25_449}, "The given layers have 25,450 parameters"),
        ({"hidden_sizes"}, {}, {"parameters": 25_450}, ""),
        (set(), {}, {"parameters": 804}, "The smallest network has 805 parameters"),
        (set(), {}, {"parameters": 805}, ""),
    ],
)
def test_a_goal_that_nobody_can_reach_is_named(
    fixed: set[str], settings: dict[str, Any], goal: dict[str, Any], reason: str
) -> None:
    task = Assignment(
        title="t",
        fixed=frozenset(fixed),
        settings=TrainConfig(**settings),
        goal=Goal(accuracy=0.9, **goal),
    )
    assert out_of_reach(task).startswith(reason)
    assert bool(out_of_reach(task)) == bool(reason)


def test_the_best_run_within_the_limits_counts() -> None:
    small, large = run(0.96), run(0.98, parameters=100_000)
    stands = standing(TASK, "Ada", [small, large])
    assert (stands.best, stands.done, stands.runs) == (small, False, 2)
    assert stands.said == "96.0 % on validation on the 5,000-digit sample"
    better = run(0.97)
    assert standing(TASK, "Ada", [small, large, better]).done
    assert standing(TASK, "Ada", [small, large, better]).best is better


def test_epochs_are_counted_over_all_segments() -> None:
    longer = run(0.99, epochs=(3, 3))
    assert standing(TASK, "Ada", [longer]).best is None
    assert standing(TASK, "Ada", [longer]).said == "No run within the limits yet"
    assert standing(TASK, "Ada", [run(0.99, epochs=(3, 2))]).done


def test_a_run_that_has_not_begun_has_no_result() -> None:
    waiting = run(None, state="queued", started={})
    stands = standing(TASK, "Ada", [waiting])
    assert (stands.best, stands.active, stands.said) == (None, waiting, "No result yet")


def test_without_a_goal_the_best_run_is_shown_and_nothing_is_reached() -> None:
    free = Assignment(title="t")
    stands = standing(free, "Ada", [run(0.99, epochs=(100,), task=free)])
    assert not stands.done
    assert stands.said.startswith("99.0 %")


def test_all_are_listed_who_gave_a_name_or_have_a_run_of_this_assignment() -> None:
    other = Assignment(title="another")
    runs = [run(0.9, "bob"), run(0.98, "Ada"), run(0.99, "Eve", task=other)]
    runs += [run(0.99, pupil=None)]
    found = standings(TASK, {"Cleo", "bob"}, runs)
    assert [(stands.name, stands.runs, stands.done) for stands in found] == [
        ("Ada", 1, True),
        ("bob", 1, False),
        ("Cleo", 0, False),
    ]


@pytest.mark.parametrize(
    ("goal", "words"),
    [
        (Goal(accuracy=0.97), "97 % on validation"),
        (Goal(accuracy=0.965, epochs=1), "96.5 % on validation with at most 1 epoch"),
        (
            GOAL,
            "97 % on validation with at most 30,000 parameters and at most 5 epochs",
        ),
    ],
)
def test_a_goal_in_words(goal: Goal, words: str) -> None:
    assert asked(goal) == words
