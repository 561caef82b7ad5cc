"""The app in a real browser that fails the test on any error."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.helpers.app import App
from tests.helpers.browser import watch
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
    yield launched
    launched.close()


@pytest.fixture
def page(app: App, browser: Browser) -> Iterator[Page]:
    """A page on the app; the test fails when it or its console reports an error."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE * 1000)
    expect.set_options(timeout=PATIENCE * 1000)
    errors = watch(opened)
    opened.goto(app.url)
    yield opened
    shown = opened.locator("[data-testid=stException]").count()
    context.close()
    assert errors == []
    assert shown == 0
