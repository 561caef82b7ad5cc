"""A sweep in a browser: start, watch the map fill in, stop, resume, click a cell, draw with it."""

import re

from playwright.sync_api import Browser, Page, Route, expect

from tests.helpers.app import App
from tests.helpers.browser import SEVEN, answer, draw, go_to, open_tab, settle
from tests.helpers.gate import Gate


def start(page: Page, epochs: int) -> None:
    go_to(page, "Sweep")
    page.get_by_label("Epochs", exact=True).fill(str(epochs))
    page.get_by_label("Epochs", exact=True).press("Enter")
    expect(page.get_by_text("on one worker")).to_be_visible()
    page.get_by_role("button", name="Start sweep").click()


def test_start_watch_stop_resume_click_and_draw(page: Page, gate: Gate) -> None:
    gate.allow(1)
    start(page, epochs=3)
    # The map's transparent squares, one a measured cell.
    cells = page.locator(".js-plotly-plot").nth(1).locator(".scatterlayer .point")
    expect(cells.first).to_be_attached()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text("Stopped; what was learnt is kept")).to_be_visible()
    gate.open()
    page.get_by_role("button", name="Resume").click()
    # Where the page is drawn anew, what was there before is there for a moment as well.
    expect(page.get_by_text("64 of 64", exact=True).first).to_be_visible()
    expect(page.get_by_text("Completed")).to_be_visible()
    expect(page.get_by_text("explains")).to_be_visible()
    expect(cells).to_have_count(64)
    settle(page)  # the map is drawn once more when its sweep has ended
    cell = cells.nth(40)
    cell.hover(force=True)  # what it is drawn on takes the pointer
    expect(page.locator(".hoverlayer .hovertext")).to_be_visible()
    cell.click(force=True)
    expect(page.get_by_text("Test accuracy")).to_be_visible()
    page.get_by_role("button", name="Draw digits for it").click()
    expect(page.get_by_text("Draw a digit", exact=True)).to_be_visible()
    draw(page, SEVEN)
    expect(answer(page)).to_have_text("7")


def test_a_form_whose_code_comes_late_shows_its_values(app: App, browser: Browser) -> None:
    """A slow network: the page has been drawn twice before the browser can show a widget."""
    page = open_tab(browser)
    held: list[Route] = []
    code = re.compile(r"/static/js/\w*(Input|elect)\w*\.")
    page.route(code, lambda route: held.append(route))
    page.goto(app.url + "/sweep")
    expect(page.get_by_text("on one worker")).to_be_visible()
    assert held
    page.route(code, lambda route: route.continue_())  # those that are asked for from now on
    for route in held:
        route.continue_()
    for label, value in (
        ("Hidden layer sizes, values", "16,32,64,128"),
        ("From", "0.01"),
        ("To", "1"),
        ("How many", "16"),
        ("Epochs", "5"),
    ):
        field = page.locator(f'input[aria-label="{label}"]')
        expect(field).to_have_value(value)
    page.context.close()
