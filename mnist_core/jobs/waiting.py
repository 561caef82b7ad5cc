"""Runs that wait for a worker, and for what."""

from dataclasses import dataclass

from mnist_core.runs.records import Run


@dataclass(frozen=True)
class Waiting:
    """A run in the queue: its place (1 is next), and what it waits for, as words."""

    run: Run
    position: int
    reason: str


def reason(device: str, gpus: set[str], training: list[Run], position: int) -> str:
    """What the run at a place of the queue waits for, while those in ``training`` train."""
    if device not in ("auto", "cpu") and device not in gpus:
        return f"waits for a worker that has {device}"
    if not training:
        return "waits for a free worker"
    if position > 1:
        return "waits for those before it"
    if len(training) == 1:
        return f"waits until {training[0].name} is done"
    return f"waits until one of the {len(training)} that train is done"
