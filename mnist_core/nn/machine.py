"""What this process may use of its machine, found without loading PyTorch.

A container or a batch system gives a process a share of a machine; what the whole machine has is
then no guide.
"""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from mnist_core.errors import ConfigError, Problem

if TYPE_CHECKING:
    from mnist_core.config.train import TrainConfig

CGROUPS = Path("/sys/fs/cgroup")  # where a container's limits are files
OWN_CGROUP = Path("/proc/self/cgroup")
NO_QUOTA = ("max", "-1")  # of versions 2 and 1


def usable_cores() -> int:
    """The cores that this process may use: its affinity, and its container's share of time."""
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    shares = [limit.split() for limit in _limits("cpu.max")]
    quotas, periods = _limits("cpu.cfs_quota_us", "cpu"), _limits("cpu.cfs_period_us", "cpu")
    for quota, period in (*shares, *zip(quotas, periods, strict=True)):
        if quota not in NO_QUOTA:
            cores = min(cores, max(int(quota) // int(period), 1))
    return cores


def usable_memory() -> int:
    """The bytes of memory that this process may use: the machine's, or its container's."""
    import psutil  # here: a notebook that asks for its device does without

    memory: int = psutil.virtual_memory().total
    limits = (*_limits("memory.max"), *_limits("memory.limit_in_bytes", "memory"))
    return min([memory, *(int(limit) for limit in limits if limit != "max")])


APP_MEMORY = 2 * 2**30  # bytes for the page's process, and what else a person has open

SLOTS = {"sgd": 0, "momentum": 1, "adam": 2, "adamw": 2}  # that an optimizer keeps of each weight


def check_fits(config: "TrainConfig", in_size: int = 784, classes: int = 10) -> None:
    """Refuse a network that is too large for this machine's memory, before it is made.

    Training takes 2.6 times the weights' bytes with SGD and 4.6 with Adam (peak of the process
    with 25 million weights): weights, gradients, slots and what is made of them at the start. A
    checkpoint is the weights and slots once more. Without the sizes of the data set, those of
    MNIST, the smallest, are taken.

    Raises:
        ConfigError: says what it needs and what there is.
    """
    sizes = (in_size, *config.hidden_sizes, classes)
    weights = sum(a * b + b for a, b in pairwise(sizes))
    need = 4 * weights * (4 + 2 * SLOTS[config.optimizer])
    there = usable_memory() - APP_MEMORY
    if need > there:
        allowed = (
            f"needs {need / 2**30:.1f} GB of memory to train with {config.optimizer}, and this "
            f"machine has {max(there, 0) / 2**30:.1f} GB for it"
        )
        from mnist_core.config.fields import format_sizes  # a notebook does without pydantic

        raise ConfigError([Problem("hidden_sizes", format_sizes(config.hidden_sizes), allowed)])


def _limits(name: str, controller: str = "") -> Iterator[str]:
    """A limit of this process's control group and of those that it is in.

    ``controller`` is what version 1, still there on older systems, has a folder for.
    """
    try:
        lines = OWN_CGROUP.read_text().splitlines()
    except OSError:  # no Linux
        return
    top = CGROUPS / controller
    for _, controllers, path in (line.split(":", 2) for line in lines):
        if controller in controllers.split(","):
            own = top / path.removeprefix("/")
            for group in (own, *own.parents):
                if group.is_relative_to(top) and (group / name).is_file():
                    yield (group / name).read_text().strip()


def gpu_names() -> list[str]:
    """The GPUs that this process may use, by PyTorch's names."""
    if sys.platform == "darwin":
        return ["mps"] if platform.machine() == "arm64" else []
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    try:
        listed = subprocess.run(
            [tool, "-L"], capture_output=True, text=True, timeout=30, check=False
        ).stdout
    except subprocess.TimeoutExpired:  # a GPU that does not answer
        return []
    count = sum(line.startswith("GPU ") for line in listed.splitlines())
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        count = min(count, sum(part.strip() not in ("", "-1") for part in visible.split(",")))
    return [f"cuda:{i}" for i in range(count)]
