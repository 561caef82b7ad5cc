"""Files are whole or not there: what was there stays when a disk is full."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mnist_core.files import write_durably, write_whole


@pytest.mark.parametrize("write", [write_durably, write_whole])
def test_what_is_written_is_there_and_asked_of_the_disk(
    write: Callable[[Path, bytes], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, synced, ask = tmp_path / "a", [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda number: synced.append(ask(number)))
    path.write_bytes(b"something longer")
    write(path, b"new")
    assert path.read_bytes() == b"new"
    assert synced == [None]
    assert list(tmp_path.iterdir()) == [path]


def test_what_was_there_stays_when_the_new_one_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "a"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
