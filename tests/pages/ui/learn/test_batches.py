"""Batches and epochs: steps, pictures seen, and how the loss trembles."""

import pytest

from mnist_core.learn.claims import jumps
from mnist_core.learn.course import Plan
from pages.ui.learn import batches
from pages.ui.words import percent
from tests.helpers.courses import press, read, to_the_end, trained
from tests.helpers.pages import said


def plan(size: int) -> Plan:
    return Plan((32,), "relu", rate=0.1, batch=size, epochs=batches.EPOCHS, count=batches.COUNT)


def test_few_pictures_a_step_tremble_more_and_learn_more_an_epoch() -> None:
    courses = [trained(plan(size)) for size in batches.SIZES]
    assert [course.plan.steps for course in courses] == [400, 40, 4, 1]
    shakes = [jumps(course.losses) for course in courses]
    assert shakes == sorted(shakes, reverse=True)
    right = [course.points[-1].val_accuracy for course in courses]
    assert right == sorted(right, reverse=True)


@pytest.mark.usefixtures("app")
def test_the_chapter_counts_steps_and_pictures() -> None:
    page = read("batches")
    assert "4,000 / 10 = 400 steps an epoch" in said(page)
    assert "4,000 / 100 = 40 steps an epoch" in said(page)
    page.segmented_control(key="learn.batches.size").set_value(4000).run()
    assert "4,000 / 4,000 = 1 step an epoch" in said(page)
    to_the_end(page)
    assert "After 5 steps, 20,000 pictures seen" in said(page)
    assert f"**{percent(trained(plan(4000)).points[-1].val_accuracy, 1)}**" in said(page)
    page.segmented_control(key="learn.batches.view").set_value("accuracy").run()
    assert "Epoch 5 of 5" in said(page)  # another look at it is not another training


@pytest.mark.usefixtures("app")
def test_the_size_that_is_compared_with_stands_alone() -> None:
    page = read("batches")
    page.segmented_control(key="learn.batches.size").set_value(100).run()
    assert not page.exception
    assert said(page).count("steps an epoch") == 1
    press(page, "Start")
    assert "Epoch 1 of 5" in said(page)
