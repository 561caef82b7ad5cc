"""Numbers of several digits, written side by side: how many are read right.

    python -m benchmarks.rows [--count 500] [--network FILE] [--from strokes|ink] [--json]
    python -m benchmarks.rows --fit

``MNIST_LAB_PENDIGITS`` names the pen strokes (UCI's original format). A number has three digits by
one of writers 21 to 30, each as large as it was written. Between them are natural gaps, 0.08 to
some 0.6 of a digit's height, or none, where their boxes meet and do not overlap. The strokes come
in any order. The network in the repository has learnt from these writers; ``--network`` reads with
one that has not:

    python -m mnist_core.reading.shipped.build --pendigits FILE --hold-out 21-30 --out FILE

``--fit`` finds the odds in ``mnist_core/reading/row.py`` on rows by writers 1 to 20.
"""

import argparse
import json
import os
from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np

from mnist_core.drawing.strokes import FloatArray, Stroke, draw
from mnist_core.reading.pendigits import PenDigit, load_pendigits
from mnist_core.reading.predict import Predictor
from mnist_core.reading.row import (
    Pieces,
    from_left,
    groups,
    marks_in_a_row,
    number,
    read_row,
    strokes_in_a_row,
)
from mnist_core.reading.shipped import load_model_file, load_shipped

Random = np.random.Generator
Gap = Callable[[Random], float]  # between two digits, in heights of the left one
FITTED, UNSEEN = range(1, 21), range(21, 31)  # writers
DIGITS = 3  # of a number
ROWS = 600  # to fit on, for each kind of gap
PEN = 16.0  # on ink; the writers' tablet has 500 units a side


def natural(random: Random) -> float:
    """As people leave between digits."""
    return float(max(0.08, random.normal(0.3, 0.12)))


def none(random: Random) -> float:
    """The boxes of two digits meet."""
    return 0.0


GAPS: dict[str, Gap] = {"natural": natural, "none": none}


def written(digits: list[PenDigit], gap: Gap, random: Random) -> tuple[list[FloatArray], list[int]]:
    """Strokes of digits side by side, in any order, and the place of the digit of each."""
    strokes, places = [], []
    right, tall = 0.0, 0.0
    for place, digit in enumerate(digits):
        points = np.concatenate(digit.strokes)
        low, high = points.min(0), points.max(0)
        left = right + (gap(random) * tall if place else 0.0)
        moved = np.array([left - low[0], 0], np.float32)
        strokes += [stroke + moved for stroke in digit.strokes]
        places += [place] * len(digit.strokes)
        right, tall = left + float(high[0] - low[0]), float(high[1] - low[1])
    order = random.permutation(len(strokes))
    return [strokes[i] for i in order], [places[i] for i in order]


def rows(
    digits: list[PenDigit], writers: Collection[int], length: int, random: Random
) -> list[PenDigit]:
    """As many digits by one of the writers, each chosen by chance."""
    writer = random.choice(list(writers))
    own = [digit for digit in digits if digit.writer == writer]
    return [own[i] for i in random.integers(len(own), size=length)]


def as_ink(strokes: list[FloatArray]) -> Pieces:
    """The same number on a picture."""
    points = np.concatenate(strokes)
    low, high = points.min(0) - PEN, points.max(0) + PEN
    moved = [Stroke(stroke - low, PEN) for stroke in strokes]
    wide, tall = np.ceil(high - low).astype(int)
    return marks_in_a_row(draw(moved, int(tall), int(wide)))


def score(
    digits: list[PenDigit], gap: Gap, count: int, reader: Predictor, source: str
) -> dict[str, float]:
    """Shares of ``count`` numbers: read right, and divided into the right number of digits."""
    random, right, divided = np.random.default_rng(1), 0, 0
    for _ in range(count):
        chosen = rows(digits, UNSEEN, DIGITS, random)
        strokes, _ = written(chosen, gap, random)
        pieces = strokes_in_a_row(strokes) if source == "strokes" else as_ink(strokes)
        found = read_row(pieces, reader)
        right += number(found) == "".join(str(digit.digit) for digit in chosen)
        divided += len(found) == DIGITS
    return {"right": right / count, "divided": divided / count}


def fit(digits: list[PenDigit], reader: Predictor) -> list[float]:
    """Log odds of a group's measures, and the constant."""
    from sklearn.linear_model import LogisticRegression

    random, seen, whole = np.random.default_rng(0), [], []
    for gap in GAPS.values():
        for _ in range(ROWS):
            chosen = rows(digits, FITTED, int(random.integers(1, 5)), random)
            strokes, places = written(chosen, gap, random)
            pieces = strokes_in_a_row(strokes)
            found, _, measured = groups(pieces, reader)
            seen.append(measured)
            for group in found:
                own = [places[i] for i in from_left(pieces)[group]]
                whole.append(len(set(own)) == 1 and places.count(own[0]) == len(own))
    model = LogisticRegression(C=10, max_iter=2000).fit(np.concatenate(seen), whole)
    return [float(value) for value in (*model.coef_[0], *model.intercept_)]


def main(arguments: list[str] | None = None) -> None:
    """Print the shares, or the odds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=500, help="numbers, for each kind of gap")
    parser.add_argument("--network", type=Path, help="a file that shipped.build wrote")
    parser.add_argument("--from", dest="source", choices=("strokes", "ink"), default="strokes")
    parser.add_argument("--fit", action="store_true", help="find the odds")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    digits = load_pendigits(os.environ["MNIST_LAB_PENDIGITS"])
    reader = load_model_file(options.network) if options.network else load_shipped()
    if options.fit:
        print(", ".join(f"{value:.2f}" for value in fit(digits, reader)))
        return
    found = {
        name: score(digits, gap, options.count, reader, options.source)
        for name, gap in GAPS.items()
    }
    if options.json:
        print(json.dumps(found))
        return
    for name, shares in found.items():
        print(f"{name:8} gaps: {shares['right']:.1%} right, {shares['divided']:.1%} divided right")


if __name__ == "__main__":
    main()
