"""Learn in the browser: numbers that move, and an experiment that is tried and done."""

import re

import pytest
from playwright.sync_api import Page, expect

from pages.ui.learn.choose import CHAPTERS
from tests.helpers.browser import arrive, go_to, settle


def read(page: Page, chapter: str) -> None:
    """Choose a chapter from the list."""
    page.get_by_text(CHAPTERS[chapter], exact=True).first.click()
    expect(page.get_by_role("heading", name=CHAPTERS[chapter], level=3)).to_be_visible()
    settle(page)  # what the chapter before showed is gone


@pytest.mark.keeps_nothing
def test_steps_are_taken_one_stage_a_click_and_then_ten_a_second(page: Page) -> None:
    arrive(page, "Learn")
    read(page, "step")
    for stage in ("Forward", "The loss", "The gradients", "The update", "another batch"):
        page.get_by_role("button", name=f"Next: {stage}", exact=True).click()
    expect(page.get_by_text("After 1 step,")).to_be_visible()
    settle(page)
    page.get_by_role("button", name="Ten steps a second").click()
    expect(page.get_by_text(re.compile(r"After [2-9]\d steps"))).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("button", name="Next: Forward", exact=True)).to_be_enabled()
    go_to(page, "Data")
    expect(page.get_by_role("heading", level=1)).to_have_text("Data")
    go_to(page, "Learn")
    expect(page.get_by_text(re.compile(r"After \d+ steps"))).to_be_visible()  # nothing is lost


@pytest.mark.keeps_nothing
def test_networks_learn_side_by_side_and_a_function_is_fitted(page: Page) -> None:
    arrive(page, "Learn")
    read(page, "hidden")
    expect(page.get_by_text("Untrained:")).to_be_visible()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("Epoch 15 of 15")).to_be_visible()
    expect(page.get_by_role("button", name="Start again")).to_be_enabled()
    read(page, "functions")
    expect(page.get_by_text("Before training")).to_be_visible()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("Before training")).to_have_count(0)
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_enabled()


def test_an_experiment_opens_train_and_sees_that_it_is_done(page: Page) -> None:
    arrive(page, "Learn")
    expect(page.get_by_text("0 of 11 experiments done")).to_be_visible()
    read(page, "overfit")
    page.get_by_role("button", name="Open Train with these settings").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Train")
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_text("Completed")).to_be_visible()
    go_to(page, "Learn")
    expect(page.get_by_text("1 of 11 experiments done")).to_be_visible()
    expect(page.get_by_role("heading", name=CHAPTERS["overfit"], level=3)).to_be_visible()
    expect(page.get_by_text("Done.")).to_be_visible()
