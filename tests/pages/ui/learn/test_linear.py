"""Without a hidden layer: it trains, reaches its ceiling, and says so."""

import pytest

from mnist_core.learn.claims import chance, rises
from mnist_core.learn.course import start
from pages.ui.learn import linear
from pages.ui.words import percent
from tests.helpers.courses import read, to_the_end, trained
from tests.helpers.pages import said


@pytest.mark.slow
def test_validation_stops_rising_and_training_goes_on() -> None:
    course = trained(linear.PLAN)
    train, val = rises(course.points, linear.PLAN.epochs // 2)
    assert val < chance(course.points[-1].val_accuracy, 1000) < train
    assert course.points[-1].val_accuracy > 0.89
    assert "validation has stopped rising" in linear.ceiling(course)


def test_before_that_it_does_not_say_so() -> None:
    assert "stopped" not in linear.ceiling(start(linear.PLAN))


@pytest.mark.slow
@pytest.mark.usefixtures("app")
def test_the_chapter_trains_to_the_end_and_says_what_was_measured() -> None:
    page = read("linear")
    points = trained(linear.PLAN).points
    assert f"Untrained: {percent(points[0].val_accuracy, 1)} read right" in said(page)
    assert "10 × 784 weights + 10 biases = 7,850 parameters" in said(page)
    before = page.get("html")[-1].proto.body
    assert before.count("<img") == 10
    to_the_end(page)
    assert "Epoch 40 of 40" in said(page)
    assert f"reads {percent(points[-1].train_accuracy, 1)} of the 4,000" in said(page)
    assert f"{percent(points[-1].val_accuracy, 1)} of 1,000 others" in said(page)
    assert "validation has stopped rising" in said(page)
    assert page.get("html")[-1].proto.body != before
