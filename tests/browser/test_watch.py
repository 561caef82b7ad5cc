"""A drawing is read by each epoch of a network that learns meanwhile; two networks on one pad."""

import re
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, WebSocket, expect

from tests.helpers.app import App
from tests.helpers.browser import SEVEN, answer, draw, go_to, open_tab, pad_box, settle, watch
from tests.helpers.gate import Gate
from tests.helpers.pen import pen_down
from tests.helpers.waiting import wait_until

TRAIN = "Train the tutorial's model"


def said(page: Page) -> Locator:
    return page.locator(".watch .said")


def shares(page: Page) -> np.ndarray:
    """The ten probabilities of the epoch that is shown."""
    bars = page.locator(".watch [role=img] span > span")
    widths = bars.evaluate_all("bars => bars.map(bar => parseFloat(bar.style.width))")
    return np.array(widths) / 100


def units(page: Page) -> list[str]:
    """The pictures of the first layer's weights."""
    found: list[str] = page.locator(".watch canvas").evaluate_all(
        "all => all.map(canvas => canvas.toDataURL())"
    )
    return found


def train_here(page: Page) -> None:
    page.get_by_role("radio", name="Watch it learn", exact=True).click()
    page.get_by_role("button", name=TRAIN).first.click()


def test_bars_and_units_change_while_it_trains_and_a_slider_goes_back(
    page: Page, gate: Gate
) -> None:
    gate.allow(1)
    go_to(page, "Draw")
    draw(page, SEVEN)
    expect(answer(page)).to_have_text("7")
    train_here(page)
    expect(said(page)).to_have_text(re.compile(r"^After epoch 1\.5 of 5 it reads \d, \d+ %\.$"))
    before, weights = shares(page), units(page)
    assert before.sum() == pytest.approx(1, abs=1e-3)
    assert len(weights) == 32
    gate.allow(3)
    expect(said(page)).to_contain_text("After epoch 3.5 of 5")
    assert np.abs(shares(page) - before).max() > 0.01
    assert all(new != old for new, old in zip(units(page), weights, strict=True))
    pen_down(page, [(60, 140), (200, 140)])  # a bar: it is read while the pen is down
    seen = shares(page)
    page.mouse.up()
    expect(page.locator(".answer[data-drawn^='2 ']")).to_be_visible()
    np.testing.assert_allclose(shares(page), seen, atol=1e-4)
    page.keyboard.press("z")
    expect(page.locator(".answer[data-drawn^='1 ']")).to_be_visible()
    gate.open()
    expect(said(page)).to_contain_text("After epoch 5 of 5 it reads 7")
    model = page.get_by_role("combobox", name="Model", exact=True)
    expect(model).to_have_value(re.compile("^32 relu"))
    expect(page.locator(".lab-now")).to_have_text("Nothing is training")
    settle(page)
    slider = page.get_by_role("slider", name="Epoch", exact=True)
    expect(slider).to_have_attribute("max", "5")
    slider.focus()
    page.keyboard.press("Home")
    expect(said(page)).to_have_text(re.compile(r"^Untrained it reads \d, \d+ %\.$"))
    for epoch in range(1, 6):
        page.keyboard.press("ArrowRight")
        expect(said(page)).to_contain_text(f"After epoch {epoch} of 5")
        text = said(page).inner_text().removesuffix(".")
        expect(slider).to_have_attribute("aria-valuetext", text)
    # The last epoch's answer is what the page says of the finished network, but for float16.
    theirs = page.locator(".st-key-answer [role=img] span > span").evaluate_all(
        "bars => bars.map(bar => parseFloat(bar.style.width))"
    )
    np.testing.assert_allclose(shares(page), np.array(theirs) / 100, atol=0.01)


def test_no_epoch_travels_for_the_slider_or_for_a_stroke(page: Page) -> None:
    got: list[bytes] = []

    def take(message: bytes | str) -> None:
        got.append(message if isinstance(message, bytes) else message.encode())

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", take)

    def networks() -> list[bytes]:
        """What the networks that came are called, as live.py packs them."""
        return [name for message in got for name in re.findall(rb'"ids": \["(\w+)', message)]

    page.on("websocket", listen)
    page.reload()
    go_to(page, "Draw")
    draw(page, SEVEN)
    expect(answer(page)).to_have_text("7")
    train_here(page)
    expect(said(page)).to_contain_text("After epoch 5 of 5")
    expect(page.locator(".lab-now")).to_have_text("Nothing is training")
    expect(page.locator(".st-key-live-epochs")).to_have_count(0)  # all that was asked for came
    # So did the finished network, with which the page reads from then on.
    run = parse_qs(urlsplit(page.url).query)["run"][0].encode()
    wait_until(lambda: run in networks(), "the finished network is in the browser")
    settle(page)
    assert b"epoch" in networks()
    got.clear()
    slider = page.get_by_role("slider", name="Epoch", exact=True)
    slider.focus()
    for key in ("Home", *["ArrowRight"] * 5, "Home"):
        page.keyboard.press(key)
    expect(said(page)).to_contain_text("Untrained")
    expect(slider).to_have_value("0")
    draw(page, [[(60, 140), (200, 140)]])
    expect(page.locator(".answer[data-drawn^='2 ']")).to_be_visible()
    assert got
    assert networks() == []
    assert max(map(len, got)) < 40_000
    expect(said(page)).to_contain_text("Untrained")


def test_a_second_network_reads_the_same_strokes_and_where_they_differ_is_marked(
    page: Page, app: App, browser: Browser
) -> None:
    go_to(page, "Draw")
    page.get_by_role("button", name=TRAIN).click()
    model = page.get_by_role("combobox", name="Model", exact=True)
    expect(model).to_have_value(re.compile("^32 relu"))
    second = page.get_by_role("combobox", name="Second model", exact=True)
    second.click()
    page.get_by_role("option", name=re.compile("^Handwriting")).click()
    line = page.locator(".both > p")
    expect(line).to_have_text("Draw a digit, and both networks read it.")
    pen_down(page, SEVEN[0])
    expect(line).to_have_text("Both read 7.")  # while the pen is down
    rows = page.locator(".both [data-digit]")
    expect(rows).to_have_count(10)
    expect(rows.nth(7)).to_contain_text("%")
    page.mouse.up()
    expect(page.locator(".answer[data-drawn^='1 ']")).to_be_visible()
    expect(line).to_have_text("Both read 7.")

    def marked() -> bool:
        widths = rows.evaluate_all(
            "all => all.map(row => [...row.querySelectorAll('i')])"
            ".map(bars => bars.map(bar => parseFloat(bar.style.width)))"
        )
        texts = [text.endswith("≠") for text in rows.all_inner_texts()]
        return texts == [abs(first - other) >= 10 for first, other in widths]

    assert marked()
    draw(page, [[(70 + 20 * i, 60), (70 + 20 * i, 220)] for i in range(4)])
    wait_until(marked, "what differs is marked")
    expect(page).to_have_url(re.compile("second=shipped"))
    tab = open_tab(browser)
    errors = watch(tab)
    tab.goto(page.url)
    expect(tab.get_by_role("combobox", name="Second model", exact=True)).to_have_value(
        re.compile("^Handwriting")
    )
    expect(tab.locator(".both > p")).to_be_visible()
    tab.context.close()
    assert errors == []


def test_with_a_finger_on_a_phone(phone: Page) -> None:
    train_here(phone)
    expect(said(phone)).to_contain_text("After epoch 5 of 5")
    expect(phone.locator(".lab-now")).to_have_text("Nothing is training")
    settle(phone)
    box = pad_box(phone)
    session, unit = phone.context.new_cdp_session(phone), box["width"] / 280

    def touch(kind: str, *at: tuple[float, float]) -> None:
        points = [{"x": box["x"] + unit * x, "y": box["y"] + unit * y} for x, y in at]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", SEVEN[0][0])
    for corner in SEVEN[0][1:]:
        touch("touchMove", corner)
    expect(said(phone)).to_contain_text("it reads")
    touch("touchEnd")
    expect(phone.locator(".answer[data-drawn^='1 ']")).to_be_visible()
    slider = phone.get_by_role("slider", name="Epoch", exact=True)
    slider.scroll_into_view_if_needed()
    place = slider.bounding_box()
    assert place is not None
    phone.touchscreen.tap(place["x"] + 4, place["y"] + place["height"] / 2)
    expect(said(phone)).to_contain_text("Untrained it reads")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
