"""Files that are whole or not there, whatever happens while they are written."""

import os
import tempfile
from pathlib import Path


def write_durably(path: Path, content: bytes) -> None:
    """Write a file that is on the disk when this returns: a power cut takes nothing of it.

    Raises:
        OSError: it cannot be written.
    """
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())  # or the name may point to nothing after a power cut


def write_whole(path: Path, content: bytes) -> None:
    """Put a file in the place of what is there: that stays until all of the new one is written.

    The folder must be there. The file is read by its owner alone.

    Raises:
        OSError: it cannot be written, and what was there is untouched.
    """
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    os.close(handle)
    try:
        write_durably(Path(temporary), content)
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def size_of(path: Path) -> int:
    """The bytes of a file, or of all files below a folder; 0 where there is nothing."""
    total = 0
    for file in path.rglob("*") if path.is_dir() else [path]:
        try:
            total += 0 if file.is_dir() else file.lstat().st_size
        except FileNotFoundError:  # deleted meanwhile
            continue
    return total
