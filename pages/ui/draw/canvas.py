"""The canvas: the only place that touches streamlit-drawable-canvas."""

from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import streamlit as st

from pages.ui.state import DRAWING

SIDE = 280  # pixels: ten for each of the image's
Drawing = list[dict[str, Any]]  # strokes, as Fabric.js paths in the canvas's pixels


@dataclass(frozen=True)
class Pad:
    """A black pad, as high as ``SIDE``.

    key: of its canvas. left: session key of the drawing that was left on it.
    """

    key: str
    left: str
    width: int = SIDE

    @property
    def opened_with(self) -> str:
        """Session key: the drawing as it was when the page was opened.

        A change of it clears the canvas, so it stays while the page is open.
        """
        return f"{self.key}.opened"


ONE = Pad("canvas", DRAWING)  # for a digit
ROW = Pad("canvas-row", "canvas.row", 3 * SIDE)  # for several

BUTTONS = """
<div>
  <button type="button" data-key="z">Undo<kbd>Z</kbd></button>
  <button type="button" data-key="x">Clear<kbd>X</kbd></button>
  <small>Without a mouse: Tab to the pad, arrows move the pen, Space draws and stops.</small>
</div>
"""


@lru_cache(maxsize=1)
def _tools() -> Any:
    """Undo and Clear as a component, registered once a process."""
    here = Path(__file__)
    return st.components.v2.component(
        "mnist_lab.canvas_tools",
        html=BUTTONS,
        css=here.with_suffix(".css").read_text(encoding="utf-8"),
        js=here.with_suffix(".js").read_text(encoding="utf-8"),
    )


def draw_canvas(pen_width: int, kept: int = 0, pad: Pad = ONE) -> Drawing:
    """A black pad to draw on in white, with Undo and Clear; the strokes so far.

    When ``kept`` has changed, the next stroke starts a new drawing.
    """
    # Importing this outside a running app raises, so it is done where it is drawn.
    from streamlit_drawable_canvas import st_canvas

    if pad.key not in st.session_state:  # it was opened; what was drawn before is drawn again
        st.session_state[pad.opened_with] = st.session_state.get(pad.left)
    result = st_canvas(
        stroke_width=pen_width,
        stroke_color="#ffffff",
        background_color="#000000",
        width=pad.width,
        height=SIDE,
        drawing_mode="freedraw",
        initial_drawing=st.session_state[pad.opened_with],
        key=pad.key,
    )
    st.session_state[pad.left] = result.json_data
    _tools()(
        data={
            "kept": kept,
            "opened": bool(st.session_state[pad.opened_with]),
            "pad": pad.key,
            "aspect": pad.width / SIDE,
        },
        key="canvas_tools",
        height="content",
        on_cleared_change=partial(open_empty, pad),
    )
    strokes: Drawing = (result.json_data or {}).get("objects", [])
    return strokes


def open_empty(pad: Pad = ONE) -> None:
    """Take the drawing that the page was opened with from the canvas, if it was."""
    st.session_state[pad.opened_with] = None


def drawn() -> Drawing:
    """The strokes on a digit's pad, for a callback: with those that arrived together with it."""
    reported = (st.session_state.get(ONE.key) or {}).get("drawing")
    strokes: Drawing = (reported or {}).get("raw", {}).get("objects", [])
    return strokes
