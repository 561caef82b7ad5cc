"""What this process may use of its machine, found without loading PyTorch.

A container or a batch system gives a process a share of a machine; what the whole machine has is
then no guide.
"""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mnist_core.config.device import parameter_count
from mnist_core.errors import ConfigError, Problem

if TYPE_CHECKING:
    from mnist_core.config.train import TrainConfig

CGROUPS = Path("/sys/fs/cgroup")  # where a container's limits are files
OWN_CGROUP = Path("/proc/self/cgroup")
CPUINFO = Path("/proc/cpuinfo")

BUSY = 0.3  # load a core from which other work disturbs a measurement


def usable_cores() -> int:
    """The cores that this process may use: its affinity, and its container's share of time."""
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    for share in _cpu_shares():
        cores = min(cores, max(int(share), 1))
    return cores


def cpu_name() -> str:
    """The processor, as it calls itself."""
    for line in _read(CPUINFO).splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def load_average() -> float:
    """Processes that wanted a core over the last minute; 0 where the system does not say."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else 0.0


def usable_memory() -> int:
    """The bytes of memory that this process may use: the machine's, or its container's."""
    memory = _machine_memory()
    # Version 2 of control groups, beyond which it kills and from which it slows down; and 1.
    names = ("memory.max", "memory.high", "memory.limit_in_bytes")
    limits = (_read(group / name) for group in _groups("memory") for name in names)
    return min([memory, *(int(limit) for limit in limits if limit not in ("", "max"))])


def _machine_memory() -> int:
    """In bytes, whoever may use it."""
    if hasattr(os, "sysconf"):  # Linux and macOS, where training needs no more than PyTorch then
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    import psutil

    memory: int = psutil.virtual_memory().total
    return memory


APP_MEMORY = 2 * 2**30  # bytes for the page's process, and what else a person has open

SLOTS = {"sgd": 0, "momentum": 1, "adam": 2, "adamw": 2}  # that an optimizer keeps of each weight


def check_fits(
    config: "TrainConfig",
    in_size: int = 784,
    classes: int = 10,
    memory: int | None = None,
    jobs: int = 1,
) -> None:
    """Refuse a network that is too large for the memory, before it is made.

    ``memory`` is what there is for it in bytes, by default on this machine beside the app, in
    ``jobs`` equal parts.

    Training takes 2.6 times the weights' bytes with SGD and 4.6 with Adam (peak of the process
    with 25 million weights): weights, gradients, slots and what is made of them at the start. A
    checkpoint is the weights and slots once more. Without the sizes of the data set, those of
    MNIST, the smallest, are taken.

    Raises:
        ConfigError: says what it needs and what there is.
    """
    sizes = (in_size, *config.hidden_sizes, classes)
    need = 4 * parameter_count(sizes) * (4 + 2 * SLOTS[config.optimizer])
    there = max(usable_memory() - APP_MEMORY, 0) // jobs if memory is None else memory
    if need > there:
        where = "the GPU" if memory is not None else "each worker" if jobs > 1 else "this machine"
        allowed = (
            f"needs {need / 2**30:.1f} GB of memory to train with {config.optimizer}, and {where} "
            f"has {there / 2**30:.1f} GB for it"
        )
        from mnist_core.config.fields import format_sizes  # a notebook does without pydantic

        raise ConfigError([Problem("hidden_sizes", format_sizes(config.hidden_sizes), allowed)])


def check_machine(config: "TrainConfig", gpus: Iterable[str], jobs: int = 1) -> None:
    """``check_fits`` before a run is made, on a machine with these GPUs and so many ``jobs``.

    A card has memory of its own, at which whoever trains on it looks.
    """
    if config.device == "cpu" or not any(gpu.startswith("cuda") for gpu in gpus):
        check_fits(config, jobs=jobs)


def _cpu_shares() -> Iterator[float]:
    """The cores' worth of time that each control group around this process may take."""
    for group in _groups("cpu"):
        quota, _, period = _read(group / "cpu.max").partition(" ")
        if not quota:  # not version 2
            quota, period = _read(group / "cpu.cfs_quota_us"), _read(group / "cpu.cfs_period_us")
        if period and quota not in ("max", "-1"):
            yield int(quota) / int(period)


def _groups(controller: str) -> Iterator[Path]:
    """The folders of this process's control group and of those that it is in.

    In version 1, still there on older systems, each controller has a tree of its own, in a folder
    that its name is a part of (``cpu,cpuacct``). What a container sees of a tree may begin at its
    own group, though its path is the host's.
    """
    for line in _read(OWN_CGROUP).splitlines():
        number, controllers, path = line.split(":", 2)
        trees = [CGROUPS] if number == "0" else list[Path]()
        if controller in controllers.split(","):
            trees = [tree for tree in CGROUPS.glob("*") if controller in tree.name.split(",")]
        for tree in trees:
            own = tree / path.lstrip("/")
            yield from (group for group in (own, *own.parents) if group.is_relative_to(tree))


def _read(file: Path) -> str:
    """What a file of the system says; nothing where there is none."""
    try:
        return file.read_text().strip()
    except OSError:
        return ""


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
