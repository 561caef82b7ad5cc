"""The README's pictures, from the running app: ``python -m benchmarks.pictures``.

Trains, draws and sweeps as a person does, at the size of a laptop, and writes ``docs/*.png``. It
needs MNIST and a Chromium, and takes some minutes.
"""

import io
import re
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from pages.ui.learn.choose import CHAPTERS
from tests.helpers.app import App
from tests.helpers.browser import SEVEN, answer, draw, fill, go_to
from tests.helpers.chromium import launch

DOCS = Path(__file__).parents[1] / "docs"
SIZE = {"width": 1280, "height": 800}
PATIENCE = 600_000  # milliseconds, for the sweep


def take(page: Page, name: str) -> None:
    """Write what the page shows now."""
    page.mouse.move(0, 0)
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")
    page.wait_for_timeout(1000)  # until nothing moves: a picture is taken of a moment
    page.screenshot(path=DOCS / f"{name}.png")


def ended(page: Page) -> None:
    """Wait until what was just started has begun and ended."""
    stop = page.get_by_role("button", name="Stop", exact=True)
    stop.wait_for()
    stop.wait_for(state="hidden")
    expect(page.get_by_text("Completed")).to_be_visible()


def train(page: Page) -> None:
    """Two runs, so that the second has the first as its ghost."""
    for hidden in ("32", "64"):
        fill(page, "Hidden layer sizes", hidden)
        page.get_by_role("button", name="Start training").click()
        ended(page)
    take(page, "train")


def read(page: Page) -> None:
    """A drawn seven, with its answer."""
    go_to(page, "Draw")
    draw(page, SEVEN)
    expect(answer(page)).to_have_text("7")
    take(page, "draw")


def learning(page: Page) -> None:
    """What the last run's network made of that seven, as it learnt: a strip, two epochs a row."""
    page.get_by_role("radio", name="Watch it learn", exact=True).click()
    said = page.locator(".watch .said")
    expect(said).to_contain_text("After epoch 5 of 5 it reads")
    slider = page.get_by_role("slider", name="Epoch", exact=True)
    slider.focus()
    slider.press("Home")
    shots = []
    for epoch in range(6):
        expect(said).to_contain_text(f"After epoch {epoch}" if epoch else "Untrained")
        shots.append(Image.open(io.BytesIO(page.locator(".watch").screenshot())))
        slider.press("ArrowRight")
    width, height = shots[0].size
    strip = Image.new("RGB", (2 * width, 3 * height))
    for place, shot in enumerate(shots):
        strip.paste(shot, (place % 2 * width, place // 2 * height))
    strip.save(DOCS / "learning.png")


def sweep(page: Page) -> None:
    """The sweep that the form offers, to its end."""
    go_to(page, "Sweep")
    page.get_by_role("button", name="Start sweep").click()
    ended(page)
    take(page, "sweep")


def inside(page: Page) -> None:
    """What the last run confuses."""
    go_to(page, "Inside")
    expect(page.get_by_text("Its worst mistakes")).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_have_count(2)
    take(page, "inside")


def learn(page: Page) -> None:
    """A chapter whose networks have learnt."""
    go_to(page, "Learn")
    page.get_by_text(CHAPTERS["hidden"], exact=True).first.click()
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.get_by_text("Epoch 15 of 15")).to_be_visible()
    take(page, "learn")


def data(page: Page) -> None:
    """A wall of pictures."""
    go_to(page, "Data")
    expect(page.get_by_role("button", name="Train with these")).to_be_visible()
    expect(page.get_by_alt_text(re.compile(".")).nth(62)).to_be_attached()
    take(page, "data")


def runs(page: Page) -> None:
    """All that was trained: two runs, and a sweep as one row."""
    go_to(page, "Runs")
    expect(page.get_by_test_id("stDataFrame").locator("canvas").first).to_be_visible()
    take(page, "runs")


def devices(page: Page) -> None:
    """How long training takes here by the number of hidden units."""
    go_to(page, "Devices")
    fill(page, "Values", "16, 64, 256, 1024")
    page.get_by_role("button", name="Start measuring").click()
    stop = page.get_by_role("button", name="Stop", exact=True)
    stop.wait_for()
    stop.wait_for(state="hidden")
    expect(page.locator(".js-plotly-plot")).to_have_count(1)
    take(page, "devices")


def teach(page: Page) -> None:
    """A goal and a text for a class."""
    go_to(page, "Teach")
    fill(page, "Title", "How wide must it be?")
    text = page.get_by_role("textbox", name="Text to read")
    text.fill("Train with **8**, **32** and **128** hidden units.\n\n- Which reads best?\n- Why?")
    text.press("Control+Enter")
    expect(page.get_by_text("Which reads best?").last).to_be_visible()
    page.get_by_role("button", name="Make the link").click()
    expect(page.get_by_text("Nobody has given a name yet")).to_be_visible()
    take(page, "teach")


def main() -> None:
    """Take all pictures with an app of their own."""
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        app, browser = App(Path(home) / "home"), launch(playwright)
        assert browser is not None, "python -m tests.helpers.chromium gets a browser"
        try:
            page = browser.new_page(viewport=SIZE, device_scale_factor=1.5)
            page.set_default_timeout(PATIENCE)
            expect.set_options(timeout=PATIENCE)
            page.goto(app.url)
            for step in (train, read, learning, inside, devices, sweep, learn, data, runs, teach):
                step(page)
        finally:
            app.stop()


if __name__ == "__main__":
    main()
