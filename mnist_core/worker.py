"""Preloaded into the Dask processes that the app starts: warm before a job, gone with the app."""

import os
import threading
import time
from typing import Any

from distributed import Worker

from mnist_core.jobs import worker_store
from mnist_core.settings import Settings

PARENT_POLL = 0.5  # seconds


def _exit_with_parent() -> None:
    """End this process when the one that started it is gone, even if that one was killed."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(PARENT_POLL)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="exit-with-parent").start()


def dask_setup(process: Any) -> None:
    """Called by Dask in the scheduler, each nanny and each worker."""
    if os.name == "posix":
        _exit_with_parent()
    if isinstance(process, Worker):
        threading.Thread(target=_warm_up, daemon=True, name="warm-up").start()


def _warm_up() -> None:
    """Load what the first job needs, so that its first result takes as long as any other's."""
    from mnist_core.datasets import locate, prepare, resident
    from mnist_core.training import train  # noqa: F401

    worker_store(Settings().store_uri)
    if locate("mnist") is not None:
        try:
            next(prepare("mnist"))
        except StopIteration as end:
            resident("mnist", end.value.source, "cpu")
