"""The pen on the pad of Draw: strokes that are not yet done, and what is shown meanwhile."""

import base64
import io

import numpy as np
from PIL import Image
from playwright.sync_api import Page, expect

from tests.helpers.browser import ONE, PAD, pad_box


def pen_down(page: Page, corners: list[tuple[int, int]], steps: int = 8) -> None:
    """Draw a stroke, so many moves from corner to corner, and leave the pen on the pad."""
    box = pad_box(page)
    unit = box["width"] / PAD
    (x, y), *others = corners
    page.mouse.move(box["x"] + unit * x, box["y"] + unit * y)
    page.mouse.down()
    for x, y in others:
        page.mouse.move(box["x"] + unit * x, box["y"] + unit * y, steps=steps)


def shown(page: Page) -> tuple[np.ndarray, np.ndarray]:
    """What the network sees (28, 28), 0 to 255, and the ten probabilities, as they are shown."""
    address = page.locator(".st-key-answer img").get_attribute("src") or ""
    image = Image.open(io.BytesIO(base64.b64decode(address.split(",")[1]))).convert("L")
    bars = page.locator(".st-key-answer [role=img] span > span").evaluate_all(
        "bars => bars.map(bar => parseFloat(bar.style.width))"
    )
    return np.asarray(image, int), np.array(bars) / 100


def ready(page: Page) -> None:
    """Until the network reads along; the pad is empty again then."""
    pen_down(page, ONE[0])
    expect(page.locator(".answer[data-drawn='0'] img")).to_be_visible()  # the app knows of nothing
    page.mouse.up()
    clear(page)


def clear(page: Page) -> None:
    """Clear the pad, and wait until the app has heard of it."""
    expect(page.locator(".answer[data-drawn='0']")).to_have_count(0)
    page.keyboard.press("x")
    expect(page.locator(".answer[data-drawn='0'] h2")).to_be_visible()
