"""The app as a person starts it, and a real browser that fails the test on any error."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.browser.chromium import launch

ROOT = Path(__file__).resolve().parents[2]
# Digits as strokes on the 280 x 280 pad.
SEVEN = [[(75, 65), (200, 65), (125, 225)]]
ONE = [[(140, 50), (140, 230)]]


class App:
    """A server of the app in a process group of its own, on a free port, with its own home."""

    def __init__(self, home: Path) -> None:
        self.home = home
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://localhost:{self.port}"
        self.start()

    def start(self) -> None:
        options = ["--server.port", str(self.port), "--server.headless", "true"]
        self.log = (self.home.parent / "app.log").open("a")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "streamlit", "run", "app.py", *options],
            cwd=ROOT,
            env={**os.environ, "MNIST_LAB_HOME": str(self.home)},
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        while self.process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=5).close()
                return
            except (urllib.error.URLError, ConnectionError):
                continue
        raise RuntimeError(f"the app ended: {(self.home.parent / 'app.log').read_text()}")

    def stop(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(timeout=30)
        self.log.close()


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    running = App(tmp_path / "home")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    launched = launch(playwright)
    assert launched is not None, "python -m tests.browser.chromium gets a browser"
    yield launched
    launched.close()


def watch(page: Page) -> list[str]:
    """Collect what goes wrong in a page: exceptions, and errors in its console."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(f"page: {error}"))
    page.on(
        "console",
        lambda message: (
            errors.append(f"console: {message.text} {message.location['url']}")
            if message.type == "error"
            else None
        ),
    )
    return errors


@pytest.fixture
def page(app: App, browser: Browser) -> Iterator[Page]:
    """A page on the app; the test fails when it or its console reports an error."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    errors = watch(opened)
    opened.goto(app.url)
    yield opened
    shown = opened.locator("[data-testid=stException]").count()
    context.close()
    assert errors == []
    assert shown == 0


def points(page: Page, chart: int = 0) -> int:
    """How many points the page's chart shows."""
    return page.locator(".js-plotly-plot").nth(chart).locator(".scatterlayer .point").count()


def go_to(page: Page, name: str) -> None:
    """Follow the link to a page, as a person does."""
    page.get_by_test_id("stTopNavLink").filter(has_text=name).click()


def draw(page: Page, strokes: list[list[tuple[int, int]]]) -> None:
    """Draw with the mouse on the 280 x 280 pad; each stroke is a list of corners."""
    canvas = page.locator("canvas.upper-canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    for first, *others in strokes:
        page.mouse.move(box["x"] + first[0], box["y"] + first[1])
        page.mouse.down()
        for x, y in others:
            page.mouse.move(box["x"] + x, box["y"] + y, steps=8)
        page.mouse.up()
