"""What the commands share: exit codes, JSON lines, Ctrl-C, the network of a run."""

import dataclasses
import json
import math
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

from mnist_core.errors import StoreError

if TYPE_CHECKING:
    from mnist_core.reading.predict import Predictor

BAD_USAGE, FAILED, INTERRUPTED = 2, 1, 130  # 130: what shells report for Ctrl-C


def flag(field: str) -> str:
    """A field's name as an option."""
    return "--" + field.replace("_", "-")


def print_json(values: dict[str, Any]) -> None:
    """One JSON object on a line of its own."""
    # JSON has no word for the infinite losses of a run that diverged.
    known = {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in values.items()
    }
    print(json.dumps(known, allow_nan=False), flush=True)


def as_json_fields(event: Any) -> dict[str, Any]:
    """The event's name and its fields."""
    return {"event": type(event).__name__, **dataclasses.asdict(event)}


@contextmanager
def first_interrupt() -> Iterator[list[int]]:
    """Ctrl-C fills the list once instead of raising; a second one raises as ever."""
    caught: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        caught.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield caught
    finally:
        signal.signal(signal.SIGINT, before)


def load_predictor(run_id: str) -> "Predictor":
    """The network of a run. Raises StoreError if it has none yet."""
    import torch

    from mnist_core.reading.predict import Predictor
    from mnist_core.runs.store import RunStore

    state = RunStore().load_state(run_id, torch.device("cpu"))
    if state is None:
        raise StoreError(f"run {run_id!r} has no network yet")
    return Predictor(state.model)
