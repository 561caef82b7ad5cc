"""The network reads while somebody draws, and says what the app says when the pen is lifted."""

import re
from itertools import pairwise

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, WebSocket, expect

from tests.helpers.app import App
from tests.helpers.browser import ONE, PAD, SEVEN, answer, draw, go_to, open_tab, pad_box, watch
from tests.helpers.late import LateServer
from tests.helpers.pen import pen_down, ready, shown
from tests.helpers.waiting import wait_until

FOUR = [[(90, 50), (60, 150), (200, 150)], [(165, 90), (155, 240)]]
BAR = [[(110, 140), (190, 140)]]
LARGE = 1_000_000  # bytes of a message that can only be a network


@pytest.fixture
def late(page: Page) -> LateServer:
    """Draw with a network that reads along, and a server that can be held back."""
    server = LateServer(page)
    page.reload()
    go_to(page, "Draw")
    ready(page)
    return server


@pytest.mark.keeps_nothing
def test_it_reads_while_the_pen_is_down_and_the_app_says_the_same(
    page: Page, late: LateServer
) -> None:
    with late.holding():
        pen_down(page, SEVEN[0])
        expect(answer(page)).to_have_text("7")
        expect(page.locator(".st-key-answer [role=img]")).to_contain_text("%")
        page.mouse.up()
        late.wait_for("data-drawn='1 ")
        image, shares = shown(page)
        assert page.locator(".answer").get_attribute("data-drawn") == "0"
    expect(page.locator(".answer[data-drawn^='1 ']")).to_be_visible()
    theirs = shown(page)
    assert np.abs(image - theirs[0]).max() <= 1
    np.testing.assert_allclose(shares, theirs[1], atol=1e-4)
    heard = page.locator(".st-key-live [role=status]")
    expect(heard).to_have_text(re.compile("^7"))


@pytest.mark.keeps_nothing
def test_what_the_app_says_of_an_older_drawing_is_not_seen(page: Page, late: LateServer) -> None:
    with late.holding():
        draw(page, FOUR)
        expect(answer(page)).to_have_text("4")
        page.keyboard.press("z")
        expect(answer(page)).not_to_have_text("4")
        draw(page, FOUR[1:])
        expect(answer(page)).to_have_text("4")
        late.wait_for("data-drawn='2 ")
        pen_down(page, [(60, 40), (60, 60)])
        image, _ = shown(page)
    expect(page.locator(".answer[data-drawn^='2 ']")).to_be_visible()
    assert np.array_equal(shown(page)[0], image)
    page.mouse.up()
    expect(page.locator(".answer[data-drawn^='3 ']")).to_be_visible()


def test_a_network_that_was_trained_here_reads_along(page: Page) -> None:
    large: list[int] = []
    sent: list[int] = []

    def listen(socket: WebSocket) -> None:
        def arrived(message: bytes | str) -> None:
            sent.append(len(message))
            if len(message) > LARGE:
                large.append(len(message))

        socket.on("framereceived", arrived)

    page.on("websocket", listen)
    page.reload()
    go_to(page, "Draw")
    ready(page)
    page.get_by_role("button", name="Train the tutorial's model").click()
    model = page.get_by_role("combobox", name="Model", exact=True)
    expect(model).to_have_value(re.compile("^32 relu"))
    pen_down(page, SEVEN[0])
    expect(answer(page)).to_have_text("7")
    page.mouse.up()
    expect(page.locator(".answer[data-drawn^='1 ']")).to_be_visible()
    go_to(page, "Data")
    expect(page.get_by_role("heading", level=1)).to_have_text("Data")
    go_to(page, "Draw")
    expect(page.locator(".answer[data-drawn^='1 ']")).to_be_visible()
    # The drawing that was there before is read with what is added.
    pen_down(page, BAR[0])
    expect(answer(page)).to_have_text("7")
    page.mouse.up()
    expect(page.locator(".answer[data-drawn^='2 ']")).to_be_visible()
    assert len(large) == 1, "the network that judges travels once, whatever is drawn or opened"
    assert large[0] < 3_900_000


def think_of_a_seven(page: Page) -> None:
    """See the tutorial's network think, which is trained for it."""
    go_to(page, "Draw")
    page.get_by_role("button", name="Train the tutorial's model").click()
    model = page.get_by_role("combobox", name="Model", exact=True)
    expect(model).to_have_value(re.compile("^32 relu"))
    page.get_by_role("radio", name="See it think", exact=True).click()
    draw(page, SEVEN)
    expect(page.locator(".answer[data-drawn^='1 ']")).to_be_visible()


def test_a_broken_network_says_so_until_it_is_whole_again(page: Page) -> None:
    think_of_a_seven(page)
    cost, tiles = page.locator(".st-key-cost"), page.locator(".tile")
    expect(tiles).to_have_count(32)
    expect(cost).to_contain_text("Of its 800 validation pictures")
    lit = tiles.evaluate_all("all => all.map(tile => +tile.style.getPropertyValue('--lit'))")
    strongest = tiles.nth(lit.index(1))
    strongest.hover()
    detail = page.locator(".detail")
    name = (strongest.get_attribute("aria-label") or "").capitalize()
    expect(detail).to_contain_text(f"{name} of layer 1")
    parts = re.findall(r": (−?[\d.]+)", detail.inner_text())
    product, bias, total, answered = (float(part.replace("−", "-")) for part in parts[:4])
    assert product + bias == pytest.approx(total, abs=0.011)
    assert answered == total > 0
    before = shown(page)
    for unit in range(16):
        tiles.nth(unit).click()
    broken = page.locator(".answer small")
    expect(broken).to_have_text("Broken: 16 units off")
    assert np.abs(shown(page)[1] - before[1]).max() > 1e-5
    expect(cost).to_contain_text("as it is broken now")
    draw(page, BAR)
    expect(page.locator(".answer[data-drawn^='2 ']")).to_be_visible()
    expect(broken).to_be_visible()  # the app read it with the whole network
    page.keyboard.press("z")
    expect(page.locator(".answer[data-drawn^='1 ']")).to_be_visible()
    page.get_by_role("button", name="Undo the last change").click()
    expect(broken).to_have_text("Broken: 15 units off")
    tiles.nth(15).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(broken).to_have_text("Broken: 16 units off")
    page.get_by_role("button", name="Put all back").click()
    expect(broken).to_have_count(0)
    np.testing.assert_allclose(shown(page)[1], before[1], atol=1e-4)
    expect(cost).not_to_contain_text("as it is broken now")
    page.get_by_label("Without its most telling").press("End")
    expect(broken).to_have_text("Broken: 32 units off")
    expect(cost).to_contain_text("as it is broken now")
    page.get_by_role("button", name="Undo the last change").click()
    expect(broken).to_have_count(0)
    page.get_by_role("button", name="of layer 1", exact=True).click()
    expect(broken).to_have_text("Broken: biases off")
    expect(cost).to_contain_text("as it is broken now")
    page.get_by_role("button", name="Undo the last change").click()
    page.get_by_label("Noise on the weights").press("ArrowRight")
    expect(broken).to_have_text("Broken: noise of 5 %")
    page.get_by_role("radio", name="X-ray", exact=True).click()
    expect(broken).to_have_count(0)


def test_the_strongest_paths_end_at_the_digit_that_is_asked_about(page: Page) -> None:
    think_of_a_seven(page)
    lines = page.locator(".paths path:not([style*='display: none'])")
    chosen = page.locator(".paths .digit.chosen")
    expect(page.locator(".paths .unit:visible")).to_have_count(7)
    expect(lines).to_have_count(14)  # from the picture to each unit, and on to the digit
    read = page.locator(".answer .read").inner_text()
    expect(chosen).to_have_text(read)
    page.locator(".paths .digit", has_text="1").focus()
    expect(chosen).to_have_text("1")
    detail = page.locator(".detail")
    expect(detail).to_contain_text("The unit of 1")
    parts = re.findall(r": (−?[\d.]+)", detail.inner_text())
    product, bias, total = (float(part.replace("−", "-")) for part in parts[:3])
    assert product + bias == pytest.approx(total, abs=0.011)
    expect(detail).to_contain_text("through softmax")


def test_strokes_after_a_kept_digit_are_one_drawing(page: Page, late: LateServer) -> None:
    draw(page, SEVEN)
    expect(answer(page)).to_have_text("7")
    page.keyboard.press("7")
    expect(page.get_by_text("Kept as a 7")).to_be_visible()
    with late.holding():
        draw(page, FOUR)
        expect(answer(page)).to_have_text("4")
        late.wait_for("data-drawn='2 ")
    expect(page.locator(".answer[data-drawn^='2 ']")).to_be_visible()
    page.keyboard.press("z")
    expect(page.locator(".answer[data-drawn^='1 ']")).to_be_visible()


@pytest.mark.keeps_nothing
def test_a_drawing_from_before_is_cleared(page: Page, late: LateServer) -> None:
    draw(page, SEVEN)
    expect(page.locator(".answer[data-drawn^='1 ']")).to_be_visible()
    go_to(page, "Data")
    expect(page.get_by_role("heading", level=1)).to_have_text("Data")
    go_to(page, "Draw")
    expect(answer(page)).to_have_text("7")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator(".answer[data-drawn='0']")).to_be_visible()
    draw(page, ONE)
    expect(answer(page)).to_have_text("1")


@pytest.mark.keeps_nothing
def test_where_the_browser_cannot_the_app_answers_as_before(app: App, browser: Browser) -> None:
    page = open_tab(browser)
    page.add_init_script("HTMLCanvasElement.prototype.toDataURL = () => { throw Error('no'); }")
    errors = watch(page)
    page.goto(f"{app.url}/draw")
    expect(page.get_by_text("Draw a digit", exact=True)).to_be_visible()
    draw(page, SEVEN)
    expect(answer(page)).to_have_text("7")
    expect(page.locator(".answer[data-drawn^='1 ']")).to_be_visible()
    assert all("no" in error for error in errors)
    page.context.close()


@pytest.mark.keeps_nothing
def test_a_finger_is_read_along_and_a_second_one_does_not_draw(phone: Page) -> None:
    box = pad_box(phone)
    session, unit = phone.context.new_cdp_session(phone), box["width"] / PAD
    scrolled = phone.locator(".stMain").evaluate("main => main.scrollTop")

    def touch(kind: str, *points: tuple[float, float]) -> None:
        at = [
            {"x": box["x"] + unit * x, "y": box["y"] + unit * y, "id": i}
            for i, (x, y) in enumerate(points)
        ]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": at})

    touch("touchStart", SEVEN[0][0])
    for (x0, y0), (x1, y1) in pairwise(SEVEN[0]):
        for step in range(1, 9):
            touch("touchMove", (x0 + (x1 - x0) * step / 8, y0 + (y1 - y0) * step / 8))
    expect(answer(phone)).to_have_text("7")
    image, _ = shown(phone)
    end = (float(SEVEN[0][-1][0]), float(SEVEN[0][-1][1]))
    touch("touchStart", end, (20.0, 20.0))
    for step in range(1, 9):
        touch("touchMove", end, (20.0 + 25 * step, 20.0))
    touch("touchEnd", end)
    touch("touchEnd")
    expect(phone.locator(".answer[data-drawn^='1 ']")).to_be_visible()
    wait_until(lambda: np.abs(shown(phone)[0] - image).max() <= 1, "the second finger drew nothing")
    assert phone.locator(".stMain").evaluate("main => main.scrollTop") == scrolled
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
