"""A newcomer's path through all pages, with a picture of each in light, dark and on a phone."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.helpers import pictures
from tests.helpers.browser import SEVEN, answer, arrive, draw, fill, pad_box

CHARTS = ".js-plotly-plot"
# What a run says of itself is long or short, as its figures are.
CARD = "[data-testid=stLayoutWrapper]:has(> .st-key-card-picture)"
AFTER_CARD = f"{CARD} ~ *, {CARD} ~ * * {{ visibility: hidden; }}"
# How likely each digit is, and the model's name with its accuracy.
READ = "[role=img] * { visibility: hidden; } .st-key-model input { visibility: hidden; }"
# What a network gets wrong is another thing each time.
INSIDE_CARD = ".st-key-card-picture * { visibility: hidden; }"
# The sentence on the best trial takes one line or two.
SUMMARY = ".st-key-card-picture > div:has(> .stMarkdown) { display: none; }"

# What can be compared depends on the machine.
COMPARED = (
    ".st-key-card-form .stElementContainer:has(.stMultiSelect, [data-testid=stCaptionContainer])"
    " { display: none; }"
)

# Which experiments the runs and trials happen to have done.
DONE = ".st-key-card-form [data-testid=stCaptionContainer] { display: none; }"


def test_a_newcomer_finds_all_pages_as_they_were_accepted(page: Page) -> None:
    said = []
    page.set_viewport_size(pictures.LAPTOP)
    expect(page.locator(".lab-now")).to_have_text("Nothing is training")
    expect(page.locator(CHARTS)).to_have_count(1)
    said += pictures.views(page, "train-empty")
    arrive(page, "Runs")
    expect(page.get_by_role("button", name="Train the first one")).to_be_visible()
    said += pictures.views(page, "runs-empty")
    page.get_by_role("button", name="Train the first one").click()

    fill(page, "Hidden layer sizes", "64")
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_text("64 relu, sgd 0.5 · Completed")).to_be_visible()
    expect(page.locator(".lab-now")).to_have_text("Nothing is training")
    expect(page.get_by_role("button", name="Stop", exact=True)).to_have_count(0)
    expect(page.get_by_role("button", name="Draw digits for it")).to_be_in_viewport()
    said += pictures.views(page, "train", AFTER_CARD)

    page.get_by_role("button", name="Draw digits for it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Draw")
    draw(page, SEVEN)
    expect(answer(page)).to_have_text("7")
    said += pictures.views(page, "draw", READ)
    pad_box(page)

    arrive(page, "Inside")
    expect(page.get_by_text("Class by class")).to_be_visible()
    said += pictures.views(page, "inside", INSIDE_CARD)

    arrive(page, "Runs")
    expect(page.get_by_text("1 of 1 runs")).to_be_visible()
    expect(page.get_by_test_id("stDataFrame").locator("canvas").first).to_be_visible()
    said += pictures.views(page, "runs")

    arrive(page, "Sweep")
    expect(page.get_by_text("on one worker")).to_be_visible()
    expect(page.get_by_role("button", name="Start sweep")).to_be_in_viewport(ratio=1)
    said += pictures.views(page, "sweep-empty")
    fill(page, "Hidden layer sizes, values", "8,16")
    fill(page, "How many", "3")
    expect(page.get_by_text(re.compile("^6 trials .* on one worker"))).to_be_visible()
    page.get_by_role("button", name="Start sweep").click()
    expect(page.get_by_text("sweep 1 · Completed")).to_be_visible()
    # Where the page is drawn anew, what was there before is there for a moment as well.
    expect(page.get_by_text("6 of 6", exact=True).first).to_be_visible()
    expect(page.locator(".lab-now")).to_have_text("Nothing is training")
    expect(page.get_by_role("tab", name="What mattered")).to_be_visible()
    said += pictures.views(page, "sweep", SUMMARY)

    arrive(page, "Data")
    expect(page.get_by_alt_text(re.compile(".")).nth(62)).to_be_attached()
    expect(page.get_by_role("button", name="Train with these")).to_be_in_viewport(ratio=1)
    said += pictures.views(page, "data")

    arrive(page, "Devices")
    expect(page.get_by_text(re.compile("samples · about"))).to_be_visible()
    expect(page.get_by_role("button", name="Start measuring")).to_be_in_viewport(ratio=1)
    said += pictures.views(page, "devices-empty", COMPARED)

    arrive(page, "Learn")
    expect(page.get_by_text(re.compile("of 11 experiments done"))).to_be_visible()
    expect(page.get_by_text("Next: Without a hidden layer")).to_be_visible()
    said += pictures.views(page, "learn", DONE)

    arrive(page, "Teach")
    fill(page, "Title", "How wide must it be?")
    expect(page.get_by_text("What your pupils will see on Train")).to_be_visible()
    said += pictures.views(page, "teach")

    if others := pictures.other_fonts(page):
        pytest.skip(f"walked, but not compared: here {', '.join(sorted(others))} draws letters")
    assert not said, "\n".join([*said, "accept them: python -m tests.helpers.pictures"])
