"""Two networks on one pad: what a second one makes of the same strokes, and where they differ."""

import html
from collections.abc import Sequence

import streamlit as st

from mnist_core.charts.base import ACCENT, MUTED
from mnist_core.reading.predict import Prediction
from pages.ui.address import SECOND, in_address, write_address
from pages.ui.draw import models
from pages.ui.pictures import DIGITS
from pages.ui.state import backend
from pages.ui.words import percent

CHOICE = "second.choice"  # key of the field; what is wanted is kept while it cannot be offered
DIFFER = 0.1  # of probability: a digit for which it differs by as much is marked
MARK = "≠"
# What is said, filled in here by the server and, while somebody draws, by live/view.js.
NOTHING = "Draw a digit, and both networks read it."
SAME = "Both read {first}."
OTHER = f"{MARK} The first reads {{first}}, the second {{second}}."
WORDS = {"nothing": NOTHING, "same": SAME, "other": OTHER, "differ": DIFFER, "mark": MARK}

ROW = (
    "display:grid;grid-template-columns:1rem minmax(0,1fr) 2.6rem minmax(0,1fr) 2.6rem 1rem;"
    "gap:0 0.5rem;align-items:center;line-height:1.45"
)


def choose_second(model: str, runs: models.Readers) -> str | None:
    """Which network reads next to ``model``, if one does; the page's address carries it."""
    said = in_address(SECOND)
    if said is not None:
        st.session_state[SECOND] = said
    ids = [who for who in (models.SHIPPED, *runs) if who != model]
    wanted = st.session_state.get(SECOND)
    st.session_state[CHOICE] = wanted if wanted in ids else None
    chosen: str | None = st.selectbox(
        "Second model",
        ids,
        index=None,
        format_func=models.names(runs).__getitem__,
        key=CHOICE,
        on_change=_chosen,
        placeholder="None",
        help="Reads the same strokes; digits for which the two differ are marked.",
    )
    if backend().ready:  # before, the runs that a link names are not known
        write_address(SECOND, chosen or "")
    return chosen


def _chosen() -> None:
    st.session_state[SECOND] = st.session_state[CHOICE] or ""


def both(names: tuple[str, str], first: Prediction | None, second: Prediction | None) -> str:
    """What two networks read, side by side, as HTML; None where nothing is drawn."""
    heads = "".join(
        f"<span style='grid-column:span 2;overflow-wrap:anywhere'><b>{place}</b> "
        f"{html.escape(name)}</span>"
        for place, name in zip(("First:", "Second:"), names, strict=True)
    )
    shares = [
        [0.0] * len(DIGITS) if p is None else p.probabilities.tolist() for p in (first, second)
    ]
    best = [None if p is None else p.digit for p in (first, second)]
    rows = [_row(digit, (a, b), best) for digit, (a, b) in enumerate(zip(*shares, strict=True))]
    return (
        f"<div class='both'><p style='margin:0.8rem 0 0.3rem;font-weight:600'>{in_words(*best)}</p>"
        f"<div style='{ROW};font-size:0.8rem;line-height:1.3;align-items:end'>"
        f"<span></span>{heads}</div>{''.join(rows)}</div>"
    )


def in_words(first: int | None, second: int | None) -> str:
    """Whether two networks read the same digit."""
    if first is None or second is None:
        return NOTHING
    return (SAME if first == second else OTHER).format(first=first, second=second)


def _row(digit: int, shares: tuple[float, float], best: Sequence[int | None]) -> str:
    cells = "".join(
        "<span style='background:#8a8f9826;border-radius:3px'>"
        f"<i style='display:block;height:0.8rem;border-radius:3px;width:{share:.3%};"
        f"background:{ACCENT if digit == winner else MUTED}'></i></span>"
        f"<span style='font-size:0.8rem;text-align:right'>"
        f"{percent(share, 0) if share >= 0.005 else ''}</span>"
        for share, winner in zip(shares, best, strict=True)
    )
    mark = MARK if abs(shares[0] - shares[1]) >= DIFFER else ""
    return f"<div data-digit='{digit}' style='{ROW}'><b>{digit}</b>{cells}<b>{mark}</b></div>"
