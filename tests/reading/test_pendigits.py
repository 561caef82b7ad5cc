"""Pen strokes in UCI's original format."""

import os
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from mnist_core.errors import DrawingError
from mnist_core.reading.pendigits import load_pendigits

# A 7 with a bar (two strokes) by writer 4, and a 1 by writer 9.
TEXT = """.INCLUDE        dene.doc

.LEXICON "0" "1" "2" "3" "4" "5" "6" "7" "8" "9"
.HIERARCHY      DIGIT

.SEGMENT DIGIT    0-1 ? "7"
.COMMENT 7 4  224
.PEN_DOWN
 100  400
 200  400
 150  200
.PEN_UP
.DT 100
.PEN_DOWN
 120  300
 180  300
.PEN_UP
.DT 100

.SEGMENT DIGIT    2 ? "1"
.COMMENT 1 9  54
.PEN_DOWN
 250  450
 250  50
.PEN_UP
.DT 100
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "pen.tra"
    path.write_text(TEXT)
    return path


def test_digits_writers_and_strokes(file):
    seven, one = load_pendigits(file)
    assert (seven.digit, seven.writer, len(seven.strokes)) == (7, 4, 2)
    assert (one.digit, one.writer, len(one.strokes)) == (1, 9, 1)
    # y grows down here
    np.testing.assert_array_equal(seven.strokes[0], [[100, 100], [200, 100], [150, 300]])
    assert seven.strokes[0].dtype == np.float32


def test_the_tablet_becomes_the_canvas(file):
    stroke = load_pendigits(file)[1].on_canvas(pen=12, side=280)[0]
    assert stroke.width == 12
    np.testing.assert_allclose(stroke.points, [[140, 28], [140, 252]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no pen digits"),
        ("hello", "no pen digits"),
        (TEXT.replace(" 150  200", " 150  abc"), "line 11"),
        (TEXT.replace(" 150  200", " 150"), "line 11"),
        (TEXT.replace(".COMMENT 7 4  224", ".COMMENT 7"), "line 7"),
        (TEXT.replace(".COMMENT 7 4", ".COMMENT seven 4"), "line 7"),
        (TEXT.replace(".COMMENT 7 4", ".COMMENT 12 4"), "line 7"),
    ],
)
def test_other_files_are_refused(tmp_path, text, message):
    path = tmp_path / "bad.tra"
    path.write_text(text)
    with pytest.raises(DrawingError, match=message):
        load_pendigits(path)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(DrawingError, match=r"nowhere\.tra"):
        load_pendigits(tmp_path / "nowhere.tra")
    (tmp_path / "binary").write_bytes(bytes(range(256)))
    with pytest.raises(DrawingError, match="binary"):
        load_pendigits(tmp_path / "binary")


def test_the_real_file():
    if "MNIST_LAB_PENDIGITS" not in os.environ:
        pytest.skip("MNIST_LAB_PENDIGITS names no pendigits-orig.tra")
    digits = load_pendigits(os.environ["MNIST_LAB_PENDIGITS"])
    assert len(digits) == 7494
    writers = Counter(digit.writer for digit in digits)
    assert len(writers) == 30
    assert set(writers.values()) <= {247, 249, 250}
    assert sum(len(digit.strokes) for digit in digits) == 9433
    points = np.concatenate([stroke for digit in digits for stroke in digit.strokes])
    assert points.min() >= 0
    assert points.max() <= 500
