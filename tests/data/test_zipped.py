"""Zips as people and their systems make them, and as somebody makes them who means harm."""

import struct
import zipfile

import pytest

from mnist_core.data import zipped
from mnist_core.data.own import Refused
from mnist_core.data.zipped import Zipped, open_zip
from mnist_core.drawing.opening import MOST_BYTES
from mnist_core.errors import DataError
from tests.helpers.zips import zip_of


def read(opened: Zipped) -> dict[str, str]:
    """What each file is taken as, or why it is not."""
    return {
        path: content.reason if isinstance(content, Refused) else f"{name}: {content.decode()}"
        for name, path, content in opened.contents()
    }


def test_folders_are_classes_and_what_systems_leave_is_nothing() -> None:
    data = zip_of(
        {
            "dog/b.png": b"1",
            "cat/deeper/a.png": b"2",
            "10/c.png": b"3",
            "9/d.png": b"4",
            "__MACOSX/cat/._a.png": b"5",
            "cat/.DS_Store": b"6",
            "dog/Thumbs.db": b"7",
            ".git/x": b"8",
            "loose.png": b"9",
            "empty/": b"",
        }
    )
    opened = open_zip(data, "pets.zip")
    assert opened.classes == ("9", "10", "cat", "dog"), "numbers by size, then the alphabet"
    assert read(opened) == {
        "dog/b.png": "dog: 1",
        "cat/deeper/a.png": "cat: 2",
        "10/c.png": "10: 3",
        "9/d.png": "9: 4",
    }
    assert [r.file for r in opened.refused] == ["loose.png"]
    assert "no folder" in opened.refused[0].reason


def test_a_class_has_no_tags_that_a_chart_would_draw() -> None:
    opened = open_zip(zip_of({"<b>cat/a": b"1", " dog\t1 /b": b"2"}), "z")
    assert opened.classes == ("dog 1", "‹b›cat")


def test_one_folder_around_all_is_looked_through() -> None:
    opened = open_zip(zip_of({"pets/cat/a": b"1", "pets/dog/b": b"2", "pets/read.me": b"3"}), "z")
    assert opened.classes == ("cat", "dog")
    assert [r.file for r in opened.refused] == ["pets/read.me"]


def test_backslashes_and_utf8_that_is_not_announced_are_understood() -> None:
    data = zip_of({"\u00c4pfel/a": b"1", "b\\c": b"2"})
    # As a program writes it that does not set the flag for UTF-8.
    bare = bytearray(data)
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        (flags,) = struct.unpack_from("<H", data, at + place)
        assert flags & zipped.IN_UTF8
        struct.pack_into("<H", bare, at + place, flags & ~zipped.IN_UTF8)
    for written in (data, bytes(bare)):
        assert open_zip(written, "z").classes == ("b", "Äpfel")


@pytest.mark.parametrize("path", ["../../etc/passwd", "/etc/passwd", "a/../../b", "C:/a/b", "a//b"])
def test_a_path_that_leads_elsewhere_is_refused_by_name(path: str) -> None:
    data = zip_of({path: b"0", "cat/a": b"1", "dog/b": b"2"})
    opened = open_zip(data, "z")
    assert opened.classes == ("cat", "dog")
    assert opened.refused == (Refused(path, "its path leads out of the zip"),)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "none, whatever"),
        (b"\x89PNG and so on", "none, whatever"),
        (zip_of({"a/b": b"1" * 100, "c/d": b"2"})[:-30], "not whole"),
        (zip_of({"a/b": b"1"}), "has 1 folder "),
        (zip_of({"loose": b"1"}), "has 0 folders"),
        (zip_of({f"{i}/a": b"1" for i in range(101)}), "has 101 folders"),
        (zip_of({f"{'x' * 41}/a": b"1", "b/b": b"2"}), "41 characters"),
    ],
)
def test_what_cannot_be_a_data_set_says_so(data: bytes, said: str) -> None:
    with pytest.raises(DataError, match=said) as caught:
        open_zip(data, "pets.zip")
    assert "pets.zip" in str(caught.value)


def test_each_file_that_cannot_be_unpacked_is_named() -> None:
    good = {"cat/a": b"right", "dog/b": b"right"}
    assert (
        "password" in read(open_zip(with_flag(zip_of({**good, "cat/x": b"secret"})), "z"))["cat/x"]
    )
    other = zip_of({"cat/a": b"1", "dog/b": b"2"}, zipfile.ZIP_BZIP2)
    assert all("ordinary zip" in said for said in read(open_zip(other, "z")).values())
    within = read(open_zip(zip_of({**good, "cat/x": zip_of(good)}), "z"))
    assert within == {
        "cat/a": "cat: right",
        "dog/b": "dog: right",
        "cat/x": "it is a zip within the zip",
    }
    damaged = zip_of({**good, "cat/x": b"damaged here"}, zipfile.ZIP_STORED)
    damaged = damaged.replace(b"damaged here", b"damaged HERE", 1)
    assert "damaged in the zip (Bad CRC-32" in read(open_zip(damaged, "z"))["cat/x"]


def with_flag(data: bytes) -> bytes:
    """The zip with its last file marked as locked with a password."""
    marked = bytearray(data)
    at = data.rfind(b"PK\x01\x02")
    marked[at + 8] |= zipped.ENCRYPTED
    return bytes(marked)


def test_a_bomb_is_read_no_further_than_a_picture_may_be() -> None:
    bomb = zip_of({"cat/a": b"1", "dog/b": b"2", "cat/bomb": bytes(MOST_BYTES * 5)})
    assert len(bomb) < 100_000
    assert read(open_zip(bomb, "z"))["cat/bomb"] == "it has more than 10 MB, which is the most"
    # One that says of itself that it is small.
    at = bomb.rfind(b"PK\x01\x02")
    liar = bytearray(bomb)
    struct.pack_into("<I", liar, at + 24, 10)
    assert "damaged" in read(open_zip(bytes(liar), "z"))["cat/bomb"]


def test_all_files_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipped, "MOST_UNPACKED", 1000)
    opened = open_zip(zip_of({f"{i % 2}/{i}": bytes(300) for i in range(4)}), "z")
    with pytest.raises(DataError, match="when they are unpacked"):
        list(opened.contents())


def test_a_list_that_is_too_long_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    data = zip_of({f"{i % 2}/{i}": b"" for i in range(6)})
    monkeypatch.setattr(zipped, "MOST_ENTRIES", 5)
    monkeypatch.setattr(zipped.zipfile, "ZipFile", None)  # opening it would read the list
    with pytest.raises(DataError, match="more than 5 files"):
        open_zip(data, "z")
    monkeypatch.setattr(zipped, "MOST_ZIPPED", 10)
    with pytest.raises(DataError, match="has 0 MB; the most is 0 MB"):
        open_zip(data, "z")


def test_a_file_without_a_name_is_refused_too() -> None:
    data = bytearray(zip_of({"cat/a": b"1", "dog/b": b"2", "x": b""}))
    at = data.rfind(b"PK\x01\x02")
    struct.pack_into("<HH", data, at + 28, 0, 1)  # its name of one letter is another field's now
    (refused,) = open_zip(bytes(data), "z").refused
    assert refused == Refused("", "its path leads out of the zip")
