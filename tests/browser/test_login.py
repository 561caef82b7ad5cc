"""Login at a provider of identities on this machine: who may do what, and what is no login."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from mnist_core.runs.store import RunStore
from tests.helpers.app import COMMAND, App
from tests.helpers.browser import fill, open_tab, settle, watch
from tests.helpers.gate import Gate
from tests.helpers.identity import Forged, Provider
from tests.helpers.waiting import wait_until

ADA, BOB, EVE = "ada@school.example", "bob@school.example", "eve@school.example"
GUEST, STRANGER = "guest@home.example", "stranger@elsewhere.example"
FORGERIES: tuple[Forged, ...] = ("key", "audience", "issuer", "expired", "nonce", "none")


@pytest.fixture
def provider() -> Iterator[Provider]:
    opened = Provider([ADA, BOB, EVE, GUEST, STRANGER])
    yield opened
    opened.close()


@pytest.fixture
def open_app(
    tmp_path: Path,
    sample_data: Path,
    gate: Gate,
    workers_of_apps: object,
    provider: Provider,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[App]:
    monkeypatch.setenv("MNIST_LAB_MAY_LOOK", f"@school.example, {GUEST}")
    monkeypatch.setenv("MNIST_LAB_MAY_TRAIN", "@School.example")
    monkeypatch.setenv("MNIST_LAB_MAY_ADMINISTER", EVE)
    secrets = tmp_path / "secrets.toml"
    secrets.write_text(provider.secrets_toml())
    running = App(tmp_path / "home", (*COMMAND, "--secrets.files", str(secrets)))
    yield running
    running.stop()


@pytest.fixture
def visit(browser: Browser, open_app: App) -> Iterator[Callable[[str], Page]]:
    """Open the app in a browser of one's own, and log in as somebody."""
    pages: list[Page] = []

    def log_in(who: str) -> Page:
        page = open_tab(browser, viewport={"width": 1280, "height": 900})
        pages.append(page)
        page.goto(open_app.url)
        page.get_by_role("button", name="Log in").click()
        page.get_by_role("link", name=who).click()
        page.wait_for_url(f"{open_app.url}/**")
        return page

    yield log_in
    for page in pages:
        page.context.close()


def test_who_logs_in_is_a_person_and_an_administrator_may_stop_anothers_run(
    visit: Callable[[str], Page], browser: Browser, open_app: App, gate: Gate
) -> None:
    gate.allow(1)
    # Nothing is shown before.
    nobody = open_tab(browser)
    nobody.goto(f"{open_app.url}/runs")
    expect(nobody.get_by_role("button", name="Log in")).to_be_visible()
    expect(nobody.get_by_text("Filter")).to_have_count(0)
    nobody.context.close()

    ada = visit(ADA)
    errors = watch(ada)
    expect(ada.get_by_text(ADA)).to_be_visible()
    fill(ada, "Hidden layer sizes", "24")
    ada.get_by_role("button", name="Start training").click()
    expect(ada.get_by_role("button", name="Stop")).to_be_visible()
    address = ada.url

    bob = visit(BOB)
    bob.goto(address)
    expect(bob.get_by_text("Another visitor's run", exact=False)).to_be_visible()
    expect(bob.get_by_role("button", name="Stop")).to_have_count(0)
    bob.goto(f"{open_app.url}/status")
    expect(bob.get_by_role("heading", level=1)).to_have_text("Status")

    # On another machine, she is the same.
    again = visit(ADA)
    again.goto(address)
    expect(again.get_by_role("button", name="Stop")).to_be_visible()

    eve = visit(EVE)
    eve.goto(address)
    eve.get_by_role("button", name="Stop").click()
    store = RunStore(f"sqlite:///{open_app.home / 'runs.db'}")
    wait_until(lambda: store.newest()[0].stop_requested, "the run is asked to stop")
    gate.open()
    expect(ada.get_by_text("Stopped", exact=False).first).to_be_visible()
    (run,) = store.newest()
    assert run.state == "stopped"
    assert len(run.user) == 32
    assert ADA not in json.dumps(run.__dict__, default=str)
    assert errors == []

    ada.get_by_role("button", name="Log out").click()
    expect(ada.get_by_role("button", name="Log in")).to_be_visible()
    ada.goto(address)
    expect(ada.get_by_role("button", name="Log in")).to_be_visible()


def test_who_may_look_cannot_train_and_a_stranger_sees_nothing(
    visit: Callable[[str], Page], provider: Provider
) -> None:
    guest = visit(GUEST)
    expect(guest.get_by_text("You may look here, not train", exact=False)).to_be_visible()
    expect(guest.get_by_role("button", name="Start training")).to_be_disabled()
    stranger = visit(STRANGER)
    expect(stranger.get_by_text("may not look here", exact=False)).to_be_visible()
    expect(stranger.get_by_role("button", name="Start training")).to_have_count(0)
    provider.verified = False  # anybody can write an address down
    expect(visit(EVE).get_by_text("may not look here", exact=False)).to_be_visible()


def test_a_forged_token_is_no_login(
    visit: Callable[[str], Page], provider: Provider, open_app: App
) -> None:
    for forgery in FORGERIES:
        provider.forged = forgery
        page = visit(EVE)
        expect(page.get_by_role("button", name="Log in")).to_be_visible()
        page.reload()
        expect(page.get_by_role("button", name="Log in")).to_be_visible()
        assert not [c for c in page.context.cookies() if c["name"].startswith("_streamlit_user")]
    provider.forged = ""
    page = visit(EVE)
    settle(page)
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    # Nor is a cookie that somebody wrote.
    (cookie,) = [c for c in page.context.cookies() if c["name"] == "_streamlit_user"]
    said = cookie["value"]
    changed = said[:40] + ("A" if said[40] != "A" else "B") + said[41:]
    page.context.add_cookies([{**cookie, "value": changed}])  # type: ignore[typeddict-item]
    page.goto(open_app.url)
    expect(page.get_by_role("button", name="Log in")).to_be_visible()
