"""A person's own digits: what they drew, and what they say it is.

They live in one JSON file, which is also what is exported and imported. It is replaced as a whole,
so that it is the old one or the new one whatever happens, and by one process after the other.
"""

from __future__ import annotations

import base64
import binascii
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from mnist_core.drawing.prepare import SIDE
from mnist_core.drawing.strokes import FloatArray, Stroke
from mnist_core.errors import DrawingError
from mnist_core.files import write_whole
from mnist_core.settings import Settings

MOST_DIGITS = 10_000
MOST_BYTES = 100 * 2**20  # of a file; 10,000 digits of a hundred points each have 30 MB
# A point takes 6 bytes of a file and 110 of memory, and a digit has a hundred or two.
MOST_POINTS = 3_000_000
FILE = "digits.json"

_Point = tuple[
    Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)],
    Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)],
]


class Line(BaseModel):
    """One stroke: where the middle of the pen went, in pixels of the canvas, y down."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: float = Field(gt=0, le=2000)
    points: tuple[_Point, ...] = Field(min_length=1)


class MyDigit(BaseModel):
    """One digit. ``pixels`` are the 28 x 28 that a network sees, one byte each, in base64.

    ``strokes`` are empty for a digit from a picture; ``created`` is in seconds since 1970.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern="^[0-9a-f]{32}$")
    label: int = Field(ge=0, le=9)
    created: float = Field(ge=0, allow_inf_nan=False)
    strokes: tuple[Line, ...]
    pixels: str

    @field_validator("pixels")
    @classmethod
    def _are_a_picture(cls, pixels: str) -> str:
        try:
            size = len(base64.b64decode(pixels, validate=True))
        except binascii.Error as error:
            raise ValueError("pixels are not base64") from error
        if size != SIDE * SIDE:
            raise ValueError(f"pixels hold {size} bytes, not {SIDE * SIDE}")
        return pixels

    @classmethod
    def new(cls, label: int, image: FloatArray, strokes: Sequence[Stroke] = ()) -> MyDigit:
        """A digit that somebody drew just now; image float32 (28, 28) in [0, 1]."""
        lines = [Line(width=s.width, points=s.points.round(1).tolist()) for s in strokes]
        pixels = base64.b64encode((image * 255).round().astype(np.uint8).tobytes()).decode()
        return cls(
            id=uuid.uuid4().hex,
            label=label,
            created=time.time(),
            strokes=tuple(lines),
            pixels=pixels,
        )

    @property
    def image(self) -> FloatArray:
        """float32 (28, 28) in [0, 1]."""
        pixels: NDArray[np.uint8] = np.frombuffer(base64.b64decode(self.pixels), np.uint8)
        return pixels.reshape(SIDE, SIDE).astype(np.float32) / np.float32(255)


class DigitFile(BaseModel):
    """What a file of digits holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["mnist-lab-digits"] = "mnist-lab-digits"
    version: Literal[1] = 1
    digits: tuple[MyDigit, ...] = Field((), max_length=MOST_DIGITS)


def parse_digits(data: bytes, name: str) -> tuple[MyDigit, ...]:
    """The digits in a file's bytes.

    Raises DrawingError, which calls the file ``name``, for anything else.
    """
    _check_size(data, f"{name} has")
    try:
        return DigitFile.model_validate_json(data).digits
    except ValidationError as error:
        problem = error.errors()[0]
        place = ".".join(map(str, problem["loc"])) or "it"
        raise DrawingError(
            f"{name} is not a file of digits from this app: {place}: {problem['msg']}"
        ) from error


def _check_size(data: bytes, whose: str) -> None:
    if len(data) > MOST_BYTES:
        raise DrawingError(f"{whose} more than {MOST_BYTES // 2**20} MB, which is the most")
    if data.count(b"[") > MOST_POINTS:
        raise DrawingError(f"{whose} more than {MOST_POINTS:,} points, which is the most")


class MyDigits:
    """The personal set, in a folder (``my-digits`` in the app's home).

    Every method raises DrawingError, which names the file, where it is damaged or cannot be used.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.path = (folder or Settings().home / "my-digits") / FILE

    @classmethod
    def of_user(cls, user: str) -> MyDigits:
        """A user's own set; without a user, that of whoever runs the server."""
        return cls(Settings().home / "my-digits" / user)

    def __repr__(self) -> str:
        return f"MyDigits({str(self.path)!r})"

    def all(self) -> tuple[MyDigit, ...]:
        """Every digit, oldest first."""
        return parse_digits(self.export(), str(self.path))

    def export(self) -> bytes:
        """The whole set as a file."""
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return DigitFile().model_dump_json().encode()
        except OSError as error:
            raise DrawingError(f"{self.path} cannot be read: {error.strerror}") from error

    @property
    def version(self) -> tuple[int, int]:
        """Another one whenever the set was changed."""
        try:
            found = self.path.stat()
        except OSError:  # there is none yet, or ``all`` says why not
            return (0, 0)
        return (found.st_mtime_ns, found.st_ino)

    def add(self, *digits: MyDigit) -> int:
        """Keep digits; those that are there already are left out. Returns how many are new.

        Raises DrawingError when there would be more digits, points or bytes than a set may have.
        """
        with self._alone():
            kept = self.all()
            known = {digit.id for digit in kept}
            new = [d for d in {d.id: d for d in digits}.values() if d.id not in known]
            if len(kept) + len(new) > MOST_DIGITS:
                raise DrawingError(f"there would be more than {MOST_DIGITS:,} digits; delete some")
            self._write((*kept, *new))
            return len(new)

    def delete(self, digit_id: str) -> None:
        """Forget a digit; nothing happens if it is not there."""
        with self._alone():
            self._write(tuple(digit for digit in self.all() if digit.id != digit_id))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Tabs, and apps on the same home, change the file one after the other."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(self.path.with_suffix(".lock")):
                yield
        except OSError as error:
            raise DrawingError(f"{self.path} cannot be written: {error.strerror}") from error

    def _write(self, digits: tuple[MyDigit, ...]) -> None:
        data = DigitFile(digits=digits).model_dump_json().encode()
        _check_size(data, "the digits would have")  # else the set could never be read again
        write_whole(self.path, data)


def as_arrays(digits: Sequence[MyDigit]) -> tuple[FloatArray, NDArray[np.int64]]:
    """(images float32 (N, 784) in [0, 1], labels int64 (N,))."""
    images = [digit.image.ravel() for digit in digits]
    stacked = np.stack(images) if images else np.zeros((0, SIDE * SIDE), np.float32)
    return stacked, np.array([digit.label for digit in digits], np.int64)
