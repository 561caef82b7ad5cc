"""Learning by heart: the gap, and what more digits do to it."""

import pytest

from mnist_core.learn.claims import best_epoch, gap
from mnist_core.learn.course import Plan
from pages.ui.learn import overfit
from tests.helpers.courses import press, read, to_the_end, trained
from tests.helpers.pages import said


def plan(count: int, units: int = 128) -> Plan:
    return Plan((units,), "relu", rate=0.5, batch=50, epochs=overfit.EPOCHS, count=count)


@pytest.mark.slow
def test_few_digits_are_learnt_by_heart_and_more_of_them_narrow_the_gap() -> None:
    few, many = trained(plan(500)), trained(plan(4000))
    assert few.points[-1].train_accuracy == 1
    assert gap(few.points[-1]) > 0.05
    assert gap(many.points[-1]) < gap(few.points[-1]) - 0.03
    assert 0 < best_epoch(few.points) < overfit.EPOCHS


@pytest.mark.slow
@pytest.mark.usefixtures("app")
def test_the_chapter_says_the_gap_and_the_best_epoch() -> None:
    page = read("overfit")
    page.slider(key="learn.overfit.units").set_value(8).run()
    to_the_end(page)
    for count, name in ((500, "500 digits"), (4000, "4,000 digits")):
        points = trained(plan(count, 8)).points
        assert f"**{name}**: training {points[-1].train_accuracy:.1%}".replace("%", " %") in said(
            page
        )
        assert f"a gap of **{100 * gap(points[-1]):.1f} points**" in said(page)
        assert f"after epoch {best_epoch(points)}" in said(page)
    page.segmented_control(key="learn.overfit.view").set_value("loss").run()
    assert "Epoch 20 of 20" in said(page)


@pytest.mark.usefixtures("app")
def test_all_digits_stand_alone() -> None:
    page = read("overfit")
    page.slider(key="learn.overfit.units").set_value(8).run()
    page.slider(key="learn.overfit.count").set_value(4000).run()
    press(page, "Start")
    assert said(page).count("a gap of") == 1
