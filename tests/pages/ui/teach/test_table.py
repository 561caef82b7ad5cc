"""The rows of a class's table."""

from dataclasses import replace

import pytest

from mnist_core.learn.classroom import Standing
from pages.ui.teach.table import row
from tests.helpers.runs import RUN


@pytest.mark.parametrize(("accuracy", "shown"), [(0.96999, 96.99), (0.97, 97.0), (0.57, 57.0)])
def test_an_accuracy_never_looks_like_a_goal_that_it_misses(accuracy: float, shown: float) -> None:
    best = replace(RUN, result={"best_val_accuracy": accuracy})
    found = row(Standing("Ada", 1, best, False, "", None))
    assert found["Best"] == shown


def test_what_waits_behind_others_is_not_said_to_start() -> None:
    waits = replace(RUN, state="queued", progress={})
    assert row(Standing("Ada", 1, None, False, "", waits))["Now"] == "waiting"
