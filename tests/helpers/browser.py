"""What a person does in a browser: follow links, draw, look at charts."""

from playwright.sync_api import ConsoleMessage, FloatRect, Page

from tests.helpers.waiting import wait_until

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


def pad_box(page: Page) -> FloatRect:
    """Where the pad is, once it has its size: it is drawn small, and then fills its column."""
    canvas, column = page.locator("canvas.upper-canvas"), page.locator(".st-key-canvas")
    canvas.scroll_into_view_if_needed()

    def fills() -> bool:
        inner, outer = canvas.bounding_box(), column.bounding_box()
        return inner is not None and outer is not None and inner["width"] > 0.98 * outer["width"]

    wait_until(fills, "the pad fills its column")
    box = canvas.bounding_box()
    assert box is not None
    return box


def draw(page: Page, strokes: list[list[tuple[int, int]]]) -> None:
    """Draw with the mouse on the pad; each stroke is a list of corners in its own units."""
    box = pad_box(page)
    unit = box["width"] / PAD
    for first, *others in strokes:
        page.mouse.move(box["x"] + unit * first[0], box["y"] + unit * first[1])
        page.mouse.down()
        for x, y in others:
            page.mouse.move(box["x"] + unit * x, box["y"] + unit * y, steps=8)
        page.mouse.up()
