"""What a class does to the app: many sessions of mixed use over websockets, for minutes.

    python -m benchmarks.load [--sessions 50] [--minutes 10] [--json]

Each session is a user of its own. Again and again it does one of these: starts a run of settings
that nobody else has, watches what trains, stops its own run, keeps a drawing under its digit,
starts a small sweep, compares runs, goes away and comes back. Printed are:

- exceptions that a page showed or the server logged, and errors that a page said, with how often
- lost runs: asked for and not in the store, or ended as failed or interrupted
- sessions that were shown a digit of somebody else, or not all of their own
- the answer to a click, from the click until the page is whole (s, median and 95th percentile)
- memory of all processes, at the beginning and at the end (MB), and what each resource was used to

The server, its workers and the sessions share the machine; the sessions are one process.
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from benchmarks.people import Person, Seen
from benchmarks.processes import family, memory, seconds
from mnist_core.runs.records import Run
from mnist_core.runs.store import RunStore
from mnist_core.runs.tags import read_run
from mnist_core.settings import sqlite_url
from tests.helpers.app import COMMAND, App

SESSIONS, MINUTES = 50, 10.0
WARM = 0.2  # minutes in which one session has the app load what it needs, before all come
DRAIN = 60.0  # seconds that are left at the end to runs that train
MEDIAN, P95 = 0.5, 2.0  # seconds that an answer is to take


async def use(app: App, sessions: int, minutes: float) -> Seen:
    """Have so many people use the app for so long."""
    seen = Seen()
    until = time.monotonic() + 60 * minutes
    people = [Person(app.url, number, seen) for number in range(sessions)]
    await asyncio.gather(*(person.live(until) for person in people))
    return seen


def drained(store: RunStore, most: float) -> int:
    """Wait until nothing trains or waits, for so many seconds at most; how many still do."""
    until = time.monotonic() + most
    while (left := len(store.active())) and time.monotonic() < until:
        time.sleep(1.0)
    return left


def lost(store: RunStore, asked: set[tuple[str, int]]) -> list[str]:
    """The runs that somebody asked for and that are not there, and those that broke."""
    runs = [read_run(run) for run in store.client.search(store.experiment)]
    readable = [run for run in runs if isinstance(run, Run)]
    there = {(run.user, run.segments[0].config.seed) for run in readable}
    return [
        *(f"seed {seed} of {user[:8]} is not there" for user, seed in sorted(asked - there)),
        *(f"{run.id} cannot be read" for run in runs if not isinstance(run, Run)),
        *(f"{r.id} {r.state}: {r.error}" for r in readable if r.state in ("failed", "interrupted")),
    ]


def raised(log: str) -> Counter[str]:
    """The errors whose tracebacks are in a log, and how often."""
    _, *found = log.split("Traceback (most recent call last):\n")
    return Counter(
        next((line for line in lines.splitlines() if not line.startswith(" ")), "cut short")
        for lines in found
    )


def measure(sessions: int, minutes: float) -> dict[str, Any]:
    """All figures."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        app = App(home, (*COMMAND, "--server.address", "0.0.0.0"))
        try:
            warm = asyncio.run(use(app, 1, min(WARM, minutes)))
            processes = family(app)
            begun, before = time.monotonic(), (seconds(processes[:1]), seconds(processes[1:]))
            first = memory(processes)
            seen = asyncio.run(use(app, sessions, minutes))
            taken = time.monotonic() - begun
            page = (seconds(processes[:1]) - before[0]) / taken
            workers = (seconds(processes[1:]) - before[1]) / taken
            store = RunStore(sqlite_url(home / "runs.db"))
            queue = len(store.active())
            left = drained(store, DRAIN)
            gone = lost(store, seen.asked | warm.asked)
            last = memory(family(app))
        finally:
            app.stop()
        logged = raised((Path(folder) / "app.log").read_text())
    cores = os.cpu_count() or 1
    used = {
        "the core of the page's process": page,
        "the cores of the machine": (page + workers) / cores,
        "memory": psutil.virtual_memory().percent / 100,
        "places in the queue": queue / (10 * sessions),
    }
    return {
        "sessions": sessions,
        "minutes": minutes,
        "acts": dict(seen.acts),
        "answers": len(seen.answers),
        "answer_median": statistics.median(seen.answers),
        "answer_p95": statistics.quantiles(seen.answers, n=20)[-1],
        "errors": dict(seen.errors.most_common()),
        "logged": dict(logged.most_common()),
        "runs": len(seen.asked),
        "queue_at_the_end": queue,
        "still_active": left,
        "lost": gone,
        "foreign_digits": seen.foreign_digits,
        "memory_begin": first,
        "memory_end": last,
        "used": used,
        "first_to_give_out": max(used, key=used.__getitem__),
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sessions", type=int, default=SESSIONS)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    found = measure(options.sessions, options.minutes)
    if options.json:
        print(json.dumps({"cores": os.cpu_count(), **found}))
        return
    for name, value in found.items():
        match value:
            case dict() | list() if not value:
                print(f"{name:20} none")
            case dict():
                print(name, *(f"    {each}  {what}" for what, each in value.items()), sep="\n")
            case list():
                print(name, *(f"    {each}" for each in value), sep="\n")
            case float():
                aim = {"answer_median": MEDIAN, "answer_p95": P95}.get(name)
                print(f"{name:20} {value:10.2f} {f'to be {aim:g}' if aim else ''}")
            case _:
                print(f"{name:20} {value}")


if __name__ == "__main__":
    main()
