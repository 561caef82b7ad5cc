"""A zip becomes a data set: whole, the same for the same zip, or not at all."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from mnist_core.config.train import OWN
from mnist_core.data import adding, datasets
from mnist_core.data.adding import Reading, Wish, add
from mnist_core.data.datasets import load_dataset, load_sample
from mnist_core.data.disk import remove
from mnist_core.data.formats import IDX_FILES
from mnist_core.data.own import ABOUT, about, own_titles
from mnist_core.errors import ConfigError, DataError
from mnist_core.settings import Settings
from tests.helpers.zips import add_zip, digit_files, png, zip_of

GREY = np.full((8, 8), 7, np.uint8)


def kept() -> list[str]:
    """All that lies among the data sets, hidden files too, but for the lock."""
    root = Settings().downloads
    return sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.name != ".lock")


def test_digits_come_out_as_they_went_in() -> None:
    name = add_zip(zip_of(digit_files(20)), "My Digits!")
    assert name.startswith(f"{OWN}my-digits-")
    data, sample = load_dataset(name), load_sample()
    assert (len(data.labels), len(data.test_labels)) == (170, 30)
    assert np.bincount(data.test_labels).tolist() == [3] * 10, "15 % of each class"
    assert data.classes == tuple("0123456789")
    digits = zip(sample.images, sample.labels, strict=True)
    known = {image.tobytes(): label for image, label in digits}
    seen = set()
    for images, labels in ((data.images, data.labels), (data.test_images, data.test_labels)):
        assert [known[image.tobytes()] for image in images] == labels.tolist()
        seen |= {image.tobytes() for image in images}
    assert len(seen) == 200, "each is in one part alone"
    found = about(name)
    assert found is not None
    assert found.shows_digits
    assert (found.title, found.zip_name, found.pictures) == ("My Digits!", "My Digits!.zip", 200)


def test_the_name_is_the_pictures() -> None:
    data = zip_of(digit_files(3))
    first = add_zip(data, "one")
    with pytest.raises(DataError, match="called ONE already"):
        add_zip(data, "ONE")
    other = add_zip(data, "two", test_share=0.5)
    assert first.split("-")[-1] != other.split("-")[-1]
    before = load_dataset(first)
    remove(first)
    assert own_titles() == {other: "two"}
    with pytest.raises(DataError, match="Add their zip on the page Data"):
        load_dataset(first)
    assert add_zip(data, "one") == first
    np.testing.assert_array_equal(load_dataset(first).images, before.images)


def test_refused_files_are_named_and_the_others_taken() -> None:
    files = {f"{c}/{i}.png": png(GREY + i) for c in "ab" for i in range(3)}
    name = add_zip(zip_of({**files, "a/note.txt": b"hello", "loose.png": png(GREY)}), "few")
    found = about(name)
    assert found is not None
    assert (found.pictures, [r.file for r in found.refused]) == (6, ["loose.png", "a/note.txt"])
    assert all(r.reason for r in found.refused)


def test_each_class_needs_a_picture_to_learn_and_one_to_test() -> None:
    files = {"a/1": png(GREY), "a/2": png(GREY), "b/1": png(GREY), "b/2": b"no picture"}
    with pytest.raises(DataError, match=r"b has 1\. b/2: cannot be read"):
        add_zip(zip_of(files), "few")
    files["b/2"] = png(GREY)
    name = add_zip(zip_of(files), "few", test_share=0.05)
    data = load_dataset(name)
    assert (sorted(data.labels), sorted(data.test_labels)) == ([0, 1], [0, 1])
    folder = f"own/{name.removeprefix(OWN)}"
    assert kept() == sorted(["own", folder, *(f"{folder}/{f}" for f in (ABOUT, *IDX_FILES))])


def test_colour_pictures_and_paper_are_not_what_is_drawn() -> None:
    files = {f"{digit}/{i}": png(255 - GREY) for digit in range(10) for i in range(2)}
    paper = about(add_zip(zip_of(files), "paper"))
    assert paper is not None
    assert not paper.light_on_dark
    assert not paper.shows_digits
    name = add_zip(zip_of(files), "colours", colour=True, side=12)
    data = load_dataset(name)
    assert data.images.shape == (10, 12, 12, 3)
    assert (data.images == 248).all()


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"title": " "}, "name"),
        ({"title": "x" * 41}, "name"),
        ({"title": "a", "side": 7}, "side = 7: must be from 8 to 64"),
        ({"title": "a", "side": 65}, "side"),
        ({"title": "a", "test_share": 0.6}, "test share"),
    ],
)
def test_a_wish_that_cannot_be_says_why(wish: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Wish(**wish)  # type: ignore[arg-type]


def test_who_leaves_early_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adding, "EVERY", 1)
    steps = add(zip_of(digit_files(2)), "z.zip", Wish("z"))
    assert [next(steps) for _ in range(3)] == [Reading(0, 20), Reading(1, 20), Reading(2, 20)]
    steps.close()
    assert kept() == []


def test_a_full_disk_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_file: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError, match="cannot be written: No space left"):
        add_zip(zip_of(digit_files(2)), "z")
    assert kept() == []


def test_sizes_and_pixels_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    data = zip_of(digit_files(2))
    monkeypatch.setattr(adding, "MOST_PIXELS", 19 * 784)
    with pytest.raises(DataError, match="gigapixels"):
        add_zip(data, "z")
    monkeypatch.setattr(adding, "MOST_NUMBERS", 19 * 784)
    with pytest.raises(DataError, match="20 pictures of this size would take"):
        add_zip(data, "z")


def test_pictures_that_were_changed_are_damaged(tmp_path: Path) -> None:
    name = add_zip(zip_of(digit_files(2)), "z")
    file = Settings().downloads / "own" / name.removeprefix(OWN) / "train-images-idx3-ubyte"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    datasets.forget()
    with pytest.raises(DataError, match="checksum is wrong"):
        load_dataset(name)
    (file.parent / "about.json").write_text("{}")
    with pytest.raises(DataError, match=r"about.json is damaged: title"):
        load_dataset(name)
    assert own_titles() == {name: name.removeprefix(OWN)}
