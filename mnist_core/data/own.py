"""Data sets of somebody's own pictures, as they lie on the disk; ``adding`` makes them.

Each is a folder ``own/<slug>`` below a root of data sets, as the data sets of others are: a file
that says what it is, and its pictures and labels in MNIST's format.
"""

import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mnist_core.config.train import OWN
from mnist_core.data.formats import IDX_FILES, Pictures, read_idx
from mnist_core.errors import DataError
from mnist_core.settings import Settings

FOLDER = "own"  # below a root of data sets
ABOUT = "about.json"
MOST_TITLE = 40  # characters, of the name of a class too
MOST_CLASSES = 100
SIDES = (8, 64)  # pixels, the smallest and the largest


class Refused(NamedTuple):
    """A file that was not taken, and why."""

    file: str
    reason: str


class About(BaseModel):
    """What a data set of somebody's own is.

    ``side`` is its pictures' in pixels. ``light_on_dark`` says whether what is around most of them
    is dark, as in MNIST. ``sha256`` is ``digest``'s. ``refused`` are the files of ``zip_name`` that
    were not taken.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["mnist-lab-pictures"] = "mnist-lab-pictures"
    version: Literal[1] = 1
    title: str = Field(min_length=1, max_length=MOST_TITLE)
    classes: tuple[Annotated[str, Field(min_length=1, max_length=MOST_TITLE)], ...] = Field(
        min_length=2, max_length=MOST_CLASSES
    )
    side: int = Field(ge=SIDES[0], le=SIDES[1])
    colour: bool
    light_on_dark: bool
    zip_name: str
    pictures: int
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    refused: tuple[Refused, ...] = ()

    @property
    def shows_digits(self) -> bool:
        """Whether a drawing looks like its pictures, and its classes are the ten digits."""
        like_mnist = self.side == 28 and not self.colour and self.light_on_dark
        return like_mnist and self.classes == tuple("0123456789")


def is_own(name: str) -> bool:
    """Whether a data set's name says that it is somebody's own."""
    return name.startswith(OWN)


def folder(name: str) -> str:
    """Where its files are, below a root."""
    return f"{FOLDER}/{name.removeprefix(OWN)}"


def picture_files(name: str, colour: bool) -> tuple[str, ...]:
    """The files of its pictures and labels below a root, in ``read_idx``'s order."""
    names = [file.replace("idx3", "idx4") if colour else file for file in IDX_FILES]
    return tuple(f"{folder(name)}/{file}" for file in names)


def about(name: str) -> About | None:
    """What a data set is that lies in one of the roots; None where there is none of this name.

    Raises:
        DataError: what is there cannot be read; it names the file.
    """
    for root in Settings().roots:
        path = root / folder(name) / ABOUT
        try:
            changed = path.stat().st_mtime_ns
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror}") from error
        return _about(path, changed)
    return None


@lru_cache(maxsize=64)
def _about(path: Path, _changed: int) -> About:
    """Read again when it was changed: a form asks for all of them, each time it is drawn."""
    return _parsed(path)


def _parsed(path: Path) -> About:
    try:
        return About.model_validate_json(path.read_bytes())
    except ValidationError as error:
        wrong = error.errors()[0]
        place = ".".join(map(str, wrong["loc"])) or "it"
        raise DataError(f"{path} is damaged: {place}: {wrong['msg']}") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error


def own_titles() -> dict[str, str]:
    """What the data sets of one's own are called, by the names that settings give them.

    One that is damaged is called by its folder: whoever asks for it hears what is wrong.
    """
    found: dict[str, str] = {}
    for root in Settings().roots:
        try:
            slugs = sorted(path.parent.name for path in (root / FOLDER).glob(f"[a-z0-9]*/{ABOUT}"))
        except OSError:  # not to be looked into, as one that is not there
            continue
        for slug in slugs:
            try:
                known = about(OWN + slug)
            except DataError:
                known = None
            found.setdefault(OWN + slug, slug if known is None else known.title)
    return found


def digest(pictures: Pictures, classes: Sequence[str]) -> str:
    """SHA-256 of all pictures and labels, their shapes and what the labels are called."""
    found = hashlib.sha256(json.dumps([*classes]).encode())
    for part in pictures[:4]:
        found.update(f"{part.shape}".encode())
        found.update(part.astype("u1").tobytes())
    return found.hexdigest()


def read_own(paths: list[Path]) -> Pictures:
    """The file that says what it is, and the four of ``picture_files``.

    Raises:
        DataError: one cannot be read or is damaged, or they are not what they were.
    """
    first, *files = paths
    known, found = _parsed(first), read_idx(files)
    if digest(found, known.classes) != known.sha256:
        raise DataError(
            f"the pictures in {first.parent} are damaged: their checksum is wrong. Delete that "
            "folder, and add the zip again."
        )
    return found._replace(classes=known.classes)
