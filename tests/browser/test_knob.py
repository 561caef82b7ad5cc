"""The learning rate is changed while a run trains, by whoever looks at it."""

import re

from playwright.sync_api import Page, expect

from tests.helpers.app import App
from tests.helpers.browser import watch
from tests.helpers.gate import Gate

EPOCHS = 30
CHANGE = "Change from the next epoch on"


def test_a_run_is_turned_while_it_trains_and_every_tab_sees_it(
    page: Page, app: App, gate: Gate
) -> None:
    gate.allow(2)
    page.get_by_label("Epochs", exact=True).fill(str(EPOCHS))
    page.get_by_label("Epochs", exact=True).press("Enter")
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_text("best:")).to_be_visible()
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.get_by_role("button", name=CHANGE)).to_be_in_viewport()
    expect(page.get_by_label("New momentum", exact=True)).to_have_count(0)  # plain SGD has none
    tab = page.context.new_page()
    errors = watch(tab)
    tab.goto(app.url)
    expect(tab.get_by_label("New learning rate", exact=True)).to_have_value("0.5")
    page.get_by_label("New learning rate", exact=True).fill(
        "0.1"
    )  # the click arrives with what was typed
    page.get_by_role("button", name=CHANGE).dblclick()
    for view in (page, tab):
        expect(view.get_by_text("From the next epoch on: learning rate 0.1.")).to_be_visible()
    # The worker looks within the first epochs, whichever that is.
    made = page.get_by_text(re.compile(r"from epoch \d+: learning rate 0\.1\."))
    points = page.locator(".js-plotly-plot").first.locator(".scatterlayer .trace")
    for epoch in range(3, EPOCHS):
        gate.allow(epoch)
        expect(page.get_by_role("status")).to_contain_text(f"Epoch {epoch} of {EPOCHS}")
        if made.is_visible():
            break
    expect(made).to_be_visible()
    expect(points).to_have_count(4)  # training, validation, its best, the change
    for view in (page, tab):
        expect(view.get_by_label("New learning rate", exact=True)).to_have_value("0.1")
        expect(view.get_by_text("From the next epoch on:")).to_have_count(0)
    words = made.inner_text()
    gate.open()
    for view in (page, tab):
        expect(view.get_by_text("Completed")).to_be_visible()
        expect(view.get_by_text(words)).to_be_visible()
        expect(view.get_by_role("button", name=CHANGE)).to_have_count(0)
    page.reload()
    expect(page.get_by_text(words)).to_be_visible()
    assert errors == []
