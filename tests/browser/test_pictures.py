"""The comparison of pictures: the same page stays below its threshold, what moved is above it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.helpers import pictures

# A card, a field, two buttons and a sentence, as large and as coloured as the pages'.
MADE = """
<div class="stApp"><style>
  body { margin: 0; font: 15px sans-serif; background: #fbfbf9; color: #1a2230; }
  .card { margin: 60px 26px; width: 300px; padding: 15px; border: 1px solid #e3e6ea; }
  .start, .second { position: relative; margin-top: 15px; padding: 9px; border-radius: 9px; }
  .start { background: #0072b2; color: white; text-align: center; }
  .second { border: 1px solid #e3e6ea; width: 90px; }
</style><div class="card">Hidden layer sizes
<div class="start">Start training</div> <div class="second">Restart</div>
<p class="about">The address carries these settings.</p>
</div></div>
"""


@pytest.fixture
def made(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 640, "height": 400})
    page.set_content(MADE)
    yield page
    page.close()


@pytest.mark.parametrize(
    "style",
    [
        "",
        "body { text-rendering: geometricPrecision; }",  # letters at fractions of a pixel
        ".about { transform: translateX(0.4px); }",
        ".card { border-color: #e5e8ec; }",
    ],
)
def test_another_rendering_of_the_same_page_is_the_same(made: Page, style: str) -> None:
    assert not pictures.differs(pictures.take(made), pictures.take(made, style))


@pytest.mark.parametrize(
    "style",
    [
        ".start { top: 3px; }",
        ".second { top: 4px; }",
        ".second { left: 24px; }",
        ".start { background: #0a5a8a; }",
        ".start { background: #2a78b5; }",  # that of the dark theme
        ".about { visibility: hidden; }",
        ".card { padding-left: 20px; }",
        "body { font-size: 16px; }",
    ],
)
def test_what_moved_or_has_another_colour_differs(made: Page, style: str) -> None:
    assert pictures.differs(pictures.take(made), pictures.take(made, style))


def test_what_differs_is_written_beside_the_accepted_picture(made: Page, tmp_path: Path) -> None:
    accepted, new = pictures.take(made), pictures.take(made, ".start { top: 30px; }")
    assert "no picture is accepted yet" in pictures.compare(accepted, "made", tmp_path)
    (tmp_path / "made.new.png").replace(tmp_path / "made.png")
    assert pictures.compare(accepted, "made", tmp_path) == ""
    said = pictures.compare(new, "made", tmp_path)
    for end in ("new", "difference"):
        path = tmp_path / f"made.{end}.png"
        assert str(path) in said
        with Image.open(path) as written:
            assert written.size == accepted.size
    assert pictures.compare(accepted, "made", tmp_path) == ""
    assert [path.name for path in tmp_path.iterdir()] == ["made.png"]


def test_a_font_that_others_do_not_have_is_named(made: Page) -> None:
    made.set_content("<p style='font-family: monospace'>0</p>")
    assert pictures.other_fonts(made)
