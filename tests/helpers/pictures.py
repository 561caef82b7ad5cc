"""Pictures of pages, compared with the last accepted ones.

A picture that differs lies beside the accepted one after the test, with what differs in red.
``python -m tests.helpers.pictures`` accepts all that lie there.
"""

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page

from tests.helpers.browser import busy
from tests.helpers.waiting import wait_until

ACCEPTED = Path(__file__).parents[1] / "fixtures" / "pictures"
NEW, DIFFERENCE = ".new.png", ".difference.png"

SMALLER = 2  # pictures are kept at half the size, in so many colours
COLOURS = 64
# Squares of 8 x 8 pixels of the screen are compared by their mean. Measured over all pages: the
# same page twice differs by 0, and by at most 11 in any square without subpixel colours; with
# letters fitted to whole pixels, which Playwright never asks for, up to 4 squares of a page differ
# by more than 24. On the page of test_pictures.py a filled button moved by 3 pixels changes 128
# squares, its colour in the other theme 150, a button with a frame alone, moved by 4 pixels, 5.
CELL = 8 // SMALLER  # pixels of a kept picture
DIFFERENT = 24  # of 255, in any of the three colours: a square counts as changed
MOST = 4  # squares that may change

THEMES = {"light": "rgb(251, 251, 249)", "dark": "rgb(17, 21, 25)"}  # the page's colour in each
LAPTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 1600}
VIEWS = {"light": ("light", LAPTOP), "dark": ("dark", LAPTOP), "phone": ("light", PHONE)}

# What draws the words and the icons of the pages. They come with the app, so a machine that needs
# others has not got them to the browser.
FONTS = {"SourceSans3VF", "Material Symbols Rounded"}

# Charts, tables and figures change by themselves: their place is compared, and not what they say.
# What may take one line or two is left out altogether.
STILL = """
*, *::before, *::after { transition: none !important; animation: none !important; }
.stPlotlyChart, .stDataFrame, .answer, .st-key-canvas { background: #808080 !important; }
:is(.stPlotlyChart, .stDataFrame, .answer, .st-key-canvas) *,
[data-testid="stMetricValue"] * { visibility: hidden !important; }
.st-key-foot [data-testid="stCaptionContainer"] { display: none !important; }
"""


def take(page: Page, style: str = "") -> Image.Image:
    """What the page shows once nothing in it moves any more, at half the size; ``style`` hides."""
    shots = [b""]

    def stands() -> bool:
        shots.append(page.screenshot(style=STILL + style, animations="disabled"))
        return shots[-1] == shots[-2] and not busy(page)

    wait_until(stands, "nothing on the page moves")
    return kept(Image.open(io.BytesIO(shots[-1])))


def kept(image: Image.Image) -> Image.Image:
    """A picture as it is kept."""
    return image.convert("RGB").reduce(SMALLER).quantize(COLOURS, dither=Image.Dither.NONE)


def changed(accepted: Image.Image, new: Image.Image) -> NDArray[np.bool_]:
    """Which squares differ, of two kept pictures: (rows, columns); all where the sizes do."""
    if accepted.size != new.size:
        return np.ones((new.height // CELL, new.width // CELL), bool)
    old, now = (np.asarray(image.convert("RGB").reduce(CELL), int) for image in (accepted, new))
    return (abs(old - now) > DIFFERENT).any(axis=2)


def differs(accepted: Image.Image, new: Image.Image) -> bool:
    """Whether two kept pictures differ by more than another rendering of the same page."""
    return int(changed(accepted, new).sum()) > MOST


def compare(new: Image.Image, name: str, folder: Path = ACCEPTED) -> str:
    """What is to be said of a kept picture; nothing if it is as the accepted one.

    Else it is written beside that, and what differs in red.
    """
    path = folder / f"{name}.png"
    for end in (NEW, DIFFERENCE):
        path.with_suffix(end).unlink(missing_ok=True)
    if path.is_file():
        with Image.open(path) as accepted:
            accepted.load()
        if not differs(accepted, new):
            return ""
        squares = changed(accepted, new)
        mark = Image.fromarray(squares).resize(new.size, Image.Resampling.NEAREST)
        shown = new.convert("RGB")
        red = Image.blend(shown, Image.new("RGB", new.size, "red"), 0.5)
        Image.composite(red, shown, mark).save(path.with_suffix(DIFFERENCE))
        (left, top, right, bottom), side = mark.getbbox() or (0, 0, 0, 0), SMALLER
        said = (
            f"{squares.sum()} squares differ, from ({left * side}, {top * side}) to "
            f"({right * side}, {bottom * side}) of the screen, see {path.with_suffix(DIFFERENCE)}"
        )
    else:
        said = "no picture is accepted yet"
    folder.mkdir(exist_ok=True)
    new.save(path.with_suffix(NEW), optimize=True)
    return f"{name}: {said}; the new one is {path.with_suffix(NEW)}"


def look(page: Page, name: str, style: str) -> str:
    """Take and compare a page as it is; what stays different is looked at three times."""
    said = ""
    for _ in range(3):  # what stands still on a busy machine may be about to change
        if not (said := compare(take(page, style), name)):
            break
    return said


def views(page: Page, name: str, style: str = "") -> list[str]:
    """Take and compare a page in light, in dark and on a phone; what is to be said of them."""
    said = []
    for view, (theme, size) in VIEWS.items():
        show(page, theme, size)
        said.append(look(page, f"{name}-{view}", style))
    show(page, "light", LAPTOP)
    return [text for text in said if text]


def show(page: Page, theme: str, size: dict[str, int]) -> None:
    """Look at the page in a theme and a size, from its top, with nothing under the mouse."""
    page.set_viewport_size({"width": size["width"], "height": size["height"]})
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    page.mouse.move(0, 0)
    page.wait_for_function(
        "colour => getComputedStyle(document.querySelector('.stApp')).backgroundColor === colour",
        arg=THEMES[theme],
    )
    page.get_by_test_id("stMain").evaluate("main => main.scrollTo(0, 0)")


def other_fonts(page: Page) -> set[str]:
    """What the page's letters are drawn with, other than when the pictures were accepted."""
    tools = page.context.new_cdp_session(page)
    for part in ("DOM", "CSS"):
        tools.send(f"{part}.enable")
    root = tools.send("DOM.getDocument")["root"]["nodeId"]
    found = tools.send(
        "DOM.querySelectorAll", {"nodeId": root, "selector": "h1, p, label, .lab-now, .answer *"}
    )
    fonts: set[str] = set()
    for node in found["nodeIds"]:
        drawn = tools.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
        fonts |= {font["familyName"] for font in drawn}
    tools.detach()
    return fonts - FONTS


def main() -> None:
    """Accept the pictures that the last test has written."""
    for path in sorted(ACCEPTED.glob(f"*{NEW}")):
        name = path.name.removesuffix(NEW)
        path.replace(ACCEPTED / f"{name}.png")
        (ACCEPTED / f"{name}{DIFFERENCE}").unlink(missing_ok=True)
        print(f"accepted: {name}")


if __name__ == "__main__":
    main()
