"""What happened to a run, marked at its epoch in the run's curves."""

from collections.abc import Sequence
from typing import Any

from mnist_core.charts.base import MUTED, Mark, vertical


def segment_marks(segments: Sequence[tuple[int, float]]) -> list[Mark]:
    """A line where a run was continued, with the learning rate it went on with."""
    return [
        vertical(start, f"learning rate {rate:g}", "dot", "right", "bottom")
        for start, rate in segments[1:]
    ]


def restart_marks(restarts: Sequence[int]) -> list[Mark]:
    """A line at each epoch from which training went on after it was broken off."""
    return [
        vertical(epoch, "restart", "dash", "left" if epoch else "right", "top")
        for epoch in restarts
    ]


def change_lines(changes: Sequence[tuple[int, str]]) -> list[dict[str, Any]]:
    """A line after each epoch (the first of each pair) at which a running run was changed.

    They are below the curves: there may be hundreds.
    """
    return [
        {**vertical(epoch, "", "longdashdot", "right", "bottom")[0], "layer": "below"}
        for epoch, _ in changes
    ]


def change_words(changes: Sequence[tuple[int, str]], axis: dict[str, Any]) -> list[dict[str, Any]]:
    """A point at the foot of each of these lines, which says in words what was changed.

    The words are shown when the epoch is pointed at: there may be hundreds of them. ``axis`` is
    the one of the heights.
    """
    if not changes:
        return []
    foot = axis.get("range", [0.0])[0]
    return [
        {
            "type": "scatter",
            "x": [epoch for epoch, _ in changes],
            "y": [10**foot if axis.get("type") == "log" else foot] * len(changes),
            "mode": "markers",
            "name": "change",
            "marker": {"color": MUTED, "size": 11, "symbol": "triangle-up"},
            "cliponaxis": False,
            "text": [words for _, words in changes],
            "hovertemplate": "%{text}<extra></extra>",
        }
    ]
