"""How long a frame under the pen takes, what travels for it, and whether the app says the same.

python -m benchmarks.frame                     the time of a frame, and the bytes, with panels too
python -m benchmarks.frame --drawings 500      as well: does the app see and read what was shown?
python -m benchmarks.frame --strokes 10000     as well: does the browser's memory grow?

`MNIST_LAB_PENDIGITS` names the pen strokes that are drawn with the mouse, in Chromium.
"""

import argparse
import json
import os
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, WebSocket, expect, sync_playwright

from mnist_core.config.fields import parse_config
from mnist_core.reading.pendigits import TABLET, PenDigit, load_pendigits
from mnist_core.runs.execution import execute
from mnist_core.runs.store import RunStore
from tests.helpers.app import App
from tests.helpers.browser import PAD
from tests.helpers.chromium import launch
from tests.helpers.late import LateServer
from tests.helpers.pen import clear, pen_down, ready, shown

HIDDEN = ("32", "256", "1600", "1200, 800")
PANELS = {"See it think": ".tile", "Watch it learn": ".watch"}  # and what they have
DIGITS = 20  # drawn for the time of a frame
TO_BE = {"frame_median": 4.0, "frame_p95": 12.0}  # ms
# Times each frame that reads along, with the layout that it asks for.
TIMED = """
window.frames = [];
const ask = window.requestAnimationFrame;
window.requestAnimationFrame = (draw) => ask.call(window, (now) => {
  const began = performance.now();
  draw(now);
  if (!String(draw).includes("update()")) return;
  document.body.offsetHeight;
  window.frames.push(performance.now() - began);
});
"""


def trained(home: Path, hidden: str) -> str:
    """A run with such hidden layers; what it has learnt does not matter."""
    os.environ["MNIST_LAB_HOME"] = str(home)
    store = RunStore()
    run_id = store.create(parse_config({"hidden_sizes": hidden, "epochs": 1}))
    for _ in execute(run_id, store):
        pass
    return run_id


def draw_digit(page: Page, digit: PenDigit) -> None:
    """Draw a pen digit with the mouse, all its points, and lift the pen."""
    for stroke in digit.strokes:
        corners = [(round(x), round(y)) for x, y in stroke * (PAD / TABLET)]
        pen_down(page, corners, steps=1)
        page.mouse.up()


@contextmanager
def opened(browser: Browser, address: str) -> Iterator[tuple[Page, list[int]]]:
    """The Draw page with a network that reads along, and the sizes of what the server sends."""
    page, sizes = browser.new_page(viewport={"width": 1280, "height": 900}), list[int]()

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda message: sizes.append(len(message)))

    page.on("websocket", listen)
    page.add_init_script(TIMED)
    page.goto(address)
    expect(page.get_by_text("Draw a digit", exact=True)).to_be_visible()
    ready(page)
    yield page, sizes
    page.close()


def frames(
    browser: Browser, address: str, digits: list[PenDigit], panel: str | None = None
) -> dict[str, float]:
    """The time of a frame (ms) and what is sent (bytes): once, and for each stroke."""
    with opened(browser, address) as (page, sizes):
        if panel is not None:
            page.get_by_role("radio", name=panel, exact=True).click()
            expect(page.locator(PANELS[panel]).first).to_be_visible()
        once = sum(size for size in sizes if size > 100_000)
        sizes.clear()
        page.evaluate("window.frames.length = 0")
        for digit in digits:
            draw_digit(page, digit)
            clear(page)
        times = page.evaluate("window.frames")
        strokes = sum(len(digit.strokes) for digit in digits)
        return {
            "frames": len(times),
            "frame_median": statistics.median(times),
            "frame_p95": statistics.quantiles(times, n=20)[-1],
            "bytes_once": once,
            "bytes_a_stroke": sum(sizes) / strokes,
        }


def agreement(browser: Browser, url: str, digits: list[PenDigit]) -> dict[str, float]:
    """The largest difference between what was shown under the pen and what the app says."""
    image, share = 0, 0.0
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    server = LateServer(page)  # nothing that it says is shown before the browser's own is noted
    page.goto(f"{url}/draw")
    ready(page)
    for digit in digits:
        with server.holding():
            draw_digit(page, digit)
            page.evaluate("new Promise(requestAnimationFrame)")
            here = shown(page)
        expect(page.locator(f".answer[data-drawn^='{len(digit.strokes)} ']")).to_be_visible()
        there = shown(page)
        image = max(image, int(np.abs(here[0] - there[0]).max()))
        share = max(share, float(np.abs(here[1] - there[1]).max()))
        clear(page)
    page.close()
    return {"drawings": len(digits), "image_difference": image / 255, "share_difference": share}


def growth(browser: Browser, url: str, strokes: int) -> dict[str, float]:
    """MB that the page's memory grew by over so many strokes, after the first hundred."""
    with opened(browser, f"{url}/draw") as (page, _):
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")

        def heap() -> float:
            session.send("HeapProfiler.collectGarbage")
            metrics = session.send("Performance.getMetrics")["metrics"]
            return next(m["value"] for m in metrics if m["name"] == "JSHeapUsedSize") / 2**20

        before = 0.0
        for stroke in range(strokes):
            pen_down(page, [(60 + stroke % 100, 60), (200, 200)], steps=3)
            page.mouse.up()
            if stroke % 5 == 4:
                clear(page)
            if stroke == 99:
                before = heap()
        return {"strokes": strokes, "growth": heap() - before}


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--drawings", type=int, default=0, help="compared with the app's answers")
    parser.add_argument("--strokes", type=int, default=0, help="drawn to see the memory grow")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    everyone = load_pendigits(os.environ["MNIST_LAB_PENDIGITS"])
    found: dict[str, dict[str, float]] = {}

    def tell(name: str, values: dict[str, float]) -> None:
        found[name] = values
        for key, value in () if options.json else values.items():
            aim = f"to be {TO_BE[key]:g}" if key in TO_BE else ""
            print(f"{name:36} {key:18} {value:12.4g} {aim}", flush=True)

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder) / "home"
        runs = {f"hidden {hidden}": trained(home, hidden) for hidden in HIDDEN}
        app = App(home)
        expect.set_options(timeout=60_000)
        browser = launch(playwright)
        assert browser is not None, "python -m tests.helpers.chromium gets a browser"
        try:
            few = everyone[:: len(everyone) // DIGITS][:DIGITS]
            page = browser.new_page()
            page.goto(app.url)  # until the runs are known, the shipped network reads
            expect(page.locator(".lab-now")).to_have_text("Nothing is training")
            page.close()
            addresses = {name: f"{app.url}/draw?run={run}" for name, run in runs.items()}
            for name, address in {"shipped": f"{app.url}/draw", **addresses}.items():
                tell(name, frames(browser, address, few))
            for panel in PANELS:
                for name, address in addresses.items():
                    tell(f"{name}, {panel}", frames(browser, address, few, panel))
            if options.drawings:
                many = everyone[:: len(everyone) // options.drawings][: options.drawings]
                tell("agreement", agreement(browser, app.url, many))
            if options.strokes:
                tell("memory", growth(browser, app.url, options.strokes))
        finally:
            app.stop()
    if options.json:
        print(json.dumps({"cores": os.cpu_count(), **found}))


if __name__ == "__main__":
    main()
