"""A zip becomes a data set on this machine, whole or not at all."""

import re
import shutil
import unicodedata
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from mnist_core.config.texts import check_name
from mnist_core.config.train import OWN
from mnist_core.data import own
from mnist_core.data.download import arrival_folder, unwritable
from mnist_core.data.fitting import border, fitted_picture
from mnist_core.data.formats import Pictures, as_idx
from mnist_core.data.own import About, Refused
from mnist_core.data.zipped import Zipped, open_zip
from mnist_core.errors import ConfigError, DataError, DrawingError, Problem
from mnist_core.files import write_durably
from mnist_core.settings import Settings

MOST_NUMBERS = 256 * 2**20  # of all pictures: whoever trains keeps four bytes of each
MOST_PIXELS = 10**10  # of all pictures as they come: minutes of decoding
TEST_SHARES = (0.05, 0.5)
SPLIT_SEED = 0
EVERY = 50  # pictures between two reports
MOST_SLUG = 32  # characters
HASH = 8  # characters of the checksum in a name


@dataclass(frozen=True)
class Wish:
    """How a zip is to become a data set.

    ``side`` is in pixels; ``test_share`` of each class, 0.05 to 0.5, is held out as the test set.

    Raises:
        ConfigError: names each value that cannot be, and what is allowed.
    """

    title: str
    side: int = 28
    colour: bool = False
    test_share: float = 0.15

    def __post_init__(self) -> None:
        check_name("name", self.title, own.MOST_TITLE)
        for field, value, (low, high) in (
            ("side", self.side, own.SIDES),
            ("test share", self.test_share, TEST_SHARES),
        ):
            if not low <= value <= high:
                raise ConfigError([Problem(field, value, f"must be from {low:g} to {high:g}")])


@dataclass(frozen=True)
class Reading:
    """How many of a zip's files were looked at."""

    done: int
    total: int


def add(data: bytes, zip_name: str, wish: Wish) -> Generator[Reading, None, str]:
    """Make a data set of a zip's bytes; yields how far it is, returns the data set's name.

    Whoever leaves before the end leaves nothing behind. The name holds a part of the pictures'
    checksum: what is called so is the same pictures on every machine.

    Raises:
        DataError: it cannot be one (see ``open_zip``; too many or too few pictures), there is one
            of this title, or the disk cannot be written. Nothing is left of it.
    """
    _check_title(wish.title)
    zipped = open_zip(data, zip_name)
    images, labels, refused = yield from _read(zipped, wish)
    refused = (*zipped.refused, *refused)
    _check_counts(zipped.classes, labels, refused)
    pictures = _split(images, labels, len(zipped.classes), wish.test_share)
    about = About(
        title=wish.title,
        classes=zipped.classes,
        side=wish.side,
        colour=wish.colour,
        light_on_dark=bool(np.median([border(image) for image in pictures.images]) < 128),
        zip_name=zip_name,
        pictures=len(images),
        sha256=own.digest(pictures, zipped.classes),
        refused=refused,
    )
    return _keep(about, pictures)


def _check_title(title: str) -> None:
    if any(title.casefold() == known.casefold() for known in own.own_titles().values()):
        raise DataError(
            f"There is a data set called {title} already. Choose another name, or remove that one "
            "first."
        )


def _read(
    zipped: Zipped, wish: Wish
) -> Generator[Reading, None, tuple[NDArray[np.uint8], NDArray[np.int64], tuple[Refused, ...]]]:
    """The pictures and labels of what can be read, and what cannot."""
    total = len(zipped.entries)
    shape = (wish.side, wish.side, 3) if wish.colour else (wish.side, wish.side)
    if (numbers := total * int(np.prod(shape))) > MOST_NUMBERS:
        raise DataError(
            f"{total:,} pictures of this size would take {numbers / 2**20:,.0f} MB; the most is "
            f"{MOST_NUMBERS // 2**20} MB. Take a smaller side, grey, or fewer pictures."
        )
    images, labels = np.empty((total, *shape), np.uint8), np.empty(total, np.int64)
    refused: list[Refused] = []
    count, pixels = 0, 0
    yield Reading(0, total)
    for done, (name, path, content) in enumerate(zipped.contents(), 1):
        if isinstance(content, Refused):
            refused.append(content)
        else:
            try:
                images[count], seen = fitted_picture(content, wish.side, wish.colour)
                labels[count] = zipped.classes.index(name)
                count, pixels = count + 1, pixels + seen
            except DrawingError as error:
                refused.append(Refused(path, str(error).removeprefix("picture ")))
        if pixels > MOST_PIXELS:
            raise DataError(
                f"The pictures have more than {MOST_PIXELS / 10**9:g} gigapixels, which is the "
                "most. Take fewer pictures, or smaller ones."
            )
        if done % EVERY == 0 or done == total:
            yield Reading(done, total)
    return images[:count], labels[:count], tuple(refused)


def _check_counts(
    classes: tuple[str, ...], labels: NDArray[np.int64], refused: tuple[Refused, ...]
) -> None:
    counts = np.bincount(labels, minlength=len(classes))
    few = [f"{name} has {n}" for name, n in zip(classes, counts, strict=True) if n < 2]
    if not few:
        return
    shown = ", ".join(few[:5]) + (f" and {len(few) - 5} more" if len(few) > 5 else "")
    why = "".join(f" {r.file}: {r.reason}." for r in refused[:3])
    more = f" And {len(refused) - 3:,} more were refused." if len(refused) > 3 else ""
    raise DataError(
        f"Each class needs 2 pictures that can be read, one to learn from and one to test with: "
        f"{shown}.{why}{more}"
    )


def _split(
    images: NDArray[np.uint8], labels: NDArray[np.int64], classes: int, test_share: float
) -> Pictures:
    """The pictures in a random order that is always the same, those that are held out apart.

    Of each class at least one is held out, and never all.
    """
    order = np.random.default_rng(SPLIT_SEED).permutation(len(labels))
    test = np.zeros(len(labels), bool)
    for label in range(classes):
        rows = order[labels[order] == label]
        test[rows[: min(max(round(test_share * len(rows)), 1), len(rows) - 1)]] = True
    train, held_out = order[~test[order]], order[test[order]]
    return Pictures(images[train], labels[train], images[held_out], labels[held_out])


def _keep(about: About, pictures: Pictures) -> str:
    """Write all into a folder of its own, and give that its name when it is whole."""
    root = Settings().downloads
    name = f"{OWN}{_slug(about.title)}-{about.sha256[:HASH]}"
    target = root / own.folder(name)
    arrived = arrival_folder(own.FOLDER, root)
    try:
        write_durably(arrived / own.ABOUT, about.model_dump_json().encode())
        for file, array in zip(own.picture_files(name, about.colour), pictures[:4], strict=True):
            write_durably(arrived / Path(file).name, as_idx(array))
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.parent / ".lock"):  # tabs, and apps on the same home
            _check_title(about.title)
            if target.exists():  # what is left where somebody removed some of its files
                shutil.rmtree(target)
            arrived.chmod(target.parent.stat().st_mode)  # until now it was ours alone
            arrived.rename(target)
    except OSError as error:
        raise unwritable(root, error) from error
    finally:
        shutil.rmtree(arrived, ignore_errors=True)
    return name


def _slug(title: str) -> str:
    """A title in small letters and digits that every disk and shell takes."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall("[a-z0-9]+", plain))[:MOST_SLUG].strip("-") or "pictures"
