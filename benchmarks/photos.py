"""How well are photographs of digits read? Synthetic ones, of pen digits, by what is hard in them.

    python -m benchmarks.photos [--count 1000] [--json]

``MNIST_LAB_PENDIGITS`` names the pen strokes (UCI's original format). Every photograph has a pen,
a light that falls from somewhere, a small turn, grain, and comes as a JPEG file; each condition
adds what it is named after. The network that the library ships reads them. It has learnt from
these writers' strokes, so the figures say what the way from a photograph to 28 x 28 loses.
"""

import argparse
import io
import json
import os
from collections import Counter
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from mnist_core.drawing.scans import prepare_image
from mnist_core.drawing.strokes import Stroke, draw
from mnist_core.reading.pendigits import TABLET, PenDigit, load_pendigits
from mnist_core.reading.shipped import load_shipped

Array = NDArray[np.float32]
Random = np.random.Generator
WIDTH, HEIGHT = 800, 600  # of a photograph


def sheet(digit: PenDigit, random: Random, ink: tuple[float, float] = (0.1, 0.35)) -> Array:
    """Reflectance (HEIGHT, WIDTH) of paper with a digit; ``ink`` are the bounds of the pen's."""
    points = np.concatenate(digit.strokes)
    extent = float(np.ptp(points, axis=0).max())
    size = random.uniform(0.2, 0.55) * HEIGHT
    scale = size / max(extent, TABLET / 10)
    pen = max(size / random.uniform(9, 24), 2.5)
    middle = (points.min(0) + points.max(0)) / 2
    place = np.array([random.uniform(0.35, 0.65) * WIDTH, random.uniform(0.4, 0.6) * HEIGHT])
    turn = np.deg2rad(random.uniform(-8, 8))
    matrix = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    strokes = [
        Stroke(((s - middle) @ matrix.T + place).astype(np.float32), pen) for s in digit.strokes
    ]
    covered = draw(strokes, HEIGHT, WIDTH)
    paper = random.uniform(0.8, 0.95)
    grain = 1 + 0.01 * random.normal(size=(HEIGHT, WIDTH))
    # A pen does not cover evenly.
    covered = covered * (1 - 0.1 * np.abs(random.normal(size=covered.shape)))
    return np.asarray(paper * grain * (1 - covered) + random.uniform(*ink) * covered, np.float32)


def lines(picture: Array, random: Random, squared: bool) -> Array:
    """Printed lines, as close as squares of 5 mm or the lines of a copybook to a digit."""
    step = random.uniform(0.08, 0.2) * HEIGHT
    width, strength = random.uniform(1.2, 2.5), random.uniform(0.1, 0.45)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    across = np.abs((y + random.uniform(0, step)) % step - step / 2) < width / 2
    printed = across
    if squared:
        printed = across | (np.abs((x + random.uniform(0, step)) % step - step / 2) < width / 2)
    else:
        printed = across | (np.abs(x - random.uniform(0.05, 0.2) * WIDTH) < width / 2)
    return np.where(printed, picture * (1 - strength), picture)


def perspective(picture: Array, corners: NDArray[np.float64], around: float | Array = 0.0) -> Array:
    """The picture seen so that its corners (from the top left, clockwise) lie at ``corners``."""
    source = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], float)
    rows, values = [], []
    for (x, y), (u, v) in zip(corners, source, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    coefficients = np.linalg.solve(np.array(rows), np.array(values))

    def seen(image: Array, fill: float) -> Array:
        return np.asarray(
            Image.fromarray(image).transform(
                (WIDTH, HEIGHT),
                Image.Transform.PERSPECTIVE,
                list(coefficients),
                Image.Resampling.BILINEAR,
                fillcolor=fill,
            )
        )

    inside = seen(np.ones_like(picture), 0.0)
    return np.asarray(inside * seen(picture, 0.0) + (1 - inside) * around, np.float32)


def corners(random: Random, low: float, high: float) -> NDArray[np.float64]:
    """Four corners, each moved inwards by that share of the picture."""
    moved = random.uniform(low, high, (4, 2)) * [WIDTH, HEIGHT]
    signs = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    return np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]]) + signs * moved


def table(random: Random) -> Array:
    """A dark table with the grain of wood."""
    grain = np.cumsum(random.normal(0, 0.02, (HEIGHT, 1)), axis=0)
    wood = random.uniform(0.1, 0.4) + 0.1 * (grain - grain.mean()) / (np.ptp(grain) + 1e-6)
    return np.asarray(np.clip(wood + 0.02 * random.normal(size=(HEIGHT, WIDTH)), 0.03, 0.6))


def shadow(random: Random) -> Array:
    """What a hand or a phone leaves of the light: half of it on one side of a soft edge."""
    angle = random.uniform(0, 2 * np.pi)
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    along = (x - WIDTH * random.uniform(0.3, 0.7)) * np.cos(angle)
    along = along + (y - HEIGHT * random.uniform(0.3, 0.7)) * np.sin(angle)
    return np.asarray(1 - random.uniform(0.3, 0.55) / (1 + np.exp(along / random.uniform(2, 30))))


def photograph(
    reflectance: Array, random: Random, noise: float = 0.015, blur: float = 0.7
) -> bytes:
    """A JPEG file of what reflects so much, in light that falls from one side."""
    angle, y, x = random.uniform(0, 2 * np.pi), *np.mgrid[:HEIGHT, :WIDTH]
    along = (x / WIDTH - 0.5) * np.cos(angle) + (y / HEIGHT - 0.5) * np.sin(angle)
    light = random.uniform(0.7, 1.0) * (1 + random.uniform(0, 0.5) * along)
    grey = np.clip(reflectance * light, 0, 1)
    tint = 1 - random.uniform(0, 0.12, 3) * np.array([0, 0.5, 1])  # lamps are yellow
    colour = grey[..., None] * tint
    image = Image.fromarray((255 * np.clip(colour, 0, 1)).astype(np.uint8))
    seen = np.asarray(image.filter(ImageFilter.GaussianBlur(blur)), np.float32)
    grain = random.normal(0, 255 * noise, seen.shape[:2])[..., None]
    grain = grain + random.normal(0, 100 * noise, seen.shape)
    file = io.BytesIO()
    pixels = np.clip(seen + grain, 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(file, "JPEG", quality=int(random.integers(60, 95)))
    return file.getvalue()


def _on_table(picture: Array, random: Random) -> Array:
    return perspective(picture, corners(random, -0.1, 0.25), table(random))


CONDITIONS: dict[str, Callable[[PenDigit, Random], bytes]] = {
    "plain paper": lambda d, r: photograph(sheet(d, r), r),
    "pencil": lambda d, r: photograph(sheet(d, r, (0.45, 0.7)), r),
    "shadow": lambda d, r: photograph(sheet(d, r) * shadow(r), r),
    "squared paper": lambda d, r: photograph(lines(sheet(d, r), r, True), r),
    "ruled paper": lambda d, r: photograph(lines(sheet(d, r), r, False), r),
    "sheet on a table": lambda d, r: photograph(_on_table(sheet(d, r), r), r),
    "perspective": lambda d, r: photograph(perspective(sheet(d, r), corners(r, -0.3, 0.0)), r),
    "light on dark": lambda d, r: photograph(1 - sheet(d, r), r),
    "noise": lambda d, r: photograph(sheet(d, r), r, noise=r.uniform(0.03, 0.07)),
    "blur": lambda d, r: photograph(sheet(d, r), r, blur=r.uniform(2, 5)),
    "table, squared, shadow": lambda d, r: photograph(
        _on_table(lines(sheet(d, r), r, True), r) * shadow(r), r, noise=0.02, blur=1
    ),
}


def main(arguments: list[str] | None = None) -> None:
    """Print the share read correctly, by condition and over all."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--count", type=int, default=1000, help="photographs in all")
    parser.add_argument("--seed", type=int, default=0, help="which digits and which light")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    chosen = parser.parse_args(arguments)
    digits = load_pendigits(os.environ["MNIST_LAB_PENDIGITS"])
    names = list(CONDITIONS)
    right: Counter[str] = Counter()
    total: Counter[str] = Counter()
    for i in range(chosen.count):
        random = np.random.default_rng([chosen.seed, i])
        name, digit = names[i % len(names)], digits[random.integers(len(digits))]
        image = prepare_image(CONDITIONS[name](digit, random)).image
        total[name] += 1
        right[name] += load_shipped()(image).digit == digit.digit and bool(image.any())
    shares = {name: right[name] / total[name] for name in names}
    if chosen.json:
        print(json.dumps({"all": right.total() / total.total(), **shares}))
        return
    for name, share in {"all": right.total() / total.total(), **shares}.items():
        print(f"{name:24} {share:7.1%}  of {total[name] or total.total():,}")


if __name__ == "__main__":
    main()
