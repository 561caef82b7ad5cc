"""A sweep in a browser: start, watch the map fill in, stop, resume, click a cell, draw with it."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import SEVEN, draw, go_to

LONG = 300_000  # ms; 64 networks on the full MNIST take 20 s on two idle cores


def start(page: Page, epochs: int) -> None:
    go_to(page, "Sweep")
    page.get_by_label("Epochs", exact=True).fill(str(epochs))
    page.get_by_label("Epochs", exact=True).press("Enter")
    expect(page.get_by_text("on one worker")).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Start sweep").click()


def wait_for_cells(page: Page) -> None:
    """Until the map's transparent squares, one a measured cell, are there."""
    page.wait_for_function(
        "document.querySelectorAll('.js-plotly-plot .scatterlayer .point').length > 0",
        timeout=LONG,
    )


def test_start_watch_stop_resume_click_and_draw(page: Page) -> None:
    start(page, epochs=3)
    wait_for_cells(page)
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text("Stopped; what was learnt is kept")).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_text("64 of 64", exact=True)).to_be_visible(timeout=LONG)
    expect(page.get_by_text("Finished")).to_be_visible(timeout=LONG)
    expect(page.get_by_text("explains")).to_be_visible(timeout=LONG)
    cells = page.locator(".js-plotly-plot").nth(1).locator(".scatterlayer .point")
    expect(cells).to_have_count(64)
    cells.nth(40).click(force=True)  # what it is drawn on takes the click
    expect(page.get_by_text("Test accuracy")).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Draw digits for it").click()
    expect(page.get_by_text("Draw a digit", exact=True)).to_be_visible(timeout=LONG)
    draw(page, SEVEN)
    expect(page.get_by_role("status")).to_have_text("7", timeout=LONG)
