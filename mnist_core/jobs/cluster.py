"""The Dask workers: those that are started here, and what is known of any."""

import contextlib
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psutil

from mnist_core.config.train import TrainConfig
from mnist_core.data.catalog import check_known
from mnist_core.errors import ClusterError, ConfigError, Problem
from mnist_core.jobs.credentials import new_security, variables
from mnist_core.nn.machine import APP_MEMORY, check_machine, gpu_names, usable_cores, usable_memory

CORES_A_JOB = 2  # so that the page stays fluent next to a run, and large networks can use two
MOST_WORKERS = 4
# PyTorch and a data set take 1.1 GB, and a population may take two more.
WORKER_MEMORY = 3 * 2**30

PRELOAD = "mnist_core.jobs.worker"
GPU = "GPU"  # Dask resource: 1 on a worker that has a GPU to itself, beside the GPU's own name
START = 30.0  # seconds until a scheduler counts as not coming


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
    """A scheduler and workers on this machine, each a process that ends with this one.

    Dask's own ``LocalCluster`` cannot start processes from a Streamlit script, which each of them
    would run again; its ``SubprocessCluster`` refuses Windows and calls all its workers the same.

    Attributes:
        address: of the scheduler.
        security: the credentials without which nobody is answered there.
        gpus: those that workers have, one each.

    Raises:
        ClusterError: the scheduler does not start; says why.
    """

    def __init__(self) -> None:
        self.gpus = gpu_names()
        self.security = new_security()
        folder = tempfile.TemporaryDirectory(prefix="mnist-lab-", ignore_cleanup_errors=True)
        with folder, (Path(folder.name) / "log").open("w+") as log:
            file = Path(folder.name) / "scheduler"
            options = {"port": 0, "dashboard": False, "scheduler_file": str(file)}
            self._processes = [self._start("Scheduler", options, stderr=log)]
            self.address = self._address(file, Path(log.name))
        for number in range(worker_count(len(self.gpus))):
            gpu = self.gpus[number] if number < len(self.gpus) else None
            worker = {
                "name": number,
                "nthreads": 1,  # one job at a time, so that a GPU has one at a time
                # Dask would give each a share of the memory, and pause one that comes near it.
                "memory_limit": 0,
                "resources": gpu_resources(gpu) if gpu else {},
                "preload_nanny": [PRELOAD],
                "silence_logs": logging.WARNING,
            }
            self._processes.append(self._start("Nanny", worker, self.address))

    def _start(
        self, server: str, options: dict[str, Any], *args: str, stderr: IO[str] | None = None
    ) -> "subprocess.Popen[bytes]":
        """A Dask server in a process of its own."""
        options = {"host": "127.0.0.1", "protocol": "tls", "preload": [PRELOAD], **options}
        spec = json.dumps({"cls": f"distributed.{server}", "opts": options})
        root = str(Path(__file__).resolve().parents[2])
        # They find this package wherever the app was started.
        paths = [root, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
        environment = {
            # Threads that wait must not spin: beside other work that costs a hundredfold.
            "OMP_WAIT_POLICY": "passive",
            # A worker has all its jobs at once and takes them by priority. Else one more than it
            # does is sent ahead, and a run whose turn is first comes after it.
            "DASK_DISTRIBUTED__SCHEDULER__WORKER_SATURATION": "inf",
            **os.environ,
            **variables(self.security),
            "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths)),
        }
        return subprocess.Popen(
            [sys.executable, "-m", "dask", "spec", *args, "--spec", spec],
            stdin=subprocess.DEVNULL,
            stderr=stderr,
            env=environment,
        )

    def _address(self, file: Path, log: Path) -> str:
        """The scheduler's address, once it has written it."""
        deadline = time.monotonic() + START
        while time.monotonic() < deadline and self._processes[0].poll() is None:
            try:
                return str(json.loads(file.read_text())["address"])
            except (OSError, json.JSONDecodeError):  # not there, or half written
                time.sleep(0.02)
        self.close()
        why = log.read_text().strip().rpartition("\n")[2] or f"no answer in {START:.0f} s"
        raise ClusterError(f"the scheduler of this app's workers does not start: {why}")

    def check(self, config: TrainConfig) -> None:
        """Refuse what cannot be trained on this machine.

        Raises:
            ConfigError: its device or its data set is not here, or it is too large for the memory.
        """
        check_known(config.dataset)
        names = ("auto", "cpu", *self.gpus)
        if config.device not in names:
            allowed = f"is not on this machine, which has {', '.join(names)}"
            raise ConfigError([Problem("device", config.device, allowed)])
        check_machine(config, self.gpus)

    def close(self) -> None:
        """End the processes."""
        for process in reversed(self._processes):
            with contextlib.suppress(psutil.NoSuchProcess):  # it ends just now
                for child in psutil.Process(process.pid).children(recursive=True):
                    child.kill()
            process.kill()
            process.wait()
