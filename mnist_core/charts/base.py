"""Pure functions from rows to Plotly figures, and the one palette that all of them use."""

import colorsys
import math
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, Literal

# Plotly looks for pandas among the modules that are loaded, and fails on a half loaded one while
# another thread (MLflow's) is importing it. So it is imported to its end before any chart.
import pandas  # noqa: F401
import plotly.graph_objects as go

# Okabe and Ito's colour-blind-safe palette (https://jfly.uni-koeln.de/color/), without the
# yellow and the black, which vanish on a light and on a dark page.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9")
# The one accent: the palette's blue, at above 4 : 1 on the light page and on the dark one.
ACCENT, SECOND, MUTED = "#2380C4", PALETTE[1], "#8A8F98"

Rows = Sequence[dict[str, float]]
Mark = tuple[dict[str, Any], dict[str, Any]]  # a shape, and the annotation that says what it is


def run_colour(run_id: str) -> str:
    """A run's colour, on every page; ``run_id`` is hexadecimal, as MLflow's are."""
    return PALETTE[int(run_id, 16) % len(PALETTE)]


def run_colours(run_ids: Sequence[str]) -> list[str]:
    """A colour for each run of one chart, no two alike: its own, or one that is free.

    Beyond the palette they are shades of it, and then hues, which eyes may not tell apart any more.
    """
    own = {run_colour(run_id): run_id for run_id in reversed(run_ids)}
    free = (colour for colour in _colours() if colour not in own)
    return [
        run_colour(run_id) if own[run_colour(run_id)] == run_id else next(free)
        for run_id in run_ids
    ]


def _colours() -> Iterator[str]:
    yield from PALETTE
    for factor, light in ((0.6, 0), (0.5, 128)):  # darker, then lighter
        for colour in PALETTE:
            parts = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
            yield "#" + "".join(
                f"{round(factor * part) + light - (light > 0):02X}" for part in parts
            )
    for number in count():
        shade = colorsys.hls_to_rgb(number * 0.618034 % 1, 0.35 + 0.3 * (number % 7) / 7, 0.7)
        yield "#" + "".join(f"{round(255 * part):02X}" for part in shade)


# Drag to zoom and double-click to come back need no buttons; with all of Plotly's, which a phone
# always shows, they cover the title.
BUTTONS_LEFT_OUT = ["zoom", "pan", "select", "lasso", "zoomin", "zoomout", "autoscale"]


# Streamlit's theme takes the place of a figure's own template, which would be nine tenths of what
# each poll of each viewer sends. An empty one counts as none.
TEMPLATE = go.layout.Template(layout={"colorway": list(PALETTE)})


# At the figure's foot, below the axis and what is written there, however long that is. On a phone
# a legend above the chart would lie over the title.
BELOW = {"x": 0, "xanchor": "left", "yref": "container", "y": 0, "yanchor": "bottom"}


def layout(title: str, x: str, y: str, height: int, revision: str) -> dict[str, Any]:
    """What all charts share. A viewer's zoom is kept for as long as ``revision`` is the same."""
    return {
        "title": {"text": title, "font": {"size": 15}, "x": 0, "xref": "paper"},
        "height": height,
        "margin": {"l": 10, "r": 10, "t": 32, "b": 10},
        "xaxis": {"title": x, "zeroline": False},
        "yaxis": {"title": y, "zeroline": False},
        "legend": {"orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom"},
        "hovermode": "x unified",
        "paper_bgcolor": "rgba(0, 0, 0, 0)",
        "plot_bgcolor": "rgba(0, 0, 0, 0)",
        "modebar": {"remove": BUTTONS_LEFT_OUT},
        "uirevision": revision,
    }


def finite(values: Sequence[float]) -> list[float | None]:
    """Values as a chart takes them: what is no number is a gap, and not the end of the scale."""
    return [value if math.isfinite(value) else None for value in values]


def vertical(
    x: float,
    text: str,
    dash: str,
    side: Literal["left", "right"],
    end: Literal["top", "bottom"],
    colour: str = MUTED,
) -> Mark:
    """A vertical line through a chart, with words to one ``side`` of its upper or lower ``end``."""
    line = {"dash": dash, "width": 1, "color": colour}
    along = {"x0": x, "x1": x, "xref": "x", "y0": 0, "y1": 1, "yref": "y domain"}
    words = {
        "x": x,
        "xref": "x",
        "xanchor": "right" if side == "left" else "left",
        "y": 1 if end == "top" else 0,
        "yref": "y domain",
        "yanchor": end,
        "text": text,
        "font": {"size": 11},
        "showarrow": False,
    }
    return {"type": "line", "line": line, **along}, words


def divergence_marks(rows: Rows) -> list[Mark]:
    """A line at the first epoch with a loss that is no number, if there is one."""
    for row in rows:
        if not (math.isfinite(row["train_loss"]) and math.isfinite(row["val_loss"])):
            return [vertical(row["epoch"], "diverged", "dash", "left", "top", PALETTE[3])]
    return []


def epoch_axis(last_epoch: int, first_epoch: int = 0) -> dict[str, Any]:
    """An x axis that shows the epochs from ``first_epoch`` to ``last_epoch``."""
    margin = 0.02 * last_epoch
    shown = {"range": [first_epoch - margin, last_epoch + margin]}
    return shown | ({"dtick": 1} if last_epoch <= 10 else {})
