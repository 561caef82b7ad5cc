"""The drawing pad in Chromium: pens, keys, panels, files and fingers."""

import io
import re
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.helpers.app import App
from tests.helpers.browser import (
    ONE,
    PAD,
    SEVEN,
    answer,
    draw,
    go_to,
    open_tab,
    pad_box,
    press,
    settle,
    watch,
)
from tests.helpers.late import LateServer

BAR = [[(110, 140), (190, 140)]]
INK = """() => {
  for (const element of document.querySelectorAll('.st-key-canvas, .st-key-canvas *')) {
    const canvas = element.shadowRoot?.querySelector('canvas.dc-canvas.lower-canvas');
    if (!canvas) continue;
    const all = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    return all.filter((value, index) => index % 4 === 0 && value > 128).length;
  }
}"""


@pytest.fixture
def pad(page: Page) -> Page:
    """The Draw page, ready to be drawn on."""
    go_to(page, "Draw")
    expect(page.get_by_text("Draw a digit", exact=True)).to_be_visible()
    expect(page.locator("canvas.upper-canvas")).to_be_visible()
    return page


def seen(page: Page) -> str:
    """The picture that the network saw last."""
    source = page.get_by_alt_text(re.compile("What the network sees")).first
    return source.get_attribute("src") or ""


def look(page: Page, panel: str) -> None:
    page.get_by_role("radio", name=panel, exact=True).click()


@pytest.mark.keeps_nothing
def test_undo_clear_and_quick_strokes_lose_nothing(pad: Page) -> None:
    draw(pad, SEVEN)
    expect(answer(pad)).to_have_text("7")
    one_stroke, image = pad.evaluate(INK), seen(pad)
    draw(pad, BAR)
    pad.keyboard.press("z")  # at once, before the canvas's own 200 ms are over
    expect(pad.get_by_alt_text(re.compile("What the network sees"))).to_have_attribute("src", image)
    pad.wait_for_function(f"({INK})() === {one_stroke}")
    pad.get_by_role("button", name="Clear").click()
    draw(pad, ONE)  # at once
    expect(answer(pad)).to_have_text("1")
    pad.keyboard.press("x")
    expect(pad.get_by_text("Draw a digit", exact=True)).to_be_visible()
    pad.wait_for_function(f"({INK})() === 0")
    draw(pad, [[(70 + 20 * i, 60), (70 + 20 * i, 220)] for i in range(8)])
    pad.wait_for_function(f"({INK})() > 8 * 160 * 15")  # it is painted with the next frame
    expect(pad.get_by_text("Draw a digit", exact=True)).to_have_count(0)
    for _ in range(8):
        pad.keyboard.press("z")
    expect(pad.get_by_text("Draw a digit", exact=True)).to_be_visible()


def test_the_drawing_survives_another_pen_and_another_model(pad: Page) -> None:
    draw(pad, SEVEN)
    expect(answer(pad)).to_have_text("7")
    ink = pad.evaluate(INK)
    pad.get_by_role("slider", name="Pen width").press("ArrowRight")
    pad.get_by_role("button", name="Train the tutorial's model").click()
    model = pad.get_by_role("combobox", name="Model", exact=True)
    expect(model).to_have_value(re.compile("^32 relu"))
    expect(answer(pad)).to_have_text("7")
    assert pad.evaluate(INK) == ink
    look(pad, "All models")
    expect(pad.get_by_text("with 2 of 2")).to_be_visible()
    look(pad, "Watch it learn")
    expect(pad.locator(".watch .said")).to_contain_text("After epoch 5 of 5")
    expect(pad.locator(".js-plotly-plot").filter(has_text="after each epoch")).to_be_visible()
    assert pad.evaluate(INK) == ink


@pytest.mark.keeps_nothing
def test_the_drawing_is_there_after_a_look_at_another_page(pad: Page) -> None:
    server = LateServer(pad)
    pad.reload()
    pen = pad.get_by_role("slider", name="Pen width")
    expect(pen).to_be_visible()
    settle(pad)
    with server.holding():
        pen.press("ArrowRight")
        server.wait_for("Pen width")
    settle(pad)  # a canvas that takes another pen drops the stroke under way
    expect(pen).to_have_value("19")
    draw(pad, SEVEN)
    expect(answer(pad)).to_have_text("7")
    ink = pad.evaluate(INK)
    go_to(pad, "Data")
    expect(pad.get_by_role("heading", level=1)).to_have_text("Data")
    go_to(pad, "Draw")
    expect(answer(pad)).to_have_text("7")
    pad.wait_for_function(f"({INK})() === {ink}")
    expect(pen).to_have_value("19")
    draw(pad, BAR)
    pad.keyboard.press("z")
    pad.wait_for_function(f"({INK})() === {ink}")


@pytest.mark.keeps_nothing
def test_a_scribble_is_no_digit(pad: Page) -> None:
    hatching = [[(60 + 30 * i, 60), (60 + 30 * i, 220)] for i in range(6)]
    draw(pad, hatching)
    expect(answer(pad)).to_have_text("Not a digit, most likely")


@pytest.mark.keeps_nothing
def test_the_x_ray_and_the_reasons_follow_the_drawing(pad: Page) -> None:
    draw(pad, SEVEN)
    expect(answer(pad)).to_have_text("7")
    look(pad, "X-ray")
    for step in ("1 Canvas", "2 Ink, cropped", "3 Fitted to 20 × 20", "4 Centred in 28 × 28"):
        expect(pad.get_by_alt_text(step)).to_be_visible()
    pad.get_by_text("Margin", exact=True).click()
    expect(pad.get_by_alt_text("3 Fitted to 28 × 28")).to_be_visible()
    expect(pad.get_by_text(re.compile("Without margin"))).to_be_visible()
    look(pad, "Why")
    expect(pad.get_by_text("Which ink spoke for 7, and which against")).to_be_visible()
    expect(pad.get_by_text("the runner-up, would have needed")).to_be_visible()
    expect(pad.get_by_alt_text(re.compile("away$"))).to_have_count(6)


def test_a_key_keeps_the_drawing_and_the_next_stroke_is_a_new_one(pad: Page) -> None:
    look(pad, "My digits")
    draw(pad, SEVEN)
    expect(answer(pad)).to_have_text("7")
    pad.keyboard.press("1")
    expect(pad.get_by_alt_text("a 1")).to_be_visible()
    pad.keyboard.press("7")  # it was a 7 after all
    expect(pad.get_by_alt_text("a 7")).to_be_visible()
    expect(pad.get_by_alt_text("a 1")).to_have_count(0)
    draw(pad, ONE)
    expect(answer(pad)).to_have_text("1")
    pad.get_by_role("button", name="1", exact=True).click()
    expect(pad.get_by_alt_text("a 1")).to_be_visible()
    with pad.expect_download() as download:
        pad.get_by_role("button", name="Export").click()
    exported = download.value.path()
    pad.locator("[class*=st-key-delete] button:visible").last.click()  # the oldest
    expect(pad.get_by_alt_text("a 7")).to_have_count(0)
    pad.locator("input[type=file]").set_input_files(
        {"name": "mine.json", "mimeType": "application/json", "buffer": exported.read_bytes()}
    )
    expect(pad.get_by_alt_text("a 7")).to_be_visible()
    settle(pad)
    # While a file is read nobody can choose another, but this test could.
    expect(pad.get_by_role("button", name="Add files")).to_be_enabled()
    pad.locator("input[type=file]").set_input_files(
        {"name": "other.json", "mimeType": "application/json", "buffer": b'{"format": 1}'}
    )
    expect(pad.get_by_text("other.json is not a file of digits from this app")).to_be_visible()


@pytest.mark.keeps_nothing
def test_a_digit_is_drawn_with_the_keyboard_alone(pad: Page) -> None:
    board = pad.get_by_role("application", name=re.compile("Arrow keys move the pen"))
    pad.wait_for_function(
        "() => { const all = root => [...root.querySelectorAll('*')].flatMap("
        "e => e.shadowRoot ? all(e.shadowRoot) : [e]); "
        "return all(document).some(e => e.role === 'application'); }"
    )
    pad.get_by_role("button", name="Undo").focus()
    pad.keyboard.press("Shift+Tab")
    expect(board).to_be_focused()
    press(pad, "ArrowUp", 3)
    pad.keyboard.press("Space")
    press(pad, "ArrowDown", 18)
    pad.keyboard.press("Space")
    expect(answer(pad)).to_have_text("1")
    pad.keyboard.press("z")
    expect(pad.get_by_text("Draw a digit", exact=True)).to_be_visible()


def test_a_click_that_meets_the_drawing_before_downloads(app: App, browser: Browser) -> None:
    page = open_tab(browser)
    server = LateServer(page)
    page.goto(f"{app.url}/draw")
    look(page, "My digits")
    draw(page, ONE)
    page.keyboard.press("1")
    expect(page.get_by_alt_text("a 1")).to_be_visible()
    with page.expect_download() as download, server.holding():
        page.keyboard.press("7")
        server.wait_for("a 7")
        page.get_by_role("button", name="Export").click()
        server.wait_for('"name": "my-digits.json"')
    assert b'"label":7' in download.value.path().read_bytes()
    page.close()


def picture(kind: str) -> bytes:
    """A black 1 on white paper."""
    paper = np.full((200, 160), 250, np.uint8)
    paper[40:160, 72:88] = 20
    buffer = io.BytesIO()
    Image.fromarray(paper).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.keeps_nothing
def test_pictures_are_read_and_other_files_are_a_message(pad: Page) -> None:
    look(pad, "Upload")
    chooser = pad.locator("input[type=file]")
    read = pad.get_by_test_id("stHtml").get_by_role("status")  # of the file; nothing is drawn
    unread = pad.get_by_text("picture cannot be read")
    for name, kind in (("one.png", "PNG"), ("one.jpg", "JPEG"), ("one.gif", "GIF")):
        chooser.set_input_files({"name": name, "mimeType": "", "buffer": picture(kind)})
        expect(pad.get_by_text(name)).to_be_visible()
        expect(read).to_have_text("1")
        pad.get_by_role("button", name=f"Remove {name}").click()
        expect(read).to_have_count(0)  # what comes next is of the next file
    for name, data in {"cut.png": picture("PNG")[:150], "text.jpg": b"hello"}.items():
        chooser.set_input_files({"name": name, "mimeType": "", "buffer": data})
        expect(pad.get_by_text(name)).to_be_visible()
        expect(unread).to_be_visible()
        pad.get_by_role("button", name=f"Remove {name}").click()
        expect(unread).to_have_count(0)
    chooser.set_input_files({"name": "one.png", "mimeType": "", "buffer": picture("PNG")})
    expect(read).to_have_text("1")


@pytest.fixture
def phone(app: App, browser: Browser) -> Iterator[Page]:
    """The Draw page on a phone's screen, for fingers."""
    screen = {"width": 390, "height": 844}
    page = open_tab(browser, viewport=screen, has_touch=True, is_mobile=True)
    errors = watch(page)
    page.goto(app.url)
    page.get_by_test_id("stExpandSidebarButton").tap()
    page.get_by_role("link", name="Draw", exact=True).tap()
    page.get_by_role("button", name="Collapse sidebar").tap()
    yield page
    page.context.close()
    assert errors == []


def finger(page: Page, corners: list[tuple[int, int]]) -> None:
    """Draw one stroke with a finger; corners in the pad's own units."""
    box = pad_box(page)
    session, unit = page.context.new_cdp_session(page), box["width"] / PAD

    def touch(kind: str, points: list[tuple[float, float]]) -> None:
        at = [{"x": box["x"] + unit * x, "y": box["y"] + unit * y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    touch("touchStart", [corners[0]])
    for (x0, y0), (x1, y1) in pairwise(corners):
        for step in range(1, 9):
            touch("touchMove", [(x0 + (x1 - x0) * step / 8, y0 + (y1 - y0) * step / 8)])
    touch("touchEnd", [])


@pytest.mark.keeps_nothing
def test_a_finger_draws_on_a_phone(phone: Page) -> None:
    canvas = phone.locator("canvas.upper-canvas")
    canvas.wait_for()
    expect(phone.get_by_text("Draw a digit", exact=True)).to_be_attached()
    box = pad_box(phone)
    assert 0 <= box["x"] <= box["x"] + box["width"] <= 390
    finger(phone, SEVEN[0])
    expect(answer(phone)).to_have_text("7")
    finger(phone, [(110, 140), (190, 140)])
    phone.get_by_role("button", name="Undo").tap()
    expect(answer(phone)).to_have_text("7")
    phone.get_by_role("button", name="Clear").tap()
    expect(phone.get_by_text("Draw a digit", exact=True)).to_be_attached()
    wide = phone.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
