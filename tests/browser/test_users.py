"""Two browsers on one server that is open to a network."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from mnist_core.runs.users import is_secret, user_of
from tests.helpers.app import COMMAND, App
from tests.helpers.browser import SEVEN, draw, fill, go_to, open_tab, settle, watch
from tests.helpers.gate import Gate
from tests.helpers.waiting import wait_until

COOKIE = "mnist_lab_user"


@pytest.fixture
def open_app(
    tmp_path: Path, sample_data: Path, gate: Gate, workers_of_apps: object
) -> Iterator[App]:
    running = App(tmp_path / "home", (*COMMAND, "--server.address", "0.0.0.0"))
    yield running
    running.stop()


def secret(page: Page) -> str:
    """What the browser keeps, once it does."""

    def kept() -> str:
        cookies = page.context.cookies()
        return next((cookie["value"] for cookie in cookies if cookie["name"] == COOKIE), "")

    wait_until(kept, "the browser keeps its secret")
    return kept()


def test_two_browsers_are_two_users_also_after_a_reload(
    browser: Browser, open_app: App, gate: Gate, tmp_path: Path
) -> None:
    gate.allow(1)
    ada, bob = (open_tab(browser, viewport={"width": 1280, "height": 900}) for _ in range(2))
    errors = [watch(page) for page in (ada, bob)]
    for page in (ada, bob):
        page.goto(open_app.url)
        settle(page)
    hers, his = secret(ada), secret(bob)
    assert is_secret(hers)
    assert is_secret(his)
    assert hers != his

    fill(ada, "Hidden layer sizes", "24")
    ada.get_by_role("button", name="Start training").click()
    expect(ada.get_by_role("button", name="Stop")).to_be_visible()

    # The other sees that something trains, lands on nothing, and can stop nothing.
    bob.reload()
    expect(bob.get_by_role("button", name="Add to queue")).to_be_visible()
    expect(bob.get_by_role("button", name="Stop")).to_have_count(0)
    assert "run=" not in bob.url
    assert secret(bob) == his
    fill(bob, "Hidden layer sizes", "48")
    bob.get_by_role("button", name="Add to queue").click()
    expect(bob.get_by_text("Added to the queue: 1 before it.")).to_be_visible()
    expect(bob.get_by_role("button", name="Stop")).to_be_visible()  # of his, which waits
    expect(bob.get_by_text("48 relu", exact=False).first).to_be_visible()

    # Looking on the other's run, by the bar, gives no Stop either.
    bob.locator(".st-key-now").get_by_role("button", name="Show").click()
    expect(bob.get_by_text("Another visitor's run", exact=False)).to_be_visible()
    expect(bob.get_by_role("button", name="Stop")).to_have_count(0)

    # After a reload, she is still who she was.
    ada.goto(open_app.url)
    expect(ada.get_by_role("button", name="Stop")).to_be_visible()
    ada.get_by_role("button", name="Stop").click()
    gate.open()
    expect(ada.get_by_text("Stopped", exact=False).first).to_be_visible()
    expect(bob.locator(".lab-now")).to_have_text("Nothing is training")

    go_to(ada, "Runs")
    expect(ada.get_by_text("1 of 2 runs")).to_be_visible()
    ada.get_by_role("radio", name="All").click()
    expect(ada.get_by_text("2 of 2 runs")).to_be_visible()

    # What is written anywhere names neither secret.
    for page in (ada, bob):
        assert not any(word in page.content() for word in (hers, his, user_of(hers), user_of(his)))
    files = [file for file in (tmp_path / "home").rglob("*") if file.is_file()]
    assert files
    assert not any(word.encode() in file.read_bytes() for file in files for word in (hers, his))
    assert errors == [[], []]
    for page in (ada, bob):
        page.context.close()


def test_my_digits_are_mine(browser: Browser, open_app: App) -> None:
    ada, bob = (open_tab(browser, viewport={"width": 1280, "height": 900}) for _ in range(2))
    for page in (ada, bob):
        page.goto(f"{open_app.url}/draw")
        page.get_by_role("radio", name="My digits").click()
        expect(page.get_by_text("None yet", exact=False)).to_be_visible()
    draw(ada, SEVEN)
    ada.get_by_role("button", name="7", exact=True).click()
    expect(ada.get_by_role("button", name="Delete this 7")).to_be_visible()
    bob.reload()
    bob.get_by_role("radio", name="My digits").click()
    expect(bob.get_by_text("None yet", exact=False)).to_be_visible()
    ada.reload()
    ada.get_by_role("radio", name="My digits").click()
    expect(ada.get_by_role("button", name="Delete this 7")).to_be_visible()
    for page in (ada, bob):
        page.context.close()


def test_two_tabs_that_open_at_once_are_one_user(
    browser: Browser, open_app: App, gate: Gate
) -> None:
    first = open_tab(browser)
    second = first.context.new_page()
    for page in (first, second):
        page.goto(open_app.url, wait_until="commit")
    for page in (first, second):
        settle(page)
    one = secret(first)
    gone = first.context.new_page()  # a third, which begins with what the browser keeps
    gone.goto(open_app.url)
    settle(gone)
    assert secret(first) == one
    gate.allow(1)  # it still trains when they look for it
    gone.get_by_role("button", name="Start training").click()
    for page in (second, first):
        page.goto(open_app.url)
        expect(page.get_by_role("heading", level=1)).to_have_text("Train")
        page.wait_for_url(re.compile("run="))
    first.context.close()
