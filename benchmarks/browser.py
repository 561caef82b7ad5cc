"""What a person waits for in the browser, in seconds.

    MNIST_LAB_DATA=<folder with MNIST> python -m benchmarks.browser [--json]

- start: from starting the server, in an empty home folder, to a Train page that can be used
- first point: from the click on Start to the first point on the chart, in an app that has trained
  before (median of 5)
- stroke: from lifting the pen to the new prediction on the screen (median and 95th percentile of
  40; the canvas itself waits 0.2 s of it before it reports)

Chromium runs on the same cores as the app. The last two are measured by the page's own clock.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.helpers.app import App
from tests.helpers.browser import draw, go_to
from tests.helpers.chromium import launch

RUNS, DRAWINGS = 5, 10
# An 8 in four strokes, each of which changes the picture that the network sees.
DIGIT = [
    [(140, 140), (90, 100), (140, 50)],
    [(140, 50), (190, 100), (140, 140)],
    [(140, 140), (80, 190), (140, 240)],
    [(140, 240), (200, 190), (140, 140)],
]

# Starts a clock at the next event of the given kind and stops it when the function's value has
# changed. The value is looked at once a frame, which is as often as a person could.
CLOCK = """
([kind, value]) => {
  const look = new Function('return ' + value), before = look();
  window.clock = new Promise(resolve => {
    addEventListener(kind, () => {
      const began = performance.now();
      const frame = () => look() === before
        ? requestAnimationFrame(frame) : resolve((performance.now() - began) / 1000);
      frame();
    }, {once: true, capture: true});
  });
}
"""
HAS_POINTS = "document.querySelectorAll('.js-plotly-plot .scatterlayer .point').length > 0"
SEEN_IMAGE = "document.querySelector('[data-testid=stHtml] img')?.src"


def seconds(page: Page, event: str, value: str, act: Callable[[], None]) -> float:
    """From the browser's ``event``, which ``act`` causes, until ``value`` changes."""
    page.evaluate(CLOCK, [event, value])
    act()
    elapsed: float = page.evaluate("window.clock")
    return elapsed


def first_point(browser: Browser, app: App) -> float:
    """Seconds from the click on Start to the first point, in a new browser page."""
    page = browser.new_page()
    page.goto(app.url)
    expect(page.locator(".js-plotly-plot")).to_have_count(2)  # the chart's code is loaded
    start = page.get_by_role("button", name="Start training")
    taken = seconds(page, "click", HAS_POINTS, start.click)
    expect(page.get_by_text("Test accuracy")).to_be_visible()
    page.close()
    return taken


def strokes(browser: Browser, app: App) -> list[float]:
    """Seconds from the end of each stroke to the picture that the network read."""
    page = browser.new_page()
    page.goto(app.url)
    go_to(page, "Draw")
    expect(page.get_by_text("Draw a digit", exact=True)).to_be_visible()
    taken = []
    for _ in range(DRAWINGS):
        for stroke in DIGIT:
            act = partial(draw, page, [stroke])
            taken.append(seconds(page, "mouseup", SEEN_IMAGE, act))
        page.get_by_role("button", name="Clear").click()
        expect(page.get_by_text("Draw a digit", exact=True)).to_be_visible()
    page.close()
    return taken


def measure() -> dict[str, float]:
    """All figures, from one server."""
    expect.set_options(timeout=120_000)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = launch(playwright)
        assert browser is not None, "python -m tests.helpers.chromium gets a browser"
        began = time.perf_counter()
        app = App(Path(folder) / "home")
        try:
            page = browser.new_page()
            page.goto(app.url)
            expect(page.get_by_role("button", name="Start training")).to_be_enabled()
            started = time.perf_counter() - began
            page.close()
            first_point(browser, app)  # warms the app up
            points = [first_point(browser, app) for _ in range(RUNS)]
            waits = strokes(browser, app)
        finally:
            app.stop()
    return {
        "cores": os.cpu_count() or 0,
        "start": started,
        "first_point_median": statistics.median(points),
        "stroke_median": statistics.median(waits),
        "stroke_p95": statistics.quantiles(waits, n=20)[-1],
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    as_json = parser.parse_args().json
    results = measure()
    if as_json:
        print(json.dumps(results))
    else:
        print("\n".join(f"{name:20} {value:.2f}" for name, value in results.items()))
