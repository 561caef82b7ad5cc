"""What the commands share: their shape, exit codes, JSON lines, Ctrl-C, the network of a run."""

import dataclasses
import errno
import json
import math
import os
import signal
import sys
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, Field, create_model

from mnist_core.data.events import Downloading
from mnist_core.errors import StoreError

if TYPE_CHECKING:
    from mnist_core.reading.predict import Predictor

BAD_USAGE, FAILED, INTERRUPTED = 2, 1, 130  # 130: what shells report for Ctrl-C

# What asks a process to end: Ctrl-C; kill, a batch system, a container; a terminal that is closed.
ENDINGS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


class Command(BaseModel, ABC):
    """One command: a subclass's fields are its flags, and its docstring is their help."""

    @abstractmethod
    def __call__(self) -> int:
        """Do it; the exit status. What it needs beyond its flags is imported here."""


C = TypeVar("C", bound=Command)


class Printing(Command):
    """A command that prints lines for a person, or for a program."""

    as_json: bool = Field(False, alias="json", description="One JSON object a line.")

    def tell(self, fields: dict[str, Any], line: str | None, interrupted: list[int]) -> None:
        """Print an event: its fields for a program, or the line for a person, if it is worth one.

        A reader that has gone, as ``head`` has after ten lines and a terminal that was closed, is
        Ctrl-C, so that what was learnt is kept. What is printed afterwards goes nowhere.
        """
        try:
            if self.as_json:
                print_json(fields)
            elif line:
                print(line, flush=True)
        except OSError as error:
            if error.errno not in (errno.EPIPE, errno.EIO):
                raise
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            interrupted.append(signal.SIGINT)


def with_flags(texts: Mapping[str, tuple[str, str]]) -> Callable[[type[C]], type[C]]:
    """Give a command a flag for each name: its default and its help.

    Values stay as they were typed: the configuration checks them, and says the same as the form
    does.
    """
    flags: dict[str, Any] = {
        name: (str, Field(default, description=text)) for name, (default, text) in texts.items()
    }

    def add(command: type[C]) -> type[C]:
        return create_model(command.__name__, __base__=command, __doc__=command.__doc__, **flags)

    return add


def given(command: Command, names: Collection[str]) -> dict[str, str]:
    """What was typed for those flags among ``names`` that were given."""
    return command.model_dump(include=set(names), exclude_unset=True)


def flag(field: str) -> str:
    """A field's name as an option."""
    return "--" + field.replace("_", "-")


def print_json(values: dict[str, Any]) -> None:
    """One JSON object on a line of its own."""
    print(json.dumps(_known(values), allow_nan=False), flush=True)


def _known(value: Any) -> Any:
    """The value with None for what JSON has no word for: the infinite losses of what diverged."""
    match value:
        case dict():
            return {name: _known(part) for name, part in value.items()}
        case list() | tuple():
            return [_known(part) for part in value]
        case float() if not math.isfinite(value):
            return None
    return value


def download_line(event: Downloading) -> str:
    """How far a download is, for a person."""
    return f"Downloading {event.dataset}: {event.done / 1e6:.1f} MB, {event.share:.0%}"


def as_json_fields(event: Any) -> dict[str, Any]:
    """The event's name and its fields."""
    return {"event": type(event).__name__, **dataclasses.asdict(event)}


@contextmanager
def first_interrupt() -> Iterator[list[int]]:
    """The first of ``ENDINGS`` fills the list and ends nothing; the next raises KeyboardInterrupt.

    A signal that is ignored already, as ``nohup`` has it of SIGHUP, stays ignored.
    """
    caught: list[int] = []
    before = {number: signal.getsignal(number) for number in ENDINGS}
    heard = [number for number in ENDINGS if before[number] is not signal.SIG_IGN]

    def note(number: int, _frame: FrameType | None) -> None:
        caught.append(number)
        for each in heard:
            signal.signal(each, signal.default_int_handler)

    for number in heard:
        signal.signal(number, note)
    try:
        yield caught
    finally:
        for number in heard:
            signal.signal(number, before[number])


def load_predictor(run_id: str) -> "Predictor":
    """The network of a run. Raises StoreError if it has none yet."""
    from mnist_core.reading.predict import Predictor
    from mnist_core.runs.store import RunStore

    network = RunStore().load_network(run_id)
    if network is None:
        raise StoreError(f"run {run_id!r} has no network yet")
    return Predictor(network)
