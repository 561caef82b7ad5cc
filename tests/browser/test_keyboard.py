"""Every page with the keyboard alone: what can be done is reached, seen, and done."""

import re

import pytest
from playwright.sync_api import FloatRect, Page, expect

from tests.helpers.browser import PAGES, arrive, go_to, settle

MOST_STOPS = 120  # of one page
# What has the keyboard, marked as reached; its name, and where it is on the screen.
REACHED = """() => {
  const reached = document.activeElement;
  reached.dataset.reached = "yes";
  let shown = reached;
  while (shown.getBoundingClientRect().width < 8 && shown.parentElement) {
    shown = shown.parentElement;  // a field of a switch is 1 pixel wide
  }
  const { x, y, width, height } = shown.getBoundingClientRect();
  const name = reached.getAttribute("aria-label") || reached.innerText || reached.tagName;
  return { tag: reached.tagName, name: name.slice(0, 60), box: { x, y, width, height } };
}"""
# Of a group of radios one is reached, and the arrows lead to the others; a button within a field
# does what the field's own keys do; what is folded away or beyond the screen's use has no size.
LEFT_OUT = """() => [...document.querySelectorAll(
  "[data-testid=stMain] :is(button, input, select, textarea, a[href], summary)"
)].filter(e => e.checkVisibility({ visibilityProperty: true }) && e.tabIndex >= 0 && !e.disabled
  && e.role !== "radio" && !e.closest("details:not([open]) > :not(summary)")
  && !e.dataset.reached
).map(e => e.getAttribute("aria-label") || e.innerText || e.outerHTML.slice(0, 80))"""


def looks(page: Page, box: FloatRect) -> bytes | None:
    """The screen around something; None where it is not on the screen."""
    size = page.viewport_size
    assert size is not None
    left, top = max(box["x"] - 14, 0), max(box["y"] - 14, 0)
    right = min(box["x"] + box["width"] + 14, size["width"])
    foot = min(box["y"] + box["height"] + 14, size["height"])
    if right <= left or foot <= top:
        return None
    clip: FloatRect = {"x": left, "y": top, "width": right - left, "height": foot - top}
    return page.screenshot(clip=clip, animations="disabled")


@pytest.mark.parametrize("name", PAGES)
def test_all_that_can_be_done_is_reached_and_where_one_is_can_be_seen(
    page: Page, name: str
) -> None:
    arrive(page, name)
    settle(page)
    page.locator("h1").click()  # from where Tab begins: at the top, and not in a list of pages
    page.evaluate("document.activeElement.blur()")
    unseen, stops = [], 0
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        at = page.evaluate(REACHED)
        if at["tag"] == "BODY":
            break
        stops += 1
        focused = looks(page, at["box"])
        page.evaluate("document.activeElement.blur()")
        if focused is None or focused == looks(page, at["box"]):
            unseen.append(at["name"])
    assert stops >= 3
    assert unseen == []
    assert page.evaluate(LEFT_OUT) == []


def focus(page: Page, role: str, name: str) -> None:
    """Go to something with Tab."""
    wanted = page.get_by_role(role, name=name, exact=True)  # type: ignore[arg-type]
    expect(wanted).to_be_enabled()
    for _ in range(MOST_STOPS):
        if wanted.evaluate("e => e === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {name}")


def test_a_network_is_trained_and_looked_into_without_a_mouse(page: Page) -> None:
    settle(page)
    focus(page, "spinbutton", "Epochs")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("1")
    focus(page, "button", "Start training")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Finished")).to_be_visible()
    expect(page.get_by_text("validation pictures are read right")).to_be_visible()
    settle(page)
    focus(page, "button", "Look inside")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Inside")
    expect(page.get_by_text("Its worst mistakes")).to_be_visible()
    settle(page)

    # A cell of the matrix is a pair of choices beside it.
    for label in ("Shown", "Read as"):
        focus(page, "combobox", label)
        page.keyboard.type("4")
        page.keyboard.press("Enter")
        settle(page)
    expect(page.get_by_text("4, read right")).to_be_visible()

    focus(page, "radio", "What it gets wrong")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_text(re.compile("With all units"))).to_be_visible()
    settle(page)
    focus(page, "radio", "Validation")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.get_by_text(re.compile("of [0-9,]+ training pictures are read"))).to_be_visible()


def test_a_chapter_is_chosen_and_a_step_is_taken_without_a_mouse(page: Page) -> None:
    go_to(page, "Learn")
    expect(page.get_by_role("heading", level=1)).to_have_text("Learn")
    settle(page)
    focus(page, "radio", "1 · From pixels to numbers")
    for _ in range(4):
        page.keyboard.press("ArrowDown")
        settle(page)
    expect(page.get_by_role("heading", name="5 · One step of training", level=3)).to_be_visible()
    for stage in ("Forward", "The loss"):
        focus(page, "button", f"Next: {stage}")
        page.keyboard.press("Enter")
        settle(page)
    expect(page.get_by_role("button", name="Next: The gradients", exact=True)).to_be_visible()
