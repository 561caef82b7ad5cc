"""Runs in a real browser: tick two, compare, share the address, take a network away and back."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.helpers.app import App
from tests.helpers.browser import go_to, watch

HEADER, ROW, TICK = 35, 35, 20  # pixels of the table: heights, and where a row's tick box is


def train(page: Page, hidden: str) -> None:
    for label, value in (("Epochs", "2"), ("Hidden layer sizes", hidden)):
        page.get_by_label(label, exact=True).fill(value)
        page.get_by_label(label, exact=True).press("Enter")
    expect(page).to_have_url(re.compile(f"hidden_sizes={hidden}"))
    page.get_by_role("button", name="Start training").click()
    headline = page.get_by_test_id("stMarkdown").filter(has_text=f"{hidden} relu, sgd 0.5")
    expect(headline.first).to_contain_text("Completed")
    expect(page.get_by_role("button", name="Continue training")).to_be_visible()


def tick(page: Page, row: int) -> None:
    box = page.get_by_test_id("data-grid-canvas").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + TICK, box["y"] + HEADER + ROW * row + ROW // 2)


def download(page: Page, label: str) -> Path:
    with page.expect_download() as started:
        page.get_by_role("button", name=label, exact=True).click()
    return Path(started.value.path())


def test_compare_share_clone_and_take_away(page: Page, app: App, tmp_path: Path) -> None:
    train(page, "16")
    go_to(page, "Runs")
    expect(page.get_by_text("1 of 1 runs")).to_be_visible()
    go_to(page, "Train")
    train(page, "24")
    go_to(page, "Runs")
    expect(page.get_by_text("2 of 2 runs")).to_be_visible()

    tick(page, 0)
    expect(page.get_by_role("button", name="Clone")).to_be_visible()
    tick(page, 1)
    expect(page.get_by_text("2 selected")).to_be_visible()
    expect(page.get_by_text("trained with one seed only")).to_be_visible()
    expect(page.locator(".js-plotly-plot .scatterlayer .trace")).to_have_count(2)

    guest = page.context.new_page()
    watch(guest)
    guest.goto(app.url)
    guest.goto(page.url)
    expect(guest.get_by_text("2 selected")).to_be_visible()
    guest.close()

    tick(page, 1)
    expect(page.get_by_role("button", name="Clone")).to_be_visible()
    weights = download(page, "Weights")
    assert b"layers.0.weight" in weights.read_bytes()
    assert "reproduce" in download(page, "Script").read_text()
    assert download(page, "ONNX").stat().st_size > 24 * 784 * 4

    page.get_by_role("button", name="Clone").click()
    expect(page.get_by_label("Hidden layer sizes", exact=True)).to_have_value("24")
    page.get_by_label("Learning rate", exact=True).fill("0.1")
    page.get_by_label("Learning rate", exact=True).press("Enter")
    expect(page.get_by_text("changed from 0.5")).to_be_visible()

    go_to(page, "Runs")
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_text("1 of 1 runs")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("2 of 2 runs")).to_be_visible()
    page.get_by_role("button", name="Clear", exact=True).click()

    page.get_by_text("Import a network").click()
    again = tmp_path / "again.safetensors"
    again.write_bytes(weights.read_bytes())
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(again)
    expect(page.get_by_text("3 of 3 runs")).to_be_visible()


NAME = "![x](http://host.invalid/x.png) *v2* $a$ vs $b$ <b>x</b> :red[r] :smile: 1. a -> b"


def test_a_name_is_shown_letter_by_letter_and_fetches_nothing(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    train(page, "16")
    go_to(page, "Runs")
    expect(page.get_by_text("1 of 1 runs")).to_be_visible()
    tick(page, 0)
    page.get_by_label("Name", exact=True).fill(NAME)
    page.get_by_label("Name", exact=True).press("Enter")
    for place in ("Runs", "Train"):
        go_to(page, place)
        shown = page.locator("strong").filter(has_text="host.invalid").first
        expect(shown).to_be_visible()
        assert shown.inner_text().replace("\u2060", "") == NAME
        assert page.locator("strong a").count() == 0
    assert not [url for url in asked if "host.invalid" in url]


def test_back_and_forward_show_what_was_selected(page: Page) -> None:
    train(page, "16")
    go_to(page, "Runs")
    expect(page.get_by_text("1 of 1 runs")).to_be_visible()
    tick(page, 0)
    expect(page.get_by_role("button", name="Clone")).to_be_visible()
    page.get_by_role("button", name="Star").click()  # so the app knows that the address was shown
    expect(page.get_by_role("button", name="Starred")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("Tick a run to see its curves")).to_be_visible()
    page.go_forward()
    expect(page.get_by_role("button", name="Clone")).to_be_visible()
