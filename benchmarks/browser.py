"""What a person waits for in the browser, in seconds, and what the app takes.

    MNIST_LAB_DATA=<folder with MNIST> python -m benchmarks.browser [--against FOLDER] [--json]

- start: from starting the server, in an empty home folder, to a Train page that can be used
- first click: from the click on Start, made at once, to the first point on the chart; 2 tabs and
  5 tabs: the same in apps of their own, with so many tabs open before
- idle memory: of all processes of the app after that one run, proportional set size, in MB
- first point: the same in an app that has trained before (median of 5)
- stroke: from lifting the pen to the new prediction on the screen (median and 95th percentile of
  40), which is there already where the browser reads along; stroke training: the same while a run
  trains
- page: from the click on a link to the heading of that page, all pages visited before
- viewer: the share of a core that the server takes while one browser watches a run that trains
- 30 viewers: of such a run, all coming at once: the median wait for the page, and then for each of
  their clicks, one a second each (see visitors.py)
- growth: of all processes, in MB, over 200 runs of one epoch that are started one after another
- memory: of all processes of the app at the end

Beside each stands what it is to be. With ``--against`` another checkout of the project is measured
in turn with this one, and the ratios are printed: nothing else tells a change from a busy machine.
Chromium runs on the same cores. ``--short`` measures little of each, to see that it runs.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from benchmarks.processes import family, memory
from benchmarks.processes import seconds as seconds_of
from benchmarks.visitors import visit
from tests.helpers.app import ROOT, App
from tests.helpers.browser import draw, go_to, settle
from tests.helpers.chromium import launch


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    starts: int = 5
    drawings: int = 10
    runs: int = 200
    watched: int = 10  # seconds for which a run that trains is watched
    viewers: int = 30
    tabs: tuple[int, ...] = (2, 5)


SHORT = Sizes(starts=1, drawings=1, runs=2, watched=1, viewers=2, tabs=(1,))
# What a person should wait at most (s), what a viewer may take of a core, what memory in MB.
TO_BE = {
    "start": 2.0,
    "first_click": 3.0,
    "first_click_2_tabs": 3.5,
    "first_click_5_tabs": 3.5,
    "first_point_median": 0.35,
    "stroke_training_p95": 0.15,
    "page": 0.2,
    "viewer": 0.1,
    "viewers_first_load": 1.0,
    "viewers_click": 0.5,
    "idle_memory": 900.0,
    "growth": 0.0,
}
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
SEEN_IMAGE = "document.querySelector('img[alt^=\"What the network sees\"]')?.src"


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
    expect(page.locator(".js-plotly-plot")).to_have_count(1)  # the chart's code is loaded
    start = page.get_by_role("button", name="Start training")
    taken = seconds(page, "click", HAS_POINTS, start.click)
    expect(page.get_by_text("Test accuracy")).to_be_visible()
    page.close()
    return taken


def strokes(page: Page, drawings: int) -> list[float]:
    """Seconds from the end of each stroke to the picture that the network read."""
    taken = []
    for _ in range(drawings):
        for stroke in DIGIT:
            act = partial(draw, page, [stroke])
            taken.append(seconds(page, "mouseup", SEEN_IMAGE, act))
        page.get_by_role("button", name="Clear").click()
        expect(page.get_by_text("Draw a digit", exact=True)).to_be_visible()
    return taken


def draw_page(browser: Browser, app: App) -> Page:
    """A browser page on Draw, ready to be drawn on."""
    page = browser.new_page()
    page.goto(app.url)
    go_to(page, "Draw")
    expect(page.get_by_text("Draw a digit", exact=True)).to_be_visible()
    return page


def page_to_page(page: Page) -> float:
    """Seconds from a link to the page it leads to, the median over all pages."""
    marks = {
        "Data": "Other pictures",
        "Sweep": "Start sweep",
        "Draw": "Undo",
        "Runs": "Import a network",
        "Learn": "Any other",
        "Train": "Find a learning rate",
    }
    taken = []
    for turn in range(2):
        for name, mark in marks.items():
            began = time.perf_counter()
            go_to(page, name)
            page.get_by_text(mark).first.wait_for()
            if turn:  # the first time it is loaded
                taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def watched(browser: Browser, app: App, sizes: Sizes) -> dict[str, float]:
    """What watching a run that trains takes, and what drawing and viewers wait beside it."""
    page = browser.new_page()
    page.goto(f"{app.url}/?epochs=1000&batch_size=10")
    page.get_by_role("button", name="Start training").click()
    page.wait_for_function(HAS_POINTS)
    server = family(app)[:1]
    before, began = seconds_of(server), time.perf_counter()
    page.wait_for_timeout(sizes.watched * 1000)
    share = (seconds_of(server) - before) / (time.perf_counter() - began)
    pad = draw_page(browser, app)
    waits = strokes(pad, sizes.drawings)
    pad.close()
    with ThreadPoolExecutor() as aside:  # this thread has the browser's own loop
        visits = visit(app.url, sizes.viewers, sizes.watched)
        loads, clicks = aside.submit(asyncio.run, visits).result()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text("Test accuracy")).to_be_visible()
    page.close()
    return {
        "viewer": share,
        "stroke_training_median": statistics.median(waits),
        "stroke_training_p95": statistics.quantiles(waits, n=20)[-1],
        "viewers_first_load": statistics.median(loads),
        "viewers_click": statistics.median(clicks),
        "viewers_click_p95": statistics.quantiles(clicks, n=20)[-1],
    }


def growth(browser: Browser, app: App, runs: int) -> float:
    """MB that the app's processes have taken on after ``runs`` more runs."""
    page = browser.new_page()
    page.goto(f"{app.url}/?epochs=1")
    start, before = page.get_by_role("button", name="Start training"), memory(family(app))
    for _ in range(runs):
        settle(page)  # a click on what is about to be drawn anew is none
        shown = page.url
        start.click()
        expect(page).not_to_have_url(shown)  # it has its run's id now
        expect(page.get_by_role("button", name="Stop", exact=True)).to_have_count(0)
        expect(page.get_by_text("Test accuracy")).to_be_visible()
    page.close()
    return memory(family(app)) - before


def first_click(browser: Browser, checkout: Path, tabs: int) -> float:
    """Seconds from the click on Start to the first point where so many tabs were open before."""
    with tempfile.TemporaryDirectory() as folder:
        app = App(Path(folder) / "home", cwd=checkout)
        try:
            pages = [browser.new_page() for _ in range(tabs + 1)]
            for page in pages:
                page.goto(app.url, wait_until="commit")
            start = pages[-1].get_by_role("button", name="Start training")
            expect(start).to_be_enabled()
            taken = seconds(pages[-1], "click", HAS_POINTS, start.click)
            for page in pages:
                page.close()
            return taken
        finally:
            app.stop()


def measure(browser: Browser, checkout: Path, sizes: Sizes) -> dict[str, float]:
    """All figures, from servers in empty homes."""
    tabs = {f"first_click_{n}_tabs": first_click(browser, checkout, n) for n in sizes.tabs}
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        app = App(Path(folder) / "home", cwd=checkout)
        try:
            page = browser.new_page()
            page.goto(app.url)
            start = page.get_by_role("button", name="Start training")
            expect(start).to_be_enabled()
            started = time.perf_counter() - began
            at_once = seconds(page, "click", HAS_POINTS, start.click)
            expect(page.get_by_text("Test accuracy")).to_be_visible()
            idle = memory(family(app))
            points = [first_point(browser, app) for _ in range(sizes.starts)]
            links = page_to_page(page)
            page.close()
            pad = draw_page(browser, app)
            waits = strokes(pad, sizes.drawings)
            pad.close()
            beside = watched(browser, app, sizes)
            return {
                "start": started,
                "first_click": at_once,
                **tabs,
                "idle_memory": idle,
                "first_point_median": statistics.median(points),
                "stroke_median": statistics.median(waits),
                "stroke_p95": statistics.quantiles(waits, n=20)[-1],
                "page": links,
                **beside,
                "growth": growth(browser, app, sizes.runs),
                "memory": memory(family(app)),
            }
        finally:
            app.stop()


def main(arguments: list[str] | None = None) -> None:
    """Print the figures, and the ratios to another checkout's."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", type=Path, help="another checkout, measured in turn")
    parser.add_argument("--rounds", type=int, default=1, help="how often each is measured")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--short", action="store_true", help="little of each: does it run?")
    options = parser.parse_args(arguments)
    sizes = SHORT if options.short else Sizes()
    expect.set_options(timeout=600_000)
    checkouts = [ROOT, *([options.against.resolve()] if options.against else [])]
    found: list[list[dict[str, float]]] = [[] for _ in checkouts]
    with sync_playwright() as playwright:
        browser = launch(playwright)
        assert browser is not None, "python -m tests.helpers.chromium gets a browser"
        for _ in range(options.rounds):
            for place, checkout in enumerate(checkouts):
                found[place].append(measure(browser, checkout, sizes))
                print(f"{checkout.name}: {found[place][-1]}", file=sys.stderr, flush=True)
    ours, *others = (
        {name: statistics.median(result[name] for result in results) for name in results[0]}
        for results in found
    )
    if options.json:
        other = {"against": others[0]} if others else {}
        print(json.dumps({"cores": os.cpu_count(), **ours, **other}))
        return
    for name, value in ours.items():
        ratio = f"{others[0][name]:9.2f}  x {value / others[0][name]:.2f}" if others else ""
        aim = f"to be {TO_BE[name]:g}" if name in TO_BE else ""
        print(f"{name:24} {value:9.2f} {aim:12} {ratio}")


if __name__ == "__main__":
    main()
