"""Workers as the app starts them, for many tests."""

import contextlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from distributed import Client

from mnist_core.jobs.cluster import LocalWorkers
from tests.helpers.gate import Gate

if TYPE_CHECKING:
    from mnist_core.jobs.queue import JobQueue

END = 5.0  # seconds in which a job whose result is known ends; any other is broken off


class Workers:
    """A scheduler and workers of this machine that outlive the queues that use them."""

    def __init__(self) -> None:
        self.cluster = LocalWorkers()
        self._close = self.cluster.close
        self.cluster.close = lambda: None  # what a queue calls when it is closed
        about = {
            "address": self.cluster.address,
            "gpus": self.cluster.gpus,
            "workers": self.cluster._workers,
            "credentials": asdict(self.cluster._credentials),
        }
        self._about = json.dumps(about)
        self._client: Any = Client(
            self.cluster.address, security=self.cluster.security, set_as_default=False
        )

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let the apps that start from now on, and pass a gate, use them (``gated/``)."""
        monkeypatch.setenv("SHARED_TEST_WORKERS", self._about)

    def forget(self) -> None:
        """Break off what a test has left."""
        deadline = time.monotonic() + END
        while any(self._client.processing().values()):
            if time.monotonic() > deadline:
                self._client.restart()
                return
            time.sleep(0.05)

    def close(self) -> None:
        self._client.close()
        self._close()


@contextlib.contextmanager
def started(gate: Gate, data: Path, home: Path) -> Iterator[Workers]:
    """Workers that pass a gate, on a machine with this data."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MNIST_LAB_HOME", str(home))
        patch.setenv("MNIST_LAB_DATA", str(data))
        gate.install(patch)
        workers = Workers()
    yield workers
    workers.close()


def busy(queue: "JobQueue", run_id: str) -> int:
    """The process that trains a run."""
    (address,) = (w.address for w in queue.workers() if run_id in w.runs)
    pid: int = queue._client.run(os.getpid, workers=[address])[address]
    return pid


def workers_of(queue: "JobQueue") -> dict[str, int]:
    """The processes of a queue's workers, by address."""
    pids: dict[str, int] = queue._client.run(os.getpid)
    return pids
