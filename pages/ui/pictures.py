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


def as_address(image: NDArray[np.float32]) -> str:
    """A (h, w) or (h, w, 3) picture in [0, 1] as an address that holds all of it."""
    buffer = io.BytesIO()
    Image.fromarray((image * 255).round().astype(np.uint8)).save(buffer, "PNG")
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def picture(image: NDArray[np.float32], caption: str, side: int = 140, label: str = "") -> str:
    """A (h, w) or (h, w, 3) picture in [0, 1], each pixel a crisp square, above its caption.

    ``label`` is said instead of the caption to who cannot see it.
    """
    return figure(as_address(image), *image.shape[:2], caption, side, label)


def figure(
    address: str, height: int, width: int, caption: str, side: int = 140, label: str = ""
) -> str:
    """As ``picture``, of a picture that is at an address."""
    scale = side / max(height, width)
    return (
        f"<figure style='margin:0;width:{side}px'>"
        f"<div style='height:{side}px;display:flex;align-items:center;justify-content:center;"
        f"background:#000'><img alt='{html.escape(label or caption)}' "
        f"src='{address}' style='width:{width * scale:.0f}px;"
        f"height:{height * scale:.0f}px;max-width:none;image-rendering:pixelated'></div>"
        f"<figcaption style='font-size:0.8rem;opacity:0.75;overflow-wrap:anywhere'>"
        f"{html.escape(caption)}</figcaption></figure>"
    )


def signed(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """(h, w, 3): values above 0 in light blue, below in orange, the largest brightest.

    Brightness grows with the root, so that small values are seen too.
    """
    share = (values / max(float(np.abs(values).max()), 1e-9))[..., None]
    share = np.sign(share) * np.sqrt(np.abs(share))
    colours: NDArray[np.float32] = np.clip(share, 0, 1) * FOR + np.clip(-share, 0, 1) * AGAINST
    return colours


def strip(values: NDArray[np.float32], caption: str, columns: int = 64) -> str:
    """Numbers (N,) as squares in rows of ``columns``: light blue above 0, orange below."""
    columns = min(len(values), columns)
    padded = np.zeros(-(-len(values) // columns) * columns, np.float32)
    padded[: len(values)] = values
    return (
        f"<figure style='margin:0 0 0.5rem'><img alt='{html.escape(caption)}' "
        f"src='{as_address(signed(padded.reshape(-1, columns)))}' style='display:block;width:"
        f"{14 * columns}px;max-width:100%;image-rendering:pixelated'>"
        f"<figcaption style='font-size:0.8rem;opacity:0.75'>{html.escape(caption)}</figcaption>"
        "</figure>"
    )


def row(figures: Sequence[str]) -> str:
    """Pictures side by side, as many as fit."""
    return f"<div style='display:flex;flex-wrap:wrap;gap:0.9rem'>{''.join(figures)}</div>"


def bars(shares: Sequence[float], names: Sequence[str], winner: int | None) -> str:
    """One bar a class with its share in %; the winner's in the accent colour and in bold."""
    lines, heard = [], []
    for index, (share, name) in enumerate(zip(shares, names, strict=True)):
        colour, weight = (ACCENT, 700) if index == winner else (MUTED, 400)
        shown = percent(share, 0) if share >= 0.005 else ""
        if shown:
            heard.append(f"{name} {shown}")
        lines.append(
            "<span style='min-width:1rem;text-align:right;overflow-wrap:anywhere;"
            f"font-weight:{weight}'>{html.escape(name)}</span>"
            "<span style='background:#8a8f9826;border-radius:3px'>"
            f"<span style='display:block;height:0.95rem;border-radius:3px;width:{share:.3%};"
            f"background:{colour}'></span></span>"
            f"<span style='font-size:0.85rem;text-align:right;font-weight:{weight}'>{shown}</span>"
        )
    what = "digit" if tuple(names) == DIGITS else "class"
    said = f"How likely each {what} is: " + (", ".join(heard) or "nothing is drawn")
    return (
        f"<div role='img' aria-label='{html.escape(said)}' style='display:grid;"
        "grid-template-columns:fit-content(40%) 1fr 3rem;gap:0.32rem 0.6rem;align-items:center;"
        f"line-height:1.2'>{''.join(lines)}</div>"
    )
