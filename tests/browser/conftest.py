"""The app in a real browser that fails the test on any error."""

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.helpers.app import App
from tests.helpers.browser import open_tab, watch
from tests.helpers.chromium import launch
from tests.helpers.gate import Gate
from tests.helpers.waiting import PATIENCE
from tests.helpers.workers import Workers, started


def with_tables(home: Path, empty: Path) -> Path:
    """A home folder whose databases are there, empty: the app need not make their tables, 2 s."""
    home.mkdir()
    for name in ("runs.db", "studies.db"):
        shutil.copy(empty / name, home)
    return home


@pytest.fixture(scope="session")
def _workers_of_apps(
    _gate: Gate, _sample_mnist: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Workers]:
    with started(_gate, _sample_mnist, tmp_path_factory.mktemp("workers-of-apps")) as workers:
        yield workers


@pytest.fixture
def workers_of_apps(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workers | None]:
    """Every app of this test gets workers that many tests share: two thirds of its start.

    None where a test is marked as one of the app's ``own_workers``.
    """
    if request.node.get_closest_marker("own_workers"):
        yield None
        return
    shared: Workers = request.getfixturevalue("_workers_of_apps")
    shared.install(monkeypatch)
    yield shared
    shared.forget()


@pytest.fixture(scope="module")
def _shared_app(
    tmp_path_factory: pytest.TempPathFactory,
    _gate: Gate,
    _sample_mnist: Path,
    _workers_of_apps: Workers,
    _empty_home: Path,
) -> Iterator[App]:
    """One for all tests of a file that keep nothing: to start one takes 5 s of computing."""
    home = tmp_path_factory.mktemp("shared") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MNIST_LAB_DATA", str(_sample_mnist))
        _gate.install(patch)
        _workers_of_apps.install(patch)
        running = App(with_tables(home, _empty_home))
    yield running
    running.stop()


def kept(home: Path) -> list[str]:
    """What somebody has left in a home folder: runs, sweeps, and digits of one's own."""
    found = []
    for name, table in (("runs.db", "runs"), ("studies.db", "studies")):
        with contextlib.closing(sqlite3.connect(home / name)) as database:
            found += [f"{table} {row}" for row in database.execute(f"SELECT * FROM {table}")]
    return found + [path.name for path in home.rglob("*digits*.json*")]


@pytest.fixture
def app(request: pytest.FixtureRequest, tmp_path: Path, sample_data: Path) -> Iterator[App]:
    """An app of the test's own, with the 5,000 digits that are at hand on every machine.

    A test that is marked as keeping nothing shares it with the others of its file.
    """
    if request.node.get_closest_marker("keeps_nothing"):
        running: App = request.getfixturevalue("_shared_app")
        yield running
        assert kept(running.home) == []
        return
    request.getfixturevalue("gate")
    request.getfixturevalue("workers_of_apps")
    running = App(with_tables(tmp_path / "home", request.getfixturevalue("_empty_home")))
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


@pytest.fixture
def phone(app: App, browser: Browser) -> Iterator[Page]:
    """Draw on a phone with a dark screen."""
    screen = {"width": 390, "height": 844}
    page = open_tab(browser, viewport=screen, has_touch=True, is_mobile=True, color_scheme="dark")
    errors = watch(page)
    page.goto(f"{app.url}/draw")
    expect(page.get_by_text("Draw a digit", exact=True)).to_be_visible()
    yield page
    page.context.close()
    assert errors == []
