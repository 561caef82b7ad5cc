"""The canvas (the only place that touches streamlit-drawable-canvas), and small grey pictures."""

import base64
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 280  # pixels: ten for each of the image's


def draw_canvas(key: str, pen_width: int) -> list[dict[str, Any]]:
    """A black square to draw on in white; the strokes so far, as Fabric.js paths in its pixels.

    Undo, redo and clear are in the canvas's own toolbar. Another key is another, empty canvas.
    """
    # Importing this outside a running app raises, so it is done where it is drawn.
    from streamlit_drawable_canvas import st_canvas

    result = st_canvas(
        stroke_width=pen_width,
        stroke_color="#ffffff",
        background_color="#000000",
        width=SIDE,
        height=SIDE,
        drawing_mode="freedraw",
        key=key,
    )
    drawing = result.json_data or {}
    strokes: list[dict[str, Any]] = drawing.get("objects", [])
    return strokes


def picture(image: NDArray[np.float32], caption: str, side: int = 168) -> str:
    """HTML of a (h, w) picture in [0, 1], each pixel a crisp square.

    It travels inside the page: st.image would ask the server for a file, which by the time it is
    asked for may be gone, when strokes follow each other.
    """
    buffer = io.BytesIO()
    Image.fromarray((image * 255).round().astype(np.uint8)).save(buffer, "PNG")
    data = base64.b64encode(buffer.getvalue()).decode()
    return (
        f"<figure style='margin:0'><img alt='{caption}' src='data:image/png;base64,{data}' "
        f"style='width:{side}px;height:{side}px;image-rendering:pixelated'>"
        f"<figcaption style='font-size:0.8rem;opacity:0.7'>{caption}</figcaption></figure>"
    )
