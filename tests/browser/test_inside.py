"""The Inside page in a real browser: from a run's end to its mistakes, and to a map's point."""

import re

from playwright.sync_api import Page, expect

from tests.helpers.browser import settle
from tests.helpers.waiting import wait_until

CHART = ".js-plotly-plot"
WHICH_POINT = """([truth, answer]) => {
  const { x, y } = document.querySelector(".js-plotly-plot").data[1];
  return y.findIndex((shown, i) => shown === truth && x[i] === answer);
}"""


def test_from_a_run_to_what_it_gets_wrong_and_to_the_picture_of_a_point(page: Page) -> None:
    page.get_by_label("Epochs", exact=True).fill("2")
    page.get_by_label("Epochs", exact=True).press("Enter")
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_text("Completed")).to_be_visible()
    expect(page.get_by_text("validation pictures are read right")).to_be_visible()
    page.get_by_role("button", name="Look inside").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Inside")
    expect(page.get_by_text("Its worst mistakes")).to_be_visible()
    settle(page)

    # The most frequent mistake, which the sentence above names.
    said = page.get_by_text(re.compile("Most often")).inner_text()
    found = re.search(r"Most often (\d) is read as (\d): (\w+)", said)
    assert found is not None, said
    truth, answer, times = found.groups()
    count = {"once": "1", "twice": "2"}.get(times, times)
    # Points follow each other by what they show, and then by what is answered.
    cells = page.locator(f"{CHART} .textpoint text")
    at = page.evaluate(WHICH_POINT, [truth, answer])
    expect(cells.nth(at)).to_have_text(count)
    box = cells.nth(at).bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_text(f"{truth}, read as {answer}", exact=True)).to_be_visible()
    shown = page.get_by_alt_text(re.compile(rf"^picture \d+: {truth}, read as {answer}$"))
    expect(shown).to_have_count(min(int(count), 20))

    page.get_by_text("A map of what it sees").click()
    expect(page.get_by_text("Pictures as the network sees them")).to_be_visible()
    settle(page)
    area = page.locator(f"{CHART} .nsewdrag").bounding_box()
    assert area is not None
    steps = iter(range(10_000))

    def points_at_one() -> bool:
        step = next(steps)
        page.mouse.move(
            area["x"] + area["width"] * (0.2 + 0.6 * (step * 0.618 % 1)),
            area["y"] + area["height"] * (0.2 + 0.6 * (step * 0.414 % 1)),
        )
        return page.locator(".lab-pointed").is_visible()

    wait_until(points_at_one, "a picture is shown where the mouse is")
    assert "data:image/png" in page.locator(".lab-pointed").evaluate("e => e.style.backgroundImage")
    page.get_by_text("What it gets wrong").click()
    expect(page.locator(".lab-pointed")).to_be_hidden()
