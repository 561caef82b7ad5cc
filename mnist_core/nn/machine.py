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
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")  # version 2, where a container's limits are files
OWN_CGROUP = Path("/proc/self/cgroup")


def usable_cores() -> int:
    """The cores that this process may use: its affinity, and its container's share of time."""
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    for limit in _limits("cpu.max"):
        quota, period = limit.split()
        if quota != "max":
            cores = min(cores, max(int(quota) // int(period), 1))
    return cores


def usable_memory() -> int:
    """The bytes of memory that this process may use: the machine's, or its container's."""
    import psutil  # here: a notebook that asks for its device does without

    memory: int = psutil.virtual_memory().total
    return min([memory, *(int(limit) for limit in _limits("memory.max") if limit != "max")])


def _limits(name: str) -> Iterator[str]:
    """A limit of this process's control group and of those that it is in."""
    try:
        lines = OWN_CGROUP.read_text().splitlines()
    except OSError:  # no Linux
        return
    for path in (line.removeprefix("0::/") for line in lines if line.startswith("0::/")):
        for group in (CGROUPS / path, *(CGROUPS / path).parents):
            if group.is_relative_to(CGROUPS) and (group / name).is_file():
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
