"""With the keyboard alone: a network is trained and looked into, a chapter is read."""

import re

from playwright.sync_api import Page, expect

from tests.helpers.browser import go_to, settle

MOST_STOPS = 120  # of one page


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
    expect(page.get_by_text("Completed")).to_be_visible()
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
