"""The Dask workers: those that are started here, and what is known of any."""

import contextlib
import functools
import json
import logging
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from mnist_core.config.train import TrainConfig
from mnist_core.data.catalog import check_known
from mnist_core.errors import ClusterError, ConfigError, Problem
from mnist_core.jobs.credentials import new_credentials
from mnist_core.nn.machine import APP_MEMORY, check_machine, gpu_names, usable_cores, usable_memory

if TYPE_CHECKING:
    from distributed import Security

CORES_A_JOB = 2  # so that the page stays fluent next to a run, and large networks can use two
MOST_WORKERS = 4
# PyTorch and a data set take 1.1 GB, and a population may take two more.
WORKER_MEMORY = 3 * 2**30

SERVERS = "mnist_core.jobs.servers"
PRELOAD = "mnist_core.jobs.worker"
GPU = "GPU"  # Dask resource: 1 on a worker that has a GPU to itself, beside the GPU's own name


@dataclass(frozen=True)
class WorkerInfo:
    """A worker as the scheduler knows it.

    ``cores`` are its machine's, 0 if unknown. ``gpus`` are device names. ``runs`` are the ids of
    the runs given to it: the one it trains, and those that wait for it; ``sweeps`` those of the
    jobs of sweeps.
    """

    address: str
    host: str
    cores: int
    gpus: tuple[str, ...]
    runs: tuple[str, ...]
    sweeps: tuple[str, ...]


def worker_info(address: str, known: dict[str, Any], keys: list[str]) -> WorkerInfo:
    """A worker from the scheduler's record of it and the keys of its tasks."""
    return WorkerInfo(
        address=address,
        host=known.get("hostname") or known["host"],
        cores=known.get("cores", 0),
        gpus=tuple(name for name in known["resources"] if name != GPU),
        runs=tuple(key.split("-")[1] for key in keys if key.startswith("train-")),
        sweeps=tuple(key.split("-")[1] for key in keys if key.startswith("study-")),
    )


def gpu_resources(name: str) -> dict[str, float]:
    """The Dask resources of a worker that has this GPU to itself."""
    return {GPU: 1, name: 1}


def own_gpu(worker: Any) -> str | None:
    """The GPU that a Dask worker has to itself, or None.

    One that was started here (its name is a number) has the one that it was given, if PyTorch can
    use it; a worker of an existing cluster takes the first that it sees.
    """
    from mnist_core.nn.device import available_devices

    usable = [device.name for device in available_devices() if device.name != "cpu"]
    if isinstance(worker.name, int):
        usable = [name for name in usable if name in worker.state.total_resources]
    return next(iter(usable), None)


def worker_count(gpus: int) -> int:
    """How many workers this machine has cores and memory for; one for each GPU at least."""
    by_memory = (usable_memory() - APP_MEMORY) // WORKER_MEMORY
    by_cores = usable_cores() // CORES_A_JOB
    return max(1, gpus, min(by_cores, by_memory, MOST_WORKERS))


class LocalWorkers:
    """A scheduler and workers on this machine, in processes that end with this one.

    Dask's own ``LocalCluster`` cannot start processes from a Streamlit script, which each of them
    would run again; its ``SubprocessCluster`` refuses Windows and calls all its workers the same.
    The scheduler shares a process with the nannies (``servers``): Dask is loaded once for all of
    them, and a worker can begin before this process has loaded any of it.

    Attributes:
        gpus: those that workers have, one each.
    """

    def __init__(self) -> None:
        self.gpus = gpu_names()
        self._credentials = new_credentials()
        root = str(Path(__file__).resolve().parents[2])
        # They find this package wherever the app was started.
        paths = [root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
        environment = {
            # Threads that wait must not spin: beside other work that costs a hundredfold.
            "OMP_WAIT_POLICY": "passive",
            # A worker would keep where it was each hundredth of a second of the last hour in which
            # it had work: a megabyte for each run of a few seconds.
            "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
            # A worker has all its jobs at once and takes them by priority. Else one more than it
            # does is sent ahead, and a run whose turn is first comes after it.
            "DASK_DISTRIBUTED__SCHEDULER__WORKER_SATURATION": "inf",
            **os.environ,
            **self._credentials.variables(),
            "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
        }
        self._workers = [self._options(n) for n in range(worker_count(len(self.gpus)))]
        self._process = subprocess.Popen(
            [sys.executable, "-m", SERVERS, json.dumps(self._workers)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env=environment,
        )
        assert self._process.stdout is not None, "it is a pipe"
        self._said = self._process.stdout

    def _options(self, number: int) -> dict[str, Any]:
        """Those of the ``number``-th worker's nanny."""
        gpu = self.gpus[number] if number < len(self.gpus) else None
        return {
            "name": number,
            "nthreads": 1,  # one job at a time, so that a GPU has one at a time
            # Dask would give each a share of the memory, and pause one that comes near it.
            "memory_limit": 0,
            "resources": gpu_resources(gpu) if gpu else {},
            "preload": [PRELOAD],
            "silence_logs": logging.WARNING,
        }

    @functools.cached_property
    def address(self) -> str:
        """Of the scheduler, once it is there.

        Raises:
            ClusterError: the scheduler does not start; says why.
        """
        with self._said:
            said = json.loads(self._said.readline() or "{}")
        if "address" in said:
            return str(said["address"])
        self.close()
        why = said.get("error", "the terminal in which the app was started says why")
        raise ClusterError(f"the scheduler of this app's workers does not start: {why}")

    @functools.cached_property
    def security(self) -> "Security":
        """The credentials without which nobody is answered there, as Dask takes them."""
        return self._credentials.security()

    def check(self, config: TrainConfig, alone: bool = True) -> None:
        """Refuse what cannot be trained on this machine.

        Unless its user is ``alone`` here, others train beside it, and each worker has its share of
        the memory.

        Raises:
            ConfigError: its device or its data set is not here, or it is too large for the memory.
        """
        check_known(config.dataset)
        names = ("auto", "cpu", *self.gpus)
        if config.device not in names:
            allowed = f"is not on this machine, which has {', '.join(names)}"
            raise ConfigError([Problem("device", config.device, allowed)])
        check_machine(config, self.gpus, 1 if alone else len(self._workers))

    def close(self) -> None:
        """End the processes."""
        with contextlib.suppress(psutil.NoSuchProcess):  # it ends just now
            for child in psutil.Process(self._process.pid).children(recursive=True):
                child.kill()
        self._process.kill()
        self._process.wait()
        self._said.close()
