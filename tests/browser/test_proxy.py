"""The app behind nginx with TLS, as docs/operations.md describes it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.helpers.app import COMMAND, App
from tests.helpers.browser import PAGES, SEVEN, answer, draw, go_to, open_tab, settle, watch
from tests.helpers.proxy import NAME, Proxy, nginx

pytestmark = pytest.mark.skipif(nginx() is None, reason="nginx is not installed")
HOSTS = [word for host in (NAME, "localhost") for word in ("--server.allowedHosts", host)]


@pytest.fixture
def app(tmp_path: Path, sample_data: Path, workers_of_apps: object) -> Iterator[App]:
    running = App(tmp_path / "home", (*COMMAND, *HOSTS))
    yield running
    running.stop()


@pytest.fixture
def proxy(app: App, tmp_path: Path) -> Iterator[Proxy]:
    running = Proxy(tmp_path, app.port)
    yield running
    running.stop()


def test_every_page_works_over_tls_under_its_policy(proxy: Proxy, browser: Browser) -> None:
    page = open_tab(browser, ignore_https_errors=True)
    errors = watch(page)  # what the content security policy refuses is said there
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    response = page.goto(proxy.url)
    assert response is not None
    assert "default-src 'self'" in response.headers["content-security-policy"]
    for name in PAGES:
        go_to(page, name)
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        settle(page)
    go_to(page, "Draw")
    draw(page, SEVEN)
    expect(answer(page)).to_have_text("7")  # over the websocket and back
    elsewhere = [url for url in asked if not url.startswith((proxy.url, "data:", "blob:"))]
    assert elsewhere == []
    assert errors == []
    page.context.close()


def test_status_is_for_the_machine_itself(app: App, proxy: Proxy, browser: Browser) -> None:
    page = open_tab(browser, ignore_https_errors=True)
    page.goto(f"{proxy.url}/status")
    expect(page.get_by_text("shown on the machine that runs the app")).to_be_visible()
    assert str(app.home) not in page.content()
    page.goto(f"{app.url}/status")
    expect(page.get_by_text(str(app.home), exact=False).first).to_be_visible()
    page.context.close()
