"""With the keyboard alone: each page does what it is for, and shows where the keyboard is."""

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from pages.ui.learn.choose import CHAPTERS
from tests.helpers.app import App
from tests.helpers.browser import PAGES, answer, open_tab, press, settle, watch

MOST_STOPS = 120  # of one page

# What marks the element that has the keyboard, or one around it: with it, and without it.
MARKS = """async () => {
  const still = document.createElement('style');
  still.textContent = '* { transition: none !important }';
  document.head.append(still);
  const drawn = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  let has = document.activeElement;
  while (has.shadowRoot?.activeElement) has = has.shadowRoot.activeElement;
  const marks = () => {
    const found = [];
    for (let at = has, up = 0; at && up < 6; at = at.parentElement, up++) {
      const { outlineStyle, outlineColor, boxShadow, borderColor } = getComputedStyle(at);
      found.push(outlineStyle === 'none' ? '' : outlineColor, boxShadow, borderColor);
    }
    return found.join();
  };
  const on = marks();
  has.blur();
  await drawn();
  const off = marks();
  has.focus({ focusVisible: true });
  await drawn();
  still.remove();
  return on !== off;
}"""


def focus(page: Page, role: str, name: str | re.Pattern[str]) -> None:
    """Go to something with Tab."""
    exact = isinstance(name, str)
    reach(page, page.get_by_role(role, name=name, exact=exact).first)  # type: ignore[arg-type]


def reach(page: Page, wanted: Locator) -> None:
    """Press Tab until the keyboard is there."""
    expect(wanted).to_be_enabled()
    for _ in range(MOST_STOPS):
        if wanted.evaluate("e => e === e.getRootNode().activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {wanted}")


def visit(page: Page, name: str) -> None:
    """Go to a page by its name in the bar."""
    focus(page, "link", name)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    settle(page)


def enter(page: Page, role: str, name: str, text: str) -> None:
    """Put a text in place of what a field has."""
    focus(page, role, name)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)
    page.keyboard.press("Enter")
    settle(page)


def push(page: Page, name: str | re.Pattern[str]) -> None:
    """Go to a button and press it."""
    focus(page, "button", name)
    page.keyboard.press("Enter")


def train(page: Page) -> None:
    """One epoch of the tutorial's network."""
    settle(page)
    enter(page, "spinbutton", "Epochs", "1")
    push(page, "Start training")
    expect(page.get_by_text("Completed")).to_be_visible()
    expect(page.get_by_text("validation pictures are read right")).to_be_visible()
    settle(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_where_the_keyboard_is_can_be_seen_at_every_stop(
    app: App, browser: Browser, scheme: str
) -> None:
    page = open_tab(browser, viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    errors = watch(page)
    page.goto(app.url)
    train(page)
    unseen, stops = [], 0
    for name in PAGES:
        if name != "Train":
            visit(page, name)
        page.keyboard.press("Tab")
        first = page.evaluate_handle("document.activeElement")
        for _ in range(MOST_STOPS):
            about = page.evaluate("document.activeElement.outerHTML.slice(0, 200)")
            stops += 1
            if not about.startswith("<body") and not page.evaluate(MARKS):
                unseen.append(f"{name}: {about}")
            page.keyboard.press("Tab")
            if page.evaluate("first => first === document.activeElement", first):
                break
    page.context.close()
    assert unseen == []
    assert errors == []
    assert stops > 20 * len(PAGES)


def test_a_sweep_is_made_and_a_network_of_it_reads_a_drawing_without_a_mouse(page: Page) -> None:
    settle(page)
    visit(page, "Sweep")
    enter(page, "spinbutton", "Epochs", "1")
    expect(page.get_by_text("on one worker")).to_be_visible()
    push(page, "Start sweep")
    expect(page.get_by_text("Completed")).to_be_visible()
    expect(page.get_by_text("explains")).to_be_visible()
    settle(page)
    focus(page, "combobox", re.compile("Network to open"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Test accuracy")).to_be_visible()
    settle(page)
    push(page, re.compile("Draw digits for it"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Draw")
    settle(page)
    focus(page, "application", re.compile("Arrow keys move the pen"))
    press(page, "ArrowUp", 3)
    page.keyboard.press("Space")
    press(page, "ArrowDown", 18)
    page.keyboard.press("Space")
    expect(answer(page)).to_have_text("1")


def test_a_run_is_ticked_and_its_settings_are_taken_without_a_mouse(page: Page) -> None:
    train(page)
    visit(page, "Runs")
    expect(page.get_by_text("1 of 1 runs")).to_be_visible()
    reach(page, page.get_by_test_id("data-grid-canvas").first)
    page.keyboard.press("Shift+Space")  # ticks the row
    expect(page.get_by_role("button", name="Clone")).to_be_visible()
    settle(page)
    push(page, re.compile("Clone"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Train")
    expect(page.get_by_label("Epochs", exact=True)).to_have_value("1")


@pytest.mark.keeps_nothing
def test_pictures_are_looked_at_distorted_and_trained_with_without_a_mouse(page: Page) -> None:
    settle(page)
    visit(page, "Data")
    focus(page, "radio", "Pictures")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    expect(page.locator(".js-plotly-plot")).to_be_visible()
    settle(page)
    focus(page, "radio", "Classes")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Space")
    settle(page)
    focus(page, "slider", re.compile("Rotation"))
    press(page, "ArrowRight", 5)
    expect(page.get_by_text("different in each epoch")).to_be_visible()
    settle(page)
    push(page, re.compile("Train with these"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Train")
    expect(page).to_have_url(re.compile("rotation="))


def test_a_device_is_measured_without_a_mouse(page: Page) -> None:
    settle(page)
    visit(page, "Devices")
    expect(page.get_by_text(re.compile("samples · about"))).to_be_visible()
    enter(page, "textbox", "Values", "4, 8")
    reach(page, page.locator("summary").filter(has_text="What stays the same"))
    page.keyboard.press("Enter")
    enter(page, "spinbutton", "Repeats", "1")
    push(page, re.compile("Start measuring"))
    expect(page.get_by_text("Kept measurements")).to_be_visible()
    focus(page, "radio", "Time")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    # For a moment the chart before is there too.
    expect(
        page.locator(".js-plotly-plot").filter(has_text="pictures a second").first
    ).to_be_visible()


@pytest.mark.keeps_nothing
def test_a_teacher_makes_a_link_without_a_mouse(page: Page) -> None:
    settle(page)
    visit(page, "Teach")
    enter(page, "textbox", "Title", "How wide?")
    expect(page.get_by_text("What your pupils will see on Train")).to_be_visible()
    enter(page, "spinbutton", "Accuracy, %", "50")
    expect(page.get_by_text("50 % on validation")).to_be_visible()
    focus(page, "combobox", re.compile("Pupils do not see these"))
    page.keyboard.type("Learning rate")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(page.get_by_text("Not shown: Learning rate")).to_be_visible()
    settle(page)
    push(page, re.compile("Make the link"))
    expect(page.get_by_test_id("stCode").locator("code")).to_contain_text("/?assignment=")


def test_a_network_is_trained_and_looked_into_without_a_mouse(page: Page) -> None:
    train(page)
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


@pytest.mark.keeps_nothing
def test_a_chapter_is_chosen_and_a_step_is_taken_without_a_mouse(page: Page) -> None:
    settle(page)
    visit(page, "Learn")
    focus(page, "radio", CHAPTERS["pixels"])
    for _ in range(4):
        page.keyboard.press("ArrowDown")
        settle(page)
    expect(page.get_by_role("heading", name="5 · One step of training", level=3)).to_be_visible()
    for stage in ("Forward", "The loss"):
        push(page, f"Next: {stage}")
        settle(page)
    expect(page.get_by_role("button", name="Next: The gradients", exact=True)).to_be_visible()


@pytest.mark.keeps_nothing
def test_a_function_is_fitted_and_an_experiment_opened_without_a_mouse(page: Page) -> None:
    settle(page)
    visit(page, "Learn")
    focus(page, "radio", CHAPTERS["pixels"])
    for _ in range(8):
        page.keyboard.press("ArrowDown")
        settle(page)
    expect(page.get_by_role("heading", name=CHAPTERS["functions"], level=3)).to_be_visible()
    expect(page.get_by_text("Before training")).to_be_visible()
    slider = page.get_by_role("slider").first
    focus(page, "slider", re.compile("Hidden units"))
    was = slider.get_attribute("aria-valuenow")
    page.keyboard.press("ArrowRight")
    settle(page)
    expect(slider).not_to_have_attribute("aria-valuenow", was or "")
    push(page, re.compile("Start$"))
    expect(page.get_by_text("Before training")).to_have_count(0)
    push(page, re.compile("Open Train with these settings"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Train")
