"""Devices in a browser: a tiny plan to its end, and what was measured is there after a reload."""

import re

from playwright.sync_api import Page, expect

from pages.ui.learn.choose import CHAPTERS
from tests.helpers.browser import arrive, fill, settle


def test_a_plan_is_measured_to_its_end_and_kept(page: Page) -> None:
    arrive(page, "Devices")
    expect(page.get_by_text("Nothing has been measured yet")).to_be_visible()
    expect(page.get_by_text(re.compile("samples · about"))).to_be_visible()
    fill(page, "Values", "4, 8")
    page.get_by_text("What stays the same").click()
    fill(page, "Repeats", "1")
    settle(page)
    page.get_by_role("button", name="Start measuring").dblclick()
    expect(page.get_by_role("button", name="Stop", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Start measuring")).to_be_disabled()
    expect(page.get_by_text("Kept measurements")).to_be_visible()
    chart = page.locator(".js-plotly-plot")
    expect(chart).to_contain_text("Time of an epoch, by hidden units")
    page.get_by_role("radio", name="Throughput").click()
    expect(chart).to_contain_text("pictures a second")
    expect(page.get_by_text(re.compile("^Fastest"))).to_be_visible()
    page.reload()
    expect(page.get_by_text(re.compile("^Fastest"))).to_be_visible()
    expect(page.get_by_role("button", name="Start measuring")).to_be_enabled()


def test_a_chapter_leads_to_it(page: Page) -> None:
    arrive(page, "Learn")
    page.get_by_text(CHAPTERS["device"], exact=True).first.click()
    page.get_by_role("button", name="Measure it on Devices").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Devices")
    expect(page.get_by_text("Nothing has been measured yet")).to_be_visible()
