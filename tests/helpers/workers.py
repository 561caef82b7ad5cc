"""Workers as the app starts them, for many tests."""

import os
import time
from typing import TYPE_CHECKING, Any

from distributed import Client

from mnist_core.jobs.cluster import LocalWorkers

if TYPE_CHECKING:
    from mnist_core.jobs.queue import JobQueue

END = 5.0  # seconds in which a job whose result is known ends; any other is broken off


class Workers:
    """A scheduler and workers of this machine that outlive the queues that use them."""

    def __init__(self) -> None:
        self.cluster = LocalWorkers()
        self._close = self.cluster.close
        self.cluster.close = lambda: None  # what a queue calls when it is closed
        self._client: Any = Client(
            self.cluster.address, security=self.cluster.security, set_as_default=False
        )

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


def busy(queue: "JobQueue", run_id: str) -> int:
    """The process that trains a run."""
    (address,) = (w.address for w in queue.workers() if run_id in w.runs)
    pid: int = queue._client.run(os.getpid, workers=[address])[address]
    return pid


def workers_of(queue: "JobQueue") -> dict[str, int]:
    """The processes of a queue's workers, by address."""
    pids: dict[str, int] = queue._client.run(os.getpid)
    return pids
