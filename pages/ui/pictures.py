"""Small pictures and bars as HTML that travels inside the page.

``st.image`` would ask the server for a file, which by the time it is asked for may be gone when
strokes follow each other; a Plotly chart takes the browser longer than all the rest of an answer.
"""

import base64
import html
import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mnist_core.charts.base import ACCENT, MUTED, PALETTE
from pages.ui.words import percent

DIGITS = tuple("0123456789")
# On black: the palette's light blue speaks for, its orange against.
FOR, AGAINST = (
    np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)], np.float32)
    for colour in (PALETTE[5], PALETTE[1])
)


def picture(image: NDArray[np.float32], caption: str, side: int = 140, label: str = "") -> str:
    """A (h, w) or (h, w, 3) picture in [0, 1], each pixel a crisp square, above its caption.

    ``label`` is said instead of the caption to who cannot see it.
    """
    buffer = io.BytesIO()
    Image.fromarray((image * 255).round().astype(np.uint8)).save(buffer, "PNG")
    data = base64.b64encode(buffer.getvalue()).decode()
    height, width = image.shape[:2]
    scale = side / max(height, width)
    return (
        f"<figure style='margin:0;width:{side}px'>"
        f"<div style='height:{side}px;display:flex;align-items:center;justify-content:center;"
        f"background:#000'><img alt='{html.escape(label or caption)}' "
        f"src='data:image/png;base64,{data}' style='width:{width * scale:.0f}px;"
        f"height:{height * scale:.0f}px;max-width:none;image-rendering:pixelated'></div>"
        f"<figcaption style='font-size:0.8rem;opacity:0.75'>{html.escape(caption)}</figcaption>"
        "</figure>"
    )


def signed(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """(h, w, 3): values above 0 in light blue, below in orange, the largest brightest.

    Brightness grows with the root, so that small values are seen too.
    """
    share = (values / max(float(np.abs(values).max()), 1e-9))[..., None]
    share = np.sign(share) * np.sqrt(np.abs(share))
    colours: NDArray[np.float32] = np.clip(share, 0, 1) * FOR + np.clip(-share, 0, 1) * AGAINST
    return colours


def row(figures: Sequence[str]) -> str:
    """Pictures side by side, as many as fit."""
    return f"<div style='display:flex;flex-wrap:wrap;gap:0.9rem'>{''.join(figures)}</div>"


def bars(shares: Sequence[float], names: Sequence[str], winner: int | None) -> str:
    """One bar a class with its share in %; the winner in the accent colour."""
    lines = []
    for index, (share, name) in enumerate(zip(shares, names, strict=True)):
        colour = ACCENT if index == winner else MUTED
        shown = percent(share, 0) if share >= 0.005 else ""
        lines.append(
            f"<span style='text-align:right'>{html.escape(name)}</span>"
            f"<span style='display:flex;align-items:center;gap:0.4rem'>"
            f"<span style='width:{share * 80:.1f}%;min-width:2px;height:1rem;background:{colour}'>"
            f"</span><span style='font-size:0.8rem;white-space:nowrap'>{shown}</span></span>"
        )
    return (
        "<div role='img' aria-label='How likely each digit is' style='display:grid;"
        "grid-template-columns:1rem 1fr;gap:0.25rem 0.6rem;align-items:center;line-height:1.2'>"
        f"{''.join(lines)}</div>"
    )
