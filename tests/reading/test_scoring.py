"""Scores over a file of pen strokes."""

import json

import numpy as np
import pytest

from mnist_core.errors import DrawingError
from mnist_core.reading.scoring import score_drawings
from tests.helpers.files import write_lines


@pytest.fixture
def file(tmp_path):
    """Two upright lines (1, by writers 1 and 2) and a flat one that is called a 7."""
    lines = (
        (1, 1, (250, 400, 250, 100)),
        (1, 2, (100, 300, 100, 200)),
        (7, 2, (100, 250, 400, 250)),
    )
    return write_lines(tmp_path / "pen.tra", *lines)


def upright_is_one(images):
    """Reads anything as 1 that is higher than wide, everything else as 2."""
    high = (images.max(2) > 0.5).sum(1) > (images.max(1) > 0.5).sum(1)
    return np.where(high, 1, 2)


def test_counts_by_digit_and_by_pen(file):
    scores = score_drawings(file, upright_is_one, pens=(8, 20)).as_dict()
    assert scores == {
        "source": "pixels",
        "overall": {"accuracy": pytest.approx(4 / 6), "correct": 4, "total": 6},
        "by_digit": {
            "1": {"accuracy": 1.0, "correct": 4, "total": 4},
            "7": {"accuracy": 0.0, "correct": 0, "total": 2},
        },
        "by_pen": {
            "8": {"accuracy": pytest.approx(2 / 3), "correct": 2, "total": 3},
            "20": {"accuracy": pytest.approx(2 / 3), "correct": 2, "total": 3},
        },
    }
    assert json.loads(json.dumps(scores))["by_pen"]["8"]["correct"] == 2


def test_strokes_are_read_once_since_no_pen_plays_a_part(file):
    scores = score_drawings(file, upright_is_one, pens=(8, 20), source="strokes").as_dict()
    assert scores == {
        "source": "strokes",
        "overall": {"accuracy": pytest.approx(2 / 3), "correct": 2, "total": 3},
        "by_digit": {
            "1": {"accuracy": 1.0, "correct": 2, "total": 2},
            "7": {"accuracy": 0.0, "correct": 0, "total": 1},
        },
        "by_pen": {},
    }


def test_some_writers_only(file):
    scores = score_drawings(file, upright_is_one, pens=(8,), writers={1})
    assert (scores.overall.correct, scores.overall.total) == (1, 1)


def test_what_the_reader_is_given(file):
    seen = []

    def read(images):
        seen.append(images)
        return np.full(len(images), 1)

    score_drawings(file, read, pens=(8,))
    assert seen[0].shape == (3, 28, 28)
    assert seen[0].dtype == np.float32
    assert seen[0].max() == pytest.approx(1, abs=0.01)


def test_bad_values_are_named(file):
    with pytest.raises(DrawingError, match="pen = 0"):
        score_drawings(file, upright_is_one, pens=(0,))
    with pytest.raises(DrawingError, match="99"):
        score_drawings(file, upright_is_one, writers={99})
