"""What a person does in a browser: follow links, draw, look at charts."""

from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, FloatRect, Locator, Page, expect

from tests.helpers.waiting import PATIENCE, wait_until

PAGES = ("Train", "Data", "Sweep", "Draw", "Inside", "Runs", "Devices", "Learn", "Teach")
PAD = 280  # the pad's own units, however large it is on the screen
# Digits as strokes on the pad.
SEVEN = [[(75, 65), (200, 65), (125, 225)]]
ONE = [[(140, 50), (140, 230)]]


def watch(page: Page) -> list[str]:
    """Collect what goes wrong in a page: exceptions, and errors in its console."""
    errors: list[str] = []

    def note(message: ConsoleMessage) -> None:
        # Opened at the address of a page, Streamlit's client looks for its server below that
        # address first, where there is none.
        looking = "404" in message.text and "/_stcore/" in message.location["url"]
        if message.type == "error" and not looking:
            errors.append(f"console: {message.text} {message.location['url']}")

    page.on("pageerror", lambda error: errors.append(f"page: {error}"))
    page.on("console", note)
    return errors


def go_to(page: Page, name: str) -> None:
    """Follow the link to a page, as a person does."""
    page.get_by_test_id("stTopNavLink").filter(has_text=name).click()


def arrive(page: Page, name: str) -> None:
    """Follow the link to a page, and wait until it is there and the trainer has started."""
    go_to(page, name)
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.locator(".lab-now")).to_have_text("Nothing is training")


def fill(page: Page, label: str, value: str) -> None:
    """Type into a field, and let the page hear it."""
    page.get_by_label(label, exact=True).fill(value)
    page.get_by_label(label, exact=True).press("Enter")


def busy(page: Page) -> bool:
    """Whether something on the page is still to come, or about to go."""
    return bool(
        page.evaluate(
            "document.fonts.status !== 'loaded' || document.querySelector("
            "'[data-testid=stSkeleton], [data-stale=true], [data-test-script-state=running]')"
            " !== null"
        )
    )


def open_tab(browser: Browser, **options: Any) -> Page:
    """A page in a context of its own, which waits for as long as a slow machine needs."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE * 1000)
    return context.new_page()


def settle(page: Page) -> None:
    """Wait until the page is drawn, as somebody does who is about to type."""
    wait_until(lambda: not busy(page), "the page is drawn")


def pad_box(page: Page, pad: str = "canvas") -> FloatRect:
    """Where the pad is, once it has its size: it is drawn small, and then fills its column."""
    canvas, column = page.locator("canvas.upper-canvas"), page.locator(f".st-key-{pad}")
    canvas.scroll_into_view_if_needed()

    def fills() -> bool:
        inner, outer = canvas.bounding_box(), column.bounding_box()
        return inner is not None and outer is not None and inner["width"] > 0.98 * outer["width"]

    wait_until(fills, "the pad fills its column")
    box = canvas.bounding_box()
    assert box is not None
    return box


def answer(page: Page) -> Locator:
    """What the network read on Draw."""
    return page.locator(".st-key-answer").get_by_role("status")


def press(page: Page, key: str, times: int) -> None:
    """Press a key again and again, as one does who holds it."""
    for _ in range(times):
        page.keyboard.press(key)


def draw(page: Page, strokes: list[list[tuple[int, int]]], pad: str = "canvas") -> None:
    """Draw with the mouse on a pad; each stroke is a list of corners in its own units."""
    box = pad_box(page, pad)
    unit = box["height"] / PAD
    for first, *others in strokes:
        page.mouse.move(box["x"] + unit * first[0], box["y"] + unit * first[1])
        page.mouse.down()
        for x, y in others:
            page.mouse.move(box["x"] + unit * x, box["y"] + unit * y, steps=8)
        page.mouse.up()
