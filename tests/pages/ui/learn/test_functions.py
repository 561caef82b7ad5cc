"""The chapter that fits a function: it runs, stops, begins anew and compares."""

import pytest

from mnist_core.learn.curve import SHAPES, Fit
from pages.ui.learn import functions
from pages.ui.learn.functions import bends, how_far, in_words, more_units
from tests.helpers.pages import open_page, said


@pytest.mark.usefixtures("app")
def test_it_runs_when_it_is_started_and_stands_when_it_is_stopped() -> None:
    page = open_page("learn", chapter="functions")
    assert "**Before training** the network is typically" in said(page)
    assert "**Before training**" in said(page.run())  # nothing moves by itself
    assert page.button(key="learn.functions.stop").disabled
    page.button(key="learn.functions.start").click().run()
    assert "**After 100 steps of training**" in said(page)
    page.button(key="learn.functions.stop").click().run()
    assert "**After 100 steps of training**" in said(page.run())
    page.button(key="learn.functions.start").click().run()
    assert "**After 200 steps of training**" in said(page)


@pytest.mark.usefixtures("app")
def test_what_is_changed_begins_anew_and_goes_on() -> None:
    page = open_page("learn", chapter="functions")
    page.slider(key="learn.functions.units").set_value(3).run()
    assert "**Before training**" in said(page)
    assert "Of 3 possible bends" in said(page)
    page.button(key="learn.functions.start").click().run()
    page.run()
    page.segmented_control(key="learn.functions.activation").set_value("tanh").run()
    assert "**After 100 steps of training**" in said(page)
    assert "the sum of 3 soft steps" in said(page)
    page.button(key="learn.functions.again").click().run()
    assert "**After 100 steps of training**" in said(page)


@pytest.mark.usefixtures("app")
def test_a_function_of_ones_own_is_fitted() -> None:
    page = open_page("learn", chapter="functions")
    before = said(page)
    page.segmented_control(key="learn.functions.shape").set_value("own").run()
    own = said(page)
    assert own != before
    page.slider(key="learn.functions.height.4").set_value(1.0).run()
    assert said(page) != own


@pytest.mark.usefixtures("app")
def test_fits_that_have_ended_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions, "STEPS", 10_000)
    page = open_page("learn", chapter="functions")
    page.slider(key="learn.functions.units").set_value(1).run()
    page.button(key="learn.functions.start").click().run()
    assert "It has ended" in said(page)
    assert page.button(key="learn.functions.start").disabled
    assert "Change the number of units" in said(page)
    page.slider(key="learn.functions.units").set_value(8).run()
    one, eight = (Fit.begin(SHAPES["wave"], units, "relu").on(10_000) for units in (1, 8))
    assert f"1: {one.error:.2g}, 8: {eight.error:.2g}" in said(page)
    assert f"is {one.error / eight.error:.3g} times smaller than with 1" in said(page)
    page.segmented_control(key="learn.functions.shape").set_value("bump").run()
    assert "Your fits" not in said(page)


def test_what_is_said_is_what_is() -> None:
    fit = Fit.begin(SHAPES["step"], 5, "relu")
    assert f"typically {fit.error:.2g} away" in how_far(fit)
    assert f"{abs(fit.off).max():.2g} at most" in how_far(fit)
    assert "Of 5 possible bends, 5 lie between" in bends(fit.curve)
    assert more_units({}, "relu") == ""
    assert more_units({("relu", 2): 0.4, ("tanh", 4): 0.1}, "relu").startswith("Change")
    worse = more_units({("relu", 8): 0.2, ("relu", 4): 0.1}, "relu")
    assert "4: 0.1, 8: 0.2" in worse
    assert "training did not find it" in worse
    assert "about the same" in more_units({("relu", 4): 0.1, ("relu", 8): 0.1}, "relu")
    flat = fit.curve.parts(fit.y) * 0
    assert "so of no use here: 5" in in_words(flat, -0.5)
    assert "an offset of −0.50" in in_words(flat, -0.5)
