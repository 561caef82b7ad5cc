"""Several digits on the wide pad in Chromium."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.helpers.browser import draw, go_to, pad_box, press, settle, watch

ROW = "canvas-row"
STEM = [(155, 110), (155, 230)]  # of the 4, which comes last of all
FOUR, SEVEN = [(135, 50), (90, 150), (180, 150)], [(450, 60), (540, 60), (480, 230)]
BAR = [(460, 140), (540, 140)]
ZERO = [(300, 50), (250, 90), (245, 170), (300, 230), (355, 170), (350, 90), (300, 50)]


def number_pad(page: Page) -> None:
    go_to(page, "Draw")
    page.get_by_role("radio", name="A number").click()
    expect(page.get_by_text("Write a number")).to_be_visible()
    settle(page)


@pytest.mark.keeps_nothing
def test_a_number_is_read_taken_back_and_still_there_after_another_page(page: Page) -> None:
    errors = watch(page)
    number_pad(page)
    draw(page, [FOUR, ZERO, SEVEN, BAR], ROW)
    said = page.locator(".answer.row").get_by_role("status")
    expect(said).to_have_text(re.compile("^.07$"))
    draw(page, [STEM], ROW)
    expect(said).to_have_text("407")
    expect(page.get_by_alt_text("Where each digit of 407 was found")).to_be_visible()
    page.keyboard.press("z")
    page.keyboard.press("z")
    page.keyboard.press("z")  # the stem, the bar, the 7
    expect(said).to_have_text(re.compile("^.0$"))
    go_to(page, "Runs")
    expect(page.get_by_role("heading", level=1)).to_have_text("Runs")
    go_to(page, "Draw")
    expect(said).to_have_text(re.compile("^.0$"))
    page.get_by_role("radio", name="A digit", exact=True).click()
    expect(page.get_by_text("Draw a digit", exact=True)).to_be_visible()
    page.get_by_role("radio", name="A number").click()
    expect(said).to_have_text(re.compile("^.0$"))
    settle(page)
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_text("Write a number")).to_be_visible()
    assert not errors


@pytest.mark.keeps_nothing
def test_the_keyboard_writes_on_all_of_the_pad(page: Page) -> None:
    number_pad(page)
    box = pad_box(page, ROW)
    page.locator("canvas.upper-canvas").focus()
    for x in (0.2, 0.8):
        press(page, "ArrowLeft", 84)  # from one end to the other, at most
        press(page, "ArrowRight", round(84 * x))
        press(page, "ArrowUp", 28)
        page.keyboard.press("Space")
        press(page, "ArrowDown", 22)
        page.keyboard.press("Space")
    expect(page.locator(".answer.row").get_by_role("status")).to_have_text("11")
    assert box["width"] == 3 * box["height"]
