"""Two requests of one browser that meet lose nothing."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from streamlit import config

from tests.helpers.app import ROOT, App
from tests.helpers.browser import go_to

RACES = Path(__file__).parents[1] / "helpers/races/app.py"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    running = App(tmp_path / "home", (sys.executable, "-m", "streamlit", "run", str(RACES)), ROOT)
    yield running
    running.stop()


def test_what_a_part_no_longer_shows_goes_when_another_follows_at_once(page: Page) -> None:
    expect(page.get_by_text("Looked again")).to_be_visible()
    for _ in range(3):
        expect(page.get_by_text("What comes and goes")).to_be_visible()
        page.get_by_text("Show", exact=True).click()
        expect(page.get_by_text("What comes and goes")).to_have_count(0)
        page.get_by_text("Show", exact=True).click()


def test_what_was_typed_is_kept_when_another_page_follows_at_once(page: Page) -> None:
    go_to(page, "typed")
    for name in ("first", "second"):
        expect(page.get_by_text("Holds")).to_be_visible()
        page.get_by_label("Name").fill(name)
        page.get_by_label("Name").press("Enter")
        go_to(page, "other")
        expect(page.get_by_text(f"Said: {name}")).to_be_visible()
        go_to(page, "typed")


def test_what_a_click_changed_is_shown_when_another_request_follows_at_once(page: Page) -> None:
    go_to(page, "ends")
    for number in range(3):
        expect(page.get_by_text(f"Number {number}", exact=True)).to_be_visible()
        page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Number 3", exact=True)).to_be_visible()


def test_a_part_of_a_page_that_was_left_leads_nobody_back(page: Page) -> None:
    go_to(page, "left")
    expect(page.get_by_text("Left", exact=True)).to_be_visible()
    go_to(page, "reached")
    expect(page.get_by_text("Drawn 3 times")).to_be_visible()
    expect(page.get_by_text("Reached", exact=True)).to_be_visible()


# A browser on a busy machine: it hears all that it is sent before it draws any of it.
LATE = """() => {
    const post = MessagePort.prototype.postMessage;
    MessagePort.prototype.postMessage = function () {
        setTimeout(() => post.call(this, null), 1000);
    };
}"""


def test_a_part_of_a_page_that_was_left_empties_no_page_that_is_not_drawn_yet(page: Page) -> None:
    go_to(page, "left")
    expect(page.get_by_text("Left", exact=True)).to_be_visible()
    page.evaluate(LATE)
    go_to(page, "reached")
    expect(page.get_by_text("Reached", exact=True)).to_be_visible()


def test_a_part_that_is_drawn_again_before_its_page_was_sent_leaves_it_whole(page: Page) -> None:
    go_to(page, "unsent")
    for text in ("Above", "Looked", "Below"):
        expect(page.get_by_text(text, exact=True)).to_be_visible()


# A click that a busy browser hears when it is already time for a part to look again: before that
# part looks, and after the time has come.
CLICK_LATE = """button => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => button.click();
    port2.postMessage(null);
    const end = performance.now() + 500;
    while (performance.now() < end);
}"""


def test_a_click_counts_once_when_a_part_looks_again_before_it_is_sent(page: Page) -> None:
    go_to(page, "counts")
    expect(page.get_by_text("Looked again")).to_be_visible()
    for number in range(1, 4):
        page.get_by_role("button", name="Count").evaluate(CLICK_LATE)
        expect(page.get_by_text(f"Counted {number}", exact=True)).to_be_visible()


def test_what_the_server_puts_into_a_field_stays_there(page: Page) -> None:
    go_to(page, "filled")
    expect(page.get_by_text("Looked again")).to_be_visible()
    page.evaluate(LATE)
    page.get_by_role("button", name="Put").click()
    expect(page.get_by_text("It holds:")).to_have_text("It holds: by the server")


def test_a_run_is_not_ended_before_it_heard_what_it_was_asked_for() -> None:
    config.get_config_options()  # reads .streamlit/config.toml
    assert config.get_option("runner.fastReruns") is False
