"""The pictures in a zip, by class: listed, and read within bounds. Nothing is unpacked to a disk.

What a zip says of itself may be wrong, by accident or on purpose: sizes are those of what is read.
"""

import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from mnist_core.config.texts import fitted, in_one_line
from mnist_core.data.own import MOST_CLASSES, MOST_TITLE, Refused
from mnist_core.drawing.opening import MOST_BYTES
from mnist_core.errors import DataError, DrawingError

MOST_ZIPPED = 200 * 2**20  # bytes of a zip
MOST_UNPACKED = 2 * 2**30  # bytes of all its files together
MOST_ENTRIES = 100_000  # MNIST as files has 70,000
MOST_SHOWN = 100  # characters of a path
ENTRY, BEGIN = b"PK\x01\x02", b"PK\x03\x04"  # how each entry of a zip's list begins, and its files
ENCRYPTED, IN_UTF8 = 0x1, 0x800  # flags of an entry
# What systems leave in a folder.
LEFT_BY_SYSTEMS = ("__MACOSX", "Thumbs.db", "desktop.ini")
# Of other ways to pack, Python gives all that comes out of a few bytes at once.
WAYS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


@dataclass(frozen=True)
class Zipped:
    """What a zip holds: its classes in order, and (class, entry) of each file in one of them."""

    file: zipfile.ZipFile
    classes: tuple[str, ...]
    entries: tuple[tuple[str, zipfile.ZipInfo], ...]
    refused: tuple[Refused, ...]

    def contents(self) -> Iterator[tuple[str, str, bytes | Refused]]:
        """(class, path, its bytes) of each file, or why it is refused.

        Raises:
            DataError: all together are more than ``MOST_UNPACKED``.
        """
        left = MOST_UNPACKED
        for name, entry in self.entries:
            path = _shown(entry)
            try:
                data = _content(self.file, entry)
            except DrawingError as error:
                yield name, path, Refused(path, str(error))
                continue
            left -= len(data)
            if left < 0:
                raise DataError(
                    f"The files have more than {MOST_UNPACKED / 2**30:g} GB when they are "
                    "unpacked, which is the most. Take fewer pictures, or smaller ones."
                )
            yield name, path, data


def open_zip(data: bytes, name: str) -> Zipped:
    """What is in a zip's bytes; ``name`` is what the file is called.

    Folders at the top are the classes. One folder around all of them is looked through.

    Raises:
        DataError: it is no zip, or not whole, too large, or has not 2 to ``MOST_CLASSES`` folders
            with names that can be shown.
    """
    if len(data) > MOST_ZIPPED:
        raise DataError(
            f"{name} has {len(data) / 2**20:,.0f} MB; the most is {MOST_ZIPPED // 2**20} MB."
        )
    # Before its list is read, which takes more memory than the zip.
    if data.count(ENTRY) > MOST_ENTRIES:
        raise DataError(f"{name} has more than {MOST_ENTRIES:,} files, which is the most.")
    try:
        file = zipfile.ZipFile(BytesIO(data))
        entries = file.infolist()
    except (zipfile.BadZipFile, ValueError, OverflowError, NotImplementedError, OSError) as error:
        cut = data.startswith(BEGIN)
        what = "it is not whole" if cut else "it is none, whatever it is called"
        raise DataError(f"{name} cannot be read as a zip: {what}.") from error
    refused: list[Refused] = []
    found: list[tuple[list[str], zipfile.ZipInfo]] = []
    for entry in entries:
        parts = _path(entry)
        if entry.filename.endswith(("/", "\\")) or any(_of_a_system(part) for part in parts):
            continue
        if ".." in parts or "" in parts or ":" in parts[0]:
            refused.append(Refused(_shown(entry), "its path leads out of the zip"))
        else:
            found.append((parts, entry))
    kept = []
    for parts, entry in _within(found):
        if len(parts) == 1:
            refused.append(Refused(_shown(entry), "it is in no folder, so it has no class"))
        else:
            kept.append((_class(parts[0], name), entry))
    classes = tuple(sorted({label for label, _ in kept}, key=_order))
    if not 2 <= len(classes) <= MOST_CLASSES:
        raise DataError(
            f"{name} has {len(classes)} folder{'' if len(classes) == 1 else 's'} with files in it; "
            f"put the pictures of each class into a folder of their own, 2 to {MOST_CLASSES}."
        )
    return Zipped(file, classes, tuple(kept), tuple(refused))


def _of_a_system(part: str) -> bool:
    """Whether a part of a path is none of the person's: a hidden file, or what a system leaves."""
    return part in LEFT_BY_SYSTEMS or (part.startswith(".") and part != "..")


def _within(
    found: list[tuple[list[str], zipfile.ZipInfo]],
) -> list[tuple[list[str], zipfile.ZipInfo]]:
    """The paths as they are below the one folder that is around all the others, if there is one."""
    folders = {parts[0] for parts, _ in found if len(parts) > 1}
    if len(folders) != 1 or all(len(parts) < 3 for parts, _ in found):
        return found
    return [(parts[1:] if parts[0] in folders else parts, entry) for parts, entry in found]


def _content(file: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Raises DrawingError for what cannot be unpacked, or is too large, or another zip."""
    if entry.flag_bits & ENCRYPTED:
        raise DrawingError("it is locked with a password")
    if entry.compress_type not in WAYS:
        raise DrawingError("it is packed in a way that is not known here; use an ordinary zip")
    try:
        with file.open(entry) as stream:
            data = stream.read(MOST_BYTES + 1)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        ValueError,
        NotImplementedError,
        OSError,
    ) as error:
        raise DrawingError(
            f"it is damaged in the zip ({str(error) or type(error).__name__})"
        ) from error
    if len(data) > MOST_BYTES:
        raise DrawingError(f"it has more than {MOST_BYTES // 2**20} MB, which is the most")
    if data.startswith(BEGIN):
        raise DrawingError("it is a zip within the zip")
    return data


def _path(entry: zipfile.ZipInfo) -> list[str]:
    """The parts of its path.

    Some programs write UTF-8 and do not say so, others write backslashes.
    """
    name = entry.filename
    if not entry.flag_bits & IN_UTF8:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            name = entry.filename
    return unicodedata.normalize("NFC", name).replace("\\", "/").rstrip("/").split("/")


def _shown(entry: zipfile.ZipInfo) -> str:
    return in_one_line(fitted("/".join(_path(entry)), MOST_SHOWN))


def _class(folder: str, zip_name: str) -> str:
    # Charts take what stands between these for tags.
    name = in_one_line(fitted(folder, len(folder) * 6)).strip().translate({60: "‹", 62: "›"})
    if not 1 <= len(name) <= MOST_TITLE:
        raise DataError(
            f"{zip_name}: a folder is called {name[:MOST_TITLE]!r} …, with {len(name)} characters; "
            f"the name of a class has 1 to {MOST_TITLE}."
        )
    return name


def _order(name: str) -> tuple[bool, int, str, str]:
    """Numbers by their size, then words by the alphabet."""
    return (not name.isdecimal(), int(name) if name.isdecimal() else 0, name.casefold(), name)
