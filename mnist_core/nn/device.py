"""Where to compute: what this machine has, and moving data there."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from mnist_core.errors import DeviceError


@dataclass(frozen=True)
class DeviceInfo:
    """A device's name for PyTorch and how it is shown to a person."""

    name: str
    label: str


def available_devices() -> list[DeviceInfo]:
    """The devices of this machine, the one that ``auto`` takes first."""
    devices = []
    for i in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(i)
        label = f"{properties.name}, {properties.total_memory / 2**30:.0f} GB"
        devices.append(DeviceInfo(f"cuda:{i}", label))
    if torch.backends.mps.is_available():
        devices.append(DeviceInfo("mps", "Apple GPU"))
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    devices.append(DeviceInfo("cpu", f"CPU, {cores} core" + "s" * (cores != 1)))
    return devices


def get_default_device() -> torch.device:
    """A GPU if this machine has one, else the CPU."""
    return torch.device(available_devices()[0].name)


def resolve_device(name: str) -> torch.device:
    """The device called ``name`` (``auto`` picks).

    Raises:
        DeviceError: this machine has no such device.
    """
    if name == "auto":
        return get_default_device()
    names = [device.name for device in available_devices()]
    if name not in names:
        raise DeviceError(f"device = {name!r}: this machine has {', '.join(names)}")
    return torch.device(name)


# A step of a small network is shorter than what two threads need to meet: on a machine with two
# busy cores, hidden 32 takes 0.3 s an epoch on one thread and 20 s on two that wait for a core.
# From about 800 units (50 million multiplications a step of 100) a second thread pays.
WORTH_A_THREAD = 50_000_000
THREADS_A_RUN = 2


def threads_for(multiplications: int) -> int:
    """How many CPU threads to train with, from the multiplications of one step's forward pass."""
    return THREADS_A_RUN if multiplications >= WORTH_A_THREAD else 1


def bound_by_launches(device: torch.device) -> bool:
    """Whether starting a kernel takes longer there than what a small one does."""
    return device.type != "cpu"


def to_device(data: Any, device: torch.device) -> Any:
    """Move a tensor, a module, or a list or tuple of them, to ``device``."""
    if isinstance(data, Sequence) and not isinstance(data, str):
        return [to_device(x, device) for x in data]
    return data.to(device, non_blocking=True)


class DeviceDataLoader:
    """Wraps a data loader: every batch is moved to ``device`` as it is asked for."""

    def __init__(self, dl: Any, device: torch.device) -> None:
        self.dl = dl
        self.device = device

    def __iter__(self) -> Iterator[Any]:
        for batch in self.dl:
            yield to_device(batch, self.device)

    def __len__(self) -> int:
        return len(self.dl)
