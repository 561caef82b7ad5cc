"""Every page, light and dark, as axe-core sees it: contrast, names, roles; and one heading."""

from importlib.resources import files

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.helpers.app import App
from tests.helpers.browser import go_to, open_tab

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
RUN = "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})"


def violations(page: Page) -> list[str]:
    """What is serious or critical, with the first element that it was found at."""
    page.evaluate(AXE)
    return [
        f"{found['id']}: {found['help']} at {found['nodes'][0]['html'][:200]}"
        for found in page.evaluate(RUN)["violations"]
        if found["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_pages_are_accessible(app: App, browser: Browser, scheme: str) -> None:
    page = open_tab(browser, viewport={"width": 1280, "height": 800}, color_scheme=scheme)
    page.goto(f"{app.url}/?epochs=1")
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_text("Test accuracy")).to_be_visible()
    found = {}
    for name in ("Train", "Data", "Sweep", "Draw", "Inside", "Runs", "Devices", "Learn"):
        go_to(page, name)
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        expect(page.locator("[data-testid=stSkeleton]")).to_have_count(0)
        expect(page.locator("[data-stale=true]")).to_have_count(0)  # what fades away is pale
        found[name] = violations(page)
    page.context.close()
    assert found == {name: [] for name in found}
