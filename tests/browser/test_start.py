"""The app's first seconds, with several tabs, and double clicks with a gap as a hand makes them."""

import re
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect

from pages.ui.learn.choose import CHAPTERS
from tests.helpers.app import App
from tests.helpers.browser import ONE, draw, go_to, open_tab, settle
from tests.helpers.gate import Gate

# Two presses of the mouse where a button is, 200 ms apart, by the page's own clock.
TWO_CLICKS = """([x, y]) => {
  const press = () => document.elementFromPoint(x, y).click();
  press();
  return new Promise((done) => setTimeout(() => { press(); done(); }, 200));
}"""


def click_twice(page: Page, label: str) -> None:
    button = page.get_by_role("button", name=label)
    expect(button).to_be_enabled()
    button.hover()  # scrolls to it, again if it was drawn anew meanwhile
    box = button.bounding_box()
    assert box is not None
    page.evaluate(TWO_CLICKS, [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2])


@pytest.mark.own_workers
@pytest.mark.parametrize("count", [2, 5])
def test_tabs_that_are_open_while_the_app_starts_do_not_keep_it(
    app: App, browser: Browser, gate: Gate, count: int
) -> None:
    gate.allow(1)
    first = open_tab(browser)
    tabs = [first, *(first.context.new_page() for _ in range(count - 1))]
    for tab in tabs:
        tab.goto(app.url, wait_until="commit")
    tabs[-1].get_by_role("button", name="Start training").click()
    for tab in tabs:  # all of them show it: an idle page notices that something trains
        stop = tab.get_by_role("button", name="Stop", exact=True)
        expect(stop).to_be_visible()
    gate.open()
    for tab in tabs:
        expect(tab.get_by_text("Test accuracy")).to_be_visible()
    first.context.close()


def test_two_clicks_a_fifth_of_a_second_apart_start_one_thing(page: Page) -> None:
    click_twice(page, "Start training")
    expect(page.get_by_text("Test accuracy")).to_be_visible()
    click_twice(page, "New seed")
    expect(page).to_have_url(re.compile("seed=1"))
    settle(page)  # the run before is shown no more
    expect(page.get_by_text("Test accuracy")).to_be_visible()
    click_twice(page, "Continue training")
    expect(page.get_by_text("Test accuracy")).to_be_visible()
    expect(page.locator(".js-plotly-plot").first.locator(".point")).to_have_count(
        10 + 1
    )  # and the best
    go_to(page, "Runs")
    expect(page.get_by_text("2 of 2 runs")).to_be_visible()
    page.goto(page.url.split("?")[0] + "?filter=seed%20%3D%200")
    expect(page.get_by_text("1 of 2 runs")).to_be_visible()


def test_the_pages_process_loads_no_pytorch(app: App, page: Page) -> None:
    if not hasattr(psutil.Process, "memory_maps"):
        pytest.skip("this system does not say which files a process has loaded")
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_text("Test accuracy")).to_be_visible()
    go_to(page, "Draw")
    draw(page, ONE)
    for panel, shown in {
        "X-ray": "Probabilities",
        "Why": "training digits most like yours",
        "All models": "The vote: 1",
        "Watch it learn": "After epoch 5",
    }.items():
        page.get_by_role("radio", name=panel, exact=True).click()
        expect(page.get_by_text(shown).first).to_be_visible()
    page.get_by_role("radio", name="My digits", exact=True).click()
    page.keyboard.press("1")
    expect(page.get_by_text("Your digit").first).to_be_attached()
    for name, shown in {
        "Runs": "1 of 1 runs",
        "Sweep": "Start sweep",
        "Data": "pictures to learn from",
    }.items():
        go_to(page, name)
        expect(page.get_by_text(shown).first).to_be_visible()
    go_to(page, "Learn")
    for title in CHAPTERS.values():
        page.get_by_text(title, exact=True).first.click()
        expect(page.get_by_role("heading", name=title, level=3)).to_be_visible()
    files = {Path(file.path).name for file in psutil.Process(app.process.pid).memory_maps()}
    assert any(name.startswith("_multiarray_umath") for name in files), "files are seen"
    assert not {name for name in files if name.startswith("libtorch")}
