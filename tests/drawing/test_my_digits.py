"""The personal set of digits: kept whole, checked when it comes from elsewhere."""

import json
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from mnist_core.drawing import my_digits
from mnist_core.drawing.my_digits import (
    FILE,
    DigitFile,
    MyDigit,
    MyDigits,
    as_arrays,
    parse_digits,
)
from mnist_core.drawing.prepare import strokes_to_mnist
from mnist_core.drawing.strokes import Stroke
from mnist_core.errors import DrawingError
from mnist_core.settings import Settings

SEVEN = [Stroke(np.array([[75, 65], [200, 65], [125, 225]], np.float32), 18)]


def seven(label: int = 7) -> MyDigit:
    return MyDigit.new(label, strokes_to_mnist(SEVEN), SEVEN)


def test_a_digit_comes_back_as_it_was_drawn():
    kept, digit = MyDigits(), seven()
    assert kept.all() == ()
    assert kept.add(digit) == 1
    (found,) = MyDigits().all()
    assert found == digit
    np.testing.assert_allclose(found.image, strokes_to_mnist(SEVEN), atol=1 / 255)
    assert found.strokes[0].points == ((75, 65), (200, 65), (125, 225))
    assert kept.path.is_relative_to(Settings().home)


def test_each_user_has_a_set_of_ones_own():
    hers, his, servers = (MyDigits.of_user(user) for user in ("a" * 32, "b" * 32, ""))
    assert servers.path == MyDigits().path
    hers.add(seven())
    servers.add(seven(1), seven(2))
    assert [len(kept.all()) for kept in (hers, his, servers)] == [1, 0, 2]


def test_deleting_forgets_one():
    kept, first, second = MyDigits(), seven(), seven(1)
    kept.add(first, second)
    kept.delete(first.id)
    kept.delete("not there")
    assert kept.all() == (second,)


def test_an_export_can_be_imported_elsewhere_and_twice(tmp_path: Path):
    here, there = MyDigits(tmp_path / "a"), MyDigits(tmp_path / "b")
    here.add(seven(), seven(1))
    digits = parse_digits(here.export(), "mine.json")
    assert there.add(*digits) == 2
    assert there.add(*digits) == 0
    assert there.all() == here.all()


def changed(**values: object) -> bytes:
    file = json.loads(DigitFile(digits=(seven(),)).model_dump_json())
    file["digits"][0].update(values)
    return json.dumps(file).encode()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "mine.json"),
        (b"\x89PNG\r\n", "mine.json"),
        (b"[]", "mine.json"),
        (b'{"format": "other"}', "format"),
        (b'{"version": 2}', "version"),
        (changed(label=10), "label"),
        (changed(label="seven"), "label"),
        (changed(id="../../etc"), "id"),
        (changed(pixels="AAAA"), "pixels"),
        (changed(pixels="no base64!"), "pixels"),
        (changed(strokes=[{"width": 18, "points": [[1e9, 0]]}]), "strokes"),
        (changed(strokes=[{"width": 0, "points": [[1, 0]]}]), "width"),
        (changed(extra=1), "extra"),
    ],
)
def test_other_files_are_refused_by_name(data: bytes, said: str):
    with pytest.raises(DrawingError, match=said):
        parse_digits(data, "mine.json")


def test_files_and_sets_have_a_largest_size(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(my_digits, "MOST_BYTES", 1000)
    with pytest.raises(DrawingError, match=r"mine\.json has more than 0 MB"):
        parse_digits(b" " * 1001, "mine.json")
    monkeypatch.setattr(my_digits, "MOST_BYTES", 10**8)
    monkeypatch.setattr(my_digits, "MOST_DIGITS", 2)
    kept = MyDigits()
    kept.add(seven(), seven())
    with pytest.raises(DrawingError, match="more than 2"):
        kept.add(seven())
    assert len(kept.all()) == 2


@pytest.mark.parametrize(
    ("limit", "most"), [("MOST_BYTES", 8_800), ("MOST_POINTS", 33)], ids=["bytes", "points"]
)
def test_a_set_cannot_lock_itself(monkeypatch: pytest.MonkeyPatch, limit: str, most: int):
    monkeypatch.setattr(my_digits, limit, most)
    kept = MyDigits()
    assert kept.add(*(seven() for _ in range(6))) == 6
    with pytest.raises(DrawingError, match="would have more than"):
        kept.add(seven(), seven())
    digits = kept.all()  # what was kept before is there, and can be deleted
    assert len(digits) == 6
    kept.delete(digits[0].id)
    assert kept.add(seven()) == 1


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("in the way")
    kept = MyDigits(tmp_path / "file")
    for action in (kept.all, kept.export, lambda: kept.add(seven()), lambda: kept.delete("x")):
        with pytest.raises(DrawingError, match=str(tmp_path / "file")):
            action()


def test_a_damaged_set_is_named_and_left_as_it_is():
    kept = MyDigits()
    kept.add(seven())
    kept.path.write_bytes(kept.path.read_bytes()[:100])
    with pytest.raises(DrawingError, match=FILE):
        kept.add(seven())
    assert len(kept.path.read_bytes()) == 100


def test_an_interrupted_write_changes_nothing(monkeypatch: pytest.MonkeyPatch):
    kept = MyDigits()
    kept.add(seven())
    before = kept.path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "no space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(DrawingError, match=r"digits\.json cannot be written: no space"):
        kept.add(seven())
    assert kept.path.read_bytes() == before
    assert {path.suffix for path in kept.path.parent.iterdir()} == {".json", ".lock"}


def test_two_tabs_that_keep_at_once_lose_nothing():
    threads = [threading.Thread(target=lambda: MyDigits().add(seven())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(MyDigits().all()) == 8


def test_two_processes_that_keep_40_each_keep_80():
    program = (
        "import numpy as np\nfrom mnist_core.drawing.my_digits import MyDigit, MyDigits\n"
        "input()\n"
        "for _ in range(40): MyDigits().add(MyDigit.new(1, np.eye(28, dtype=np.float32)))"
    )
    root = Path(__file__).parents[2]
    processes = [
        subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, cwd=root)
        for _ in range(2)
    ]
    for process in processes:  # both are ready, or nearly, when the first begins
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.close()
    assert [process.wait() for process in processes] == [0, 0]
    assert len(MyDigits().all()) == 80


def test_arrays_are_what_a_network_reads():
    images, labels = as_arrays([seven(), seven(1)])
    assert images.shape == (2, 784)
    assert labels.tolist() == [7, 1]
    assert as_arrays([])[0].shape == (0, 784)
