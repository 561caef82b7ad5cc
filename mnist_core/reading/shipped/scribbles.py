"""Drawings that are no digit: what a person draws when trying the pad out.

Learnt from, with the answer "could be anything", they keep a network from being sure of nonsense;
kinds that it never learnt from measure whether that carries over.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from mnist_core.drawing.strokes import FloatArray, Stroke

Scribble = list[FloatArray]  # strokes of (n, 2) points, roughly within 0 to 1


def _smooth(rng: Generator, knots: int) -> FloatArray:
    """A curve through the neighbourhood of random knots (three rounds of corner cutting)."""
    points = rng.uniform(0, 1, (knots, 2))
    for _ in range(3):  # Chaikin, 1974
        a, b = points[:-1], points[1:]
        points = np.stack([0.75 * a + 0.25 * b, 0.25 * a + 0.75 * b], 1).reshape(-1, 2)
    return points.astype(np.float32)


def _wander(rng: Generator) -> Scribble:
    return [_smooth(rng, int(rng.integers(7, 16)))]


def _tangle(rng: Generator) -> Scribble:
    return [_smooth(rng, int(rng.integers(3, 7))) for _ in range(rng.integers(3, 7))]


def _zigzag(rng: Generator) -> Scribble:
    count = int(rng.integers(5, 14))
    along, across = np.linspace(0, 1, count), np.arange(count) % 2 * rng.uniform(0.3, 1)
    points = np.stack([along, across + rng.normal(0, 0.05, count)], 1)
    return [_turned(points, rng)]


def _lines(rng: Generator) -> Scribble:
    return [rng.uniform(0, 1, (2, 2)).astype(np.float32) for _ in range(rng.integers(3, 8))]


def _hatching(rng: Generator) -> Scribble:
    count = int(rng.integers(3, 7))
    places = (np.arange(count) + rng.normal(0, 0.1, count)) / count
    up = [_turned(np.array([[p, 0], [p, 1]]), None) for p in places]
    return up if rng.random() < 0.5 else up + [stroke[:, ::-1].copy() for stroke in up]


def _dots(rng: Generator) -> Scribble:
    return [rng.uniform(0, 1, (1, 2)).astype(np.float32) for _ in range(rng.integers(1, 9))]


def _spiral(rng: Generator) -> Scribble:
    t = np.linspace(0, 2 * np.pi * rng.uniform(2.5, 5), 120)
    points = np.stack([t * np.cos(t), t * np.sin(t)], 1) / t.max() / 2
    return [_turned(points, rng)]


def _star(rng: Generator) -> Scribble:
    corners = int(rng.choice([5, 7]))
    t = np.arange(corners + 1) * 2 * np.pi * 2 / corners + rng.uniform(0, 6)
    return [(np.stack([np.cos(t), np.sin(t)], 1) / 2).astype(np.float32)]


def _house(rng: Generator) -> Scribble:
    x, y = rng.uniform(0.6, 1, 2)
    walls = np.array([[0, 0], [x, 0], [x, y], [0, y], [0, 0]], np.float32)
    roof = np.array([[0, 0], [x / 2, -rng.uniform(0.3, 0.7)], [x, 0]], np.float32)
    cross = np.array([[0, 0], [x, y]], np.float32)
    return [walls, roof, cross]


def _face(rng: Generator) -> Scribble:
    t = np.linspace(0, 2 * np.pi, 40)
    ring = np.stack([np.cos(t), np.sin(t)], 1).astype(np.float32)
    mouth = ring[4:17] * np.float32(rng.uniform(0.4, 0.6))
    return [ring, *(np.array([[x, -0.35]], np.float32) for x in (-0.35, 0.35)), mouth]


def _turned(points: NDArray[np.floating[Any]], rng: Generator | None) -> FloatArray:
    angle = 0.0 if rng is None else rng.uniform(0, 2 * np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned: FloatArray = (points @ turn).astype(np.float32)
    return turned


KINDS: dict[str, Callable[[Generator], Scribble]] = {
    "wander": _wander,
    "tangle": _tangle,
    "zigzag": _zigzag,
    "lines": _lines,
    "hatching": _hatching,
    "dots": _dots,
    "spiral": _spiral,
    "star": _star,
    "house": _house,
    "face": _face,
}
# The rest is only measured on.
LEARNT = ("wander", "tangle", "zigzag", "lines", "hatching", "dots")


def scribble(kind: str, rng: Generator) -> list[Stroke]:
    """One drawing of a kind in `KINDS`, 60 to 240 px large, with a pen of 6 to 30 px."""
    size, pen = rng.uniform(60, 240), rng.uniform(6, 30)
    return [Stroke(points * np.float32(size) + np.float32(140), pen) for points in KINDS[kind](rng)]
