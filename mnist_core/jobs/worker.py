"""Preloaded into the Dask processes: warm before a job, and gone with the app that started them.

``dask worker ADDRESS --preload mnist_core.jobs.worker`` does the same on an existing cluster.
"""

import os
import socket
import threading
import time
from typing import Any

from distributed import Worker

from mnist_core.jobs.cluster import GPU, own_gpu

PARENT_POLL = 0.5  # seconds
NICENESS = 5  # so that the page, the store and the scheduler come first when all cores train


def _exit_with_parent() -> None:
    """End this process when the one that started it is gone, even if that one was killed."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(PARENT_POLL)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="exit-with-parent").start()


async def _cores(worker: Worker) -> int:
    return os.cpu_count() or 1


async def _hostname(worker: Worker) -> str:
    return socket.gethostname()


def dask_setup(process: Any) -> None:
    """Called by Dask in the scheduler, each nanny and each worker."""
    alone = isinstance(process, Worker) and process.nanny is None  # its parent is some shell
    if os.name == "posix" and not alone:
        _exit_with_parent()
    if isinstance(process, Worker):
        if os.name == "posix":
            os.nice(NICENESS)
        process.startup_information["cores"] = _cores
        process.startup_information["hostname"] = _hostname
        threading.Thread(target=_warm_up, args=(process,), daemon=True, name="warm-up").start()


def _warm_up(worker: Worker) -> None:
    """Load what the first job needs, so that its first result takes as long as any other's."""
    from mnist_core.data.datasets import locate, prepare, resident
    from mnist_core.jobs.tasks import worker_store
    from mnist_core.nn.training import train  # noqa: F401
    from mnist_core.settings import Settings

    gpu = own_gpu(worker.name)
    if gpu is not None:
        worker.loop.add_callback(worker.set_resources, **{GPU: 1, gpu: 1})
    worker_store(Settings().store_uri)
    if locate("mnist") is not None:
        try:
            next(prepare("mnist"))
        except StopIteration as end:
            resident("mnist", end.value.source, "cpu")
