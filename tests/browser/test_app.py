"""A person's first five minutes: train, watch, draw, come back, with two tabs."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.helpers.app import App
from tests.helpers.browser import PAGES, SEVEN, answer, draw, go_to, open_tab, watch
from tests.helpers.gate import Gate

BEST = 1  # the ring around the best epoch is a point as well


def start(page: Page, epochs: int, hidden: str = "32") -> None:
    page.get_by_label("Hidden layer sizes", exact=True).fill(hidden)
    page.get_by_label("Epochs", exact=True).fill(str(epochs))
    page.get_by_label("Epochs", exact=True).press("Enter")
    page.get_by_role("button", name="Start training").click()


def test_train_watch_it_grow_and_draw_a_digit(page: Page) -> None:
    start(page, epochs=6)
    page.wait_for_function("document.querySelectorAll('.scatterlayer .point').length > 0")
    expect(page.get_by_text("Completed")).to_be_visible()
    expect(page.get_by_text("Test accuracy")).to_be_visible()
    expect(page.locator(".js-plotly-plot").first.locator(".point")).to_have_count(6 + BEST)
    expect(page).to_have_title(re.compile(r"^✓ \d\d\.\d % · Train"))
    expect(page.get_by_role("status")).to_contain_text("Training has ended. The best validation")
    expect(page.get_by_role("heading", level=1)).to_have_text("Train")
    page.set_viewport_size({"width": 1280, "height": 800})
    for name in ("Continue training", "Restart", "5 seeds", "Draw digits for it"):
        expect(page.get_by_role("button", name=name)).to_be_in_viewport()
    go_to(page, "Draw")
    expect(page.get_by_text("Draw a digit", exact=True)).to_be_visible()
    draw(page, SEVEN)
    expect(answer(page)).to_have_text("7")
    expect(page.get_by_alt_text(re.compile("What the network sees"))).to_be_visible()


def test_the_chart_grows_and_survives_reload_a_second_tab_and_stop(
    page: Page, app: App, gate: Gate
) -> None:
    marks = page.locator(".js-plotly-plot").first.locator(".scatterlayer .point")
    gate.allow(2)
    start(page, epochs=9)
    expect(marks).to_have_count(2 + BEST)
    gate.allow(5)
    expect(marks).to_have_count(5 + BEST)
    page.reload()
    expect(page.get_by_role("button", name="Add to queue")).to_be_enabled()
    tab = page.context.new_page()
    errors = watch(tab)
    tab.goto(app.url)
    expect(tab.get_by_role("button", name="Add to queue")).to_be_enabled()
    tab.get_by_role("button", name="Stop", exact=True).click()
    for view in (tab, page):
        expect(view.get_by_text("Stopped; what it has learnt is kept")).to_be_visible()
        expect(view.get_by_text("Test accuracy")).to_be_visible()
    assert errors == []
    tab.close()


def test_a_double_click_starts_one_run(page: Page, gate: Gate) -> None:
    gate.allow(1)
    page.get_by_role("button", name="Start training").dblclick()
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_visible()
    gate.open()
    expect(page.get_by_text("Completed")).to_be_visible()
    go_to(page, "Draw")
    page.get_by_role("combobox", name=re.compile("Model")).click()
    expect(page.get_by_role("option")).to_have_count(2)  # and the one that comes with the app


def test_nothing_starts_while_a_field_refuses_its_number(page: Page) -> None:
    rate = page.get_by_label("Learning rate", exact=True)
    start = page.get_by_role("button", name="Start training")
    rate.fill("20")
    rate.press("Enter")
    why = page.get_by_text("Please enter a value between 0.000001 and 10.")
    expect(why).to_be_in_viewport()
    size = why.bounding_box()
    assert size is not None
    assert size["width"] > 100  # it is there for eyes, not for ears alone
    start.click()
    expect(rate).to_be_focused()
    page.get_by_text("More settings").click()
    batch = page.get_by_label("Batch size", exact=True)
    rate.fill("0.5")
    batch.fill("0")
    batch.press("Enter")
    page.get_by_text("More settings").click()
    expect(batch).to_be_hidden()
    start.click()
    expect(batch).to_be_focused()  # unfolded, so that it is seen
    assert "run=" not in page.url
    batch.fill("50")
    batch.press("Enter")
    start.click()
    expect(page.get_by_text("Completed")).to_be_visible()
    assert "batch_size=50" in page.url


def test_who_comes_first_by_a_link_to_a_page_sees_the_whole_app(app: App, browser: Browser) -> None:
    page = open_tab(browser)
    page.goto(f"{app.url}/draw")
    expect(page.locator("canvas.upper-canvas")).to_be_visible()
    names = page.get_by_test_id("stTopNavLink")
    expect(names).to_have_text(list(PAGES))
    page.close()


def test_the_chart_is_right_below_start_on_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator(".js-plotly-plot")).to_have_count(1)
    tops = {
        name: found.bounding_box()
        for name, found in {
            "start": page.get_by_role("button", name="Start training"),
            "chart": page.locator(".js-plotly-plot").first,
            "more": page.get_by_text("More settings"),
        }.items()
    }
    start, chart, more = (box["y"] for box in tops.values() if box)
    assert start < chart < more


def test_what_trains_is_said_on_every_page_and_leads_to_it(page: Page, gate: Gate) -> None:
    gate.allow(2)
    start(page, epochs=9)
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_visible()
    now = page.locator(".lab-now")
    for name in PAGES[1:]:
        go_to(page, name)
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
        expect(now).to_contain_text("32 relu, sgd 0.5")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Train")
    gate.open()
    expect(page.get_by_text("Completed")).to_be_visible()
    expect(now).to_have_text("Nothing is training")


def test_the_scale_is_one_click_away_and_the_run_before_is_a_ghost(page: Page) -> None:
    start(page, epochs=2)
    expect(page.get_by_text("Completed")).to_be_visible()
    start(page, epochs=2, hidden="64")
    chart = page.locator(".js-plotly-plot")
    expect(chart.filter(has_text="the run before").first).to_be_visible()
    expect(page.get_by_text("(hidden layer sizes 32 → 64)")).to_be_visible()
    for view, text in {
        "0 to 100 %": "0%",
        "Error, log": "Error",
        "Loss": "training",
        "Close-up": "Accuracy",
    }.items():
        page.get_by_role("radio", name=view).click()
        expect(chart.filter(has_text=text).first).to_be_visible()


def test_what_a_form_leads_to_is_in_sight_however_long_the_form_is(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    for name, button in {"Sweep": "Start sweep", "Data": "Train with these"}.items():
        go_to(page, name)
        expect(page.get_by_role("button", name=button)).to_be_in_viewport(ratio=1)
    go_to(page, "Sweep")
    tags = page.get_by_test_id("stMultiSelectTagsContainer").last  # one is hidden, to be measured
    inner = tags.get_by_label("Learning rate", exact=True).bounding_box()
    outer = tags.bounding_box()
    assert inner is not None
    assert outer is not None
    assert inner["x"] + inner["width"] <= outer["x"] + outer["width"], "its name is cut"


@pytest.mark.parametrize("name", [name for name in PAGES if name != "Draw"])
def test_a_page_begins_right_below_its_heading(page: Page, name: str) -> None:
    go_to(page, name)
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.get_by_text("Nothing is training")).to_be_visible()
    card = page.locator(".st-key-card-form")
    first = page.get_by_test_id("stAlert") if name in ("Inside", "Runs") else card
    expect(first).to_be_visible()
    heading, content = page.locator(".lab-page").bounding_box(), first.bounding_box()
    assert heading is not None
    assert content is not None
    gap = content["y"] - heading["y"] - heading["height"]
    assert 8 <= gap <= 20, "1 rem"
