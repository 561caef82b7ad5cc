"""The canvas: the only place that touches streamlit-drawable-canvas."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from pages.ui.state import DRAWING

SIDE = 280  # pixels: ten for each of the image's
Drawing = list[dict[str, Any]]  # strokes, as Fabric.js paths in the canvas's pixels

KEY = "canvas"
# Session key: the drawing as it was when the page was opened. A change of it clears the canvas, so
# it stays while the page is open.
OPENED_WITH = "canvas.opened"

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


def draw_canvas(pen_width: int, kept: int = 0) -> Drawing:
    """A black square to draw on in white, with Undo and Clear; the strokes so far.

    When ``kept`` has changed, the next stroke starts a new drawing.
    """
    # Importing this outside a running app raises, so it is done where it is drawn.
    from streamlit_drawable_canvas import st_canvas

    if KEY not in st.session_state:  # the page was opened; what was drawn before is drawn again
        st.session_state[OPENED_WITH] = st.session_state.get(DRAWING)
    result = st_canvas(
        stroke_width=pen_width,
        stroke_color="#ffffff",
        background_color="#000000",
        width=SIDE,
        height=SIDE,
        drawing_mode="freedraw",
        initial_drawing=st.session_state[OPENED_WITH],
        key=KEY,
    )
    st.session_state[DRAWING] = result.json_data
    _tools()(
        data={"kept": kept, "opened": bool(st.session_state[OPENED_WITH])},
        key="canvas_tools",
        height="content",
        on_cleared_change=open_empty,
    )
    strokes: Drawing = (result.json_data or {}).get("objects", [])
    return strokes


def open_empty() -> None:
    """Take the drawing that the page was opened with from the canvas, if it was."""
    st.session_state[OPENED_WITH] = None


def drawn() -> Drawing:
    """The strokes on the canvas, for a callback: with those that arrived together with it."""
    reported = (st.session_state.get(KEY) or {}).get("drawing")
    strokes: Drawing = (reported or {}).get("raw", {}).get("objects", [])
    return strokes
