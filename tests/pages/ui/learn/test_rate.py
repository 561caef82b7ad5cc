"""The chapter of the learning rate: what it says of a step and of three trainings."""

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.learn.digits import digits
from mnist_core.learn.line import at_the_end, first_steps, line_after
from pages.ui.learn.rate import RATES, straight_on, three_rates
from tests.helpers.pages import open_page, said


def choose(page: AppTest, rate: float) -> None:
    page.select_slider(key="learn.rate.rate").set_value(rate).run()


@pytest.mark.usefixtures("app")
def test_a_step_is_too_small_about_right_and_too_large() -> None:
    page = open_page("learn", chapter="rate")
    line = line_after(40, digits()[0])
    assert f"from {line.loss:.3f} to {line.at(0.1):.3f}; the lowest" in said(page)
    assert "**too small**" in said(page)
    choose(page, 0.5)
    assert "**about right**" in said(page)
    choose(page, 20.0)
    assert f"to {line.at(20):.3f}; the lowest" in said(page)
    assert "**too large**: the loss is higher than before" in said(page)
    assert "no better than guessing" in said(page)
    page.slider(key="learn.rate.taken").set_value(0).run()
    assert f"from {line_after(0, digits()[0]).loss:.3f} to" in said(page)
    choose(page, 5.0)
    assert "**about right**" in said(page)
    assert "broken" in said(page)


@pytest.mark.usefixtures("app")
def test_three_rates_are_trained_a_tenth_of_it_it_and_ten_times_it() -> None:
    page = open_page("learn", chapter="rate")
    for rate in (0.01, 0.1):
        end = at_the_end(first_steps(rate, 60, digits()[0]))
        assert f"to {end:.2f}" in said(page)
    assert "**0.01** is slow" in said(page)
    assert "**0.1** is quick" in said(page)
    assert "**1** is unsteady" in said(page)
    assert "The lowest loss after 60 steps has 0.1." in said(page)
    assert "ln 10 = 2.303" in said(page)


def test_what_is_no_number_is_said_to_have_diverged() -> None:
    told = three_rates({0.1: [2.3] * 20, 1.0: [2.3, 900.0, 2.5] * 10, 9.0: [2.3, float("nan")]})
    assert "**0.1** is slow, from 2.30 to 2.30" in told
    assert "**1** is broken" in told
    assert "up to 900" in told
    assert "**9** has diverged" in told
    assert "has 0.1." in told


def test_the_slope_is_trusted_near_by_alone() -> None:
    line = line_after(40, digits()[0])
    assert "still close to it" in straight_on(line, 0.001, line.at(0.001))
    far = straight_on(line, 5.0, line.at(5.0))
    assert "since it bends. No loss is below 0" in far
    assert f"lead to −{-(line.loss + 5 * line.slope):.3f}" in far


def test_the_rates_to_choose_from_go_from_a_thousandth_to_twenty() -> None:
    assert RATES[:4] == (0.001, 0.002, 0.005, 0.01)
    assert RATES[-1] == 20
