"""Users take turns: who waits with ten runs does not keep others with one from theirs.

Each job has the number of a turn, and those of smaller numbers come first. A user's jobs have
numbers in a row; a user's first begins where those that train now are. So of users who wait, each
has one job a turn, and for one user alone it is first come, first served. This is start-time fair
queueing with jobs of one size (Goyal, Vin and Cheng, 1996).
"""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mnist_core.errors import TooManyError
from mnist_core.runs.library import RunLibrary
from mnist_core.runs.limits import check_stored, unlimited
from mnist_core.runs.records import Run
from mnist_core.settings import Settings


@dataclass(frozen=True)
class Job:
    """A job that waits or is being done, whose it is, and its turn."""

    user: str
    turn: int
    waits: bool


def next_turn(user: str, jobs: Iterable[Job]) -> int:
    """The turn of one more job of ``user``, beside the ``jobs`` that wait or are being done."""
    known = list(jobs)
    done_now = [job.turn for job in known if not job.waits]
    waiting = [job.turn for job in known]
    now = max(done_now) if done_now else min(waiting, default=0)
    return max(now, max((job.turn for job in known if job.user == user), default=-1) + 1)


def check_room(user: str, jobs: Iterable[Job], most: int, more: int = 1) -> None:
    """Refuse ``more`` jobs of a user who would have over ``most`` then. The server's own has any.

    Raises:
        TooManyError: says how many there are and what to do.
    """
    count = sum(job.user == user for job in jobs)
    if not unlimited(user) and count + more > most:
        have = f"{count} run{'s' * (count != 1)} waiting or training" if count else "none"
        raise TooManyError(
            f"No more can start now: you have {have}, and {most} at once are the most that anybody "
            "may have here. Wait until one has ended, or cancel one."
        )


class Turns:
    """Gives out the turns, among a store's active runs and the sweeps that this process began."""

    def __init__(self, library: RunLibrary) -> None:
        self._library = library
        self._most = Settings().most_runs
        self._sweeps: list[tuple[Sequence[Any], Job]] = []
        self._lock = threading.Lock()

    def next(self, by: str) -> int:
        """The turn of one more job of the user ``by``.

        Raises:
            TooManyError: see ``check_room`` and ``check_stored``.
        """
        active = self._library.active()
        check_stored(self._library, by)
        jobs = self._jobs(active)
        check_room(by, jobs, self._most)
        return next_turn(by, jobs)

    def check(self, by: str, active: Iterable[Run], more: int = 1) -> None:
        """Refuse ``more`` jobs of a user beside the ``active`` runs. Raises TooManyError."""
        check_room(by, self._jobs(active), self._most, more)

    def _jobs(self, active: Iterable[Run]) -> list[Job]:
        with self._lock:
            self._sweeps = [s for s in self._sweeps if not all(part.done() for part in s[0])]
            sweeps = [job for _, job in self._sweeps]
        return [*sweeps, *(Job(run.user, run.turn, run.state == "queued") for run in active)]

    def took(self, by: str, turn: int, parts: Sequence[Any]) -> None:
        """A sweep of the user ``by`` has begun at this turn; ``parts`` are its futures."""
        with self._lock:
            self._sweeps.append((parts, Job(by, turn, waits=True)))
