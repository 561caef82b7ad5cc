"""Where to compute: what this machine has, and moving data there."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch

from mnist_core.config.device import automatic_device
from mnist_core.errors import DeviceError
from mnist_core.nn.machine import usable_cores


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
    cores = usable_cores()
    devices.append(DeviceInfo("cpu", f"CPU, {cores} core" + "s" * (cores != 1)))
    return devices


def get_default_device() -> torch.device:
    """A GPU if this machine has one, else the CPU."""
    return torch.device(available_devices()[0].name)


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Compute on so many CPU threads within the block: another number may round otherwise."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def resolve_device(name: str, work: int | None = None, best: str | None = None) -> torch.device:
    """The device called ``name``; ``auto`` picks, see ``automatic_device``.

    Args:
        work: a step's ``multiplications``, if they are known.
        best: the best device that this process may use, by default this machine's.

    Raises:
        DeviceError: this machine has no such device.
    """
    names = [device.name for device in available_devices()]
    if name == "auto":
        name = automatic_device([best or names[0], names[-1]], work)
    if name not in names:
        raise DeviceError(f"device = {name!r}: this machine has {', '.join(names)}")
    return torch.device(name)


def card_memory(device: torch.device) -> int | None:
    """The bytes of a card with memory of its own; None for a device that has the machine's."""
    if device.type != "cuda":
        return None
    total: int = torch.cuda.get_device_properties(device).total_memory
    return total


def bound_by_launches(device: torch.device) -> bool:
    """Whether starting a kernel takes longer there than what a small one does."""
    return device.type != "cpu"


def to_device(data: Any, device: torch.device) -> Any:
    """Move a tensor, a module, or a list or tuple of them, to ``device``.

    On the way to a GPU nothing waits. On the way to the CPU it does, unlike in the tutorial, which
    never goes that way: else numbers could be read before they have arrived.
    """
    if isinstance(data, Sequence) and not isinstance(data, str):
        return [to_device(x, device) for x in data]
    return data.to(device, non_blocking=torch.device(device).type == "cuda")


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
