"""The app in a real browser that fails the test on any error."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.helpers.app import App
from tests.helpers.browser import open_tab, watch
from tests.helpers.chromium import launch
from tests.helpers.gate import Gate
from tests.helpers.waiting import PATIENCE


@pytest.fixture
def app(tmp_path: Path, sample_data: Path, gate: Gate) -> Iterator[App]:
    """An app of the test's own, with the 5,000 digits that are at hand on every machine."""
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
    assert launched is not None, "python -m tests.helpers.chromium gets a browser"
    expect.set_options(timeout=PATIENCE * 1000)
    yield launched
    launched.close()


@pytest.fixture
def page(app: App, browser: Browser) -> Iterator[Page]:
    """A page on the app; the test fails when it or its console reports an error."""
    opened = open_tab(browser, viewport={"width": 1280, "height": 900})
    errors = watch(opened)
    opened.goto(app.url)
    yield opened
    print(opened.url, opened.locator("body").inner_text(), sep="\n")  # pytest shows it of a failure
    shown = opened.locator("[data-testid=stException]").count()
    opened.context.close()
    assert errors == []
    assert shown == 0
