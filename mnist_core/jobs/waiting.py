"""Runs that wait for a worker, and for what."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from mnist_core.runs.records import Run


@dataclass(frozen=True)
class Waiting:
    """A run in the queue: its place (1 is next), and what it waits for, as words."""

    run: Run
    position: int
    reason: str


def in_turn(runs: Iterable[Run]) -> list[Run]:
    """Runs that wait, next one first."""
    return sorted(runs, key=lambda run: (run.turn, run.queued))


def queue_of(active: list[Run], gpus: Callable[[], set[str]]) -> list[Waiting]:
    """Those of the ``active`` runs that wait, next one first; ``gpus`` asks which workers have."""
    queued = in_turn(run for run in active if run.state == "queued")
    there = gpus() if queued else set()
    training = [run for run in active if run.state == "running"]
    return [
        Waiting(run, position, reason(run.config.device, there, training, position))
        for position, run in enumerate(queued, 1)
    ]


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
