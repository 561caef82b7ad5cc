"""The Dask workers: those that are started here, and what is known of any."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distributed import LocalCluster
from distributed.deploy.subprocess import SubprocessCluster

CORES_A_JOB = 2  # so that the page stays fluent next to a run, and large networks can use two
PRELOAD = "mnist_core.jobs.worker"
GPU = "GPU"  # Dask resource: 1 on a worker that has a GPU to itself, beside the GPU's own name


@dataclass(frozen=True)
class WorkerInfo:
    """A worker as the scheduler knows it.

    ``cores`` are its machine's, 0 if unknown. ``gpus`` are device names. ``runs`` are the ids of
    the runs given to it: the one it trains, and those that wait for it.
    """

    address: str
    host: str
    cores: int
    gpus: tuple[str, ...]
    runs: tuple[str, ...]


def worker_info(address: str, known: dict[str, Any], keys: list[str]) -> WorkerInfo:
    """A worker from the scheduler's record of it and the keys of its tasks."""
    return WorkerInfo(
        address=address,
        host=known.get("hostname") or known["host"],
        cores=known.get("cores", 0),
        gpus=tuple(name for name in known["resources"] if name != GPU),
        runs=tuple(key.split("-")[1] for key in keys if key.startswith("train-")),
    )


def own_gpu(worker_name: object) -> str | None:
    """The GPU that a worker of this name has to itself, or None.

    The workers that are started here are called 0, 1, ...: each takes one GPU while there are
    some. A worker of an existing cluster takes the first that it sees.
    """
    from mnist_core.nn.device import available_devices

    gpus = [device.name for device in available_devices() if device.name != "cpu"]
    index = worker_name if isinstance(worker_name, int) else 0
    return gpus[index] if index < len(gpus) else None


def local_cluster() -> Any:
    """A scheduler and workers on this machine, which end with this process."""
    cores = os.cpu_count() or 1
    root = str(Path(__file__).resolve().parents[2])
    # Workers are new Python processes; they find this package wherever the app was started.
    paths = [root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(paths))
    # Threads that wait must not spin: with other work on the cores that costs a hundredfold.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    workers = max(1, cores // CORES_A_JOB)
    if sys.platform == "win32":  # SubprocessCluster refuses Windows
        return LocalCluster(
            n_workers=1, threads_per_worker=workers, processes=False, dashboard_address=None
        )
    return SubprocessCluster(
        n_workers=workers,
        threads_per_worker=1,  # one job at a time, so that a GPU has one at a time
        dashboard_address=None,  # type: ignore[arg-type]  # None turns it off
        scheduler_kwargs={"preload": [PRELOAD]},
        worker_kwargs={"preload": [PRELOAD], "preload_nanny": [PRELOAD]},
    )
