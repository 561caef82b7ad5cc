"""Preloaded into the Dask processes: warm before a job, and gone with the app that started them.

``dask worker ADDRESS --preload mnist_core.jobs.worker`` does the same on an existing cluster.
"""

import os
import socket
import threading
import time
from typing import Any

import psutil
from distributed import Worker

from mnist_core.jobs.cluster import gpu_resources, own_gpu
from mnist_core.jobs.tasks import loading, worker_store
from mnist_core.nn.machine import usable_cores

PARENT_POLL = 0.5  # seconds
NICENESS = 5  # so that the page, the store and the scheduler come first when all cores train


def exit_with_parent() -> None:
    """End this process when the one that started it is gone, even if that one was killed."""
    parent = psutil.Process(os.getppid())

    def watch() -> None:
        # A process whose parent is gone gets another, but on Windows it keeps the number.
        while os.getppid() == parent.pid and parent.is_running():
            time.sleep(PARENT_POLL)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="exit-with-parent").start()


async def _cores(worker: Worker) -> int:
    return usable_cores()


async def _hostname(worker: Worker) -> str:
    return socket.gethostname()


def dask_setup(process: Any) -> None:
    """Called by Dask in each worker, and in nannies that are started with the same options."""
    if not isinstance(process, Worker):
        return
    if process.nanny is not None:  # else its parent is some shell
        exit_with_parent()
    if os.name == "posix":
        os.nice(NICENESS)
    process.startup_information["cores"] = _cores
    process.startup_information["hostname"] = _hostname
    loading.acquire()
    threading.Thread(target=_warm_up, args=(process,), daemon=True, name="warm-up").start()


def _warm_up(worker: Worker) -> None:
    """Load what every job needs. A data set is loaded by the first job that wants it."""
    try:
        from mnist_core.jobs.logs import keep_log
        from mnist_core.nn.training import train  # noqa: F401
        from mnist_core.runs.lean import load_mlflow
        from mnist_core.settings import Settings

        load_mlflow()
        keep_log()
        gpu = own_gpu(worker)
        if gpu is not None:
            worker.loop.add_callback(worker.set_resources, **gpu_resources(gpu))
        worker_store(Settings().store_uri)
    finally:
        loading.release()
