"""A device that is not there: tensors without numbers, for what must not be asked of a GPU."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from mnist_core.data.resident import ResidentDataset

# PyTorch's meta device computes shapes alone: whatever would wait for a number, and copies it to
# the CPU, raises there.
META = torch.device("meta")


def without_numbers(data: ResidentDataset) -> ResidentDataset:
    """A data set of the same shapes on ``META``."""
    images, labels, test_images, test_labels = (
        t.to(META) for t in (data.images, data.labels, data.test_images, data.test_labels)
    )
    return ResidentDataset(images, labels, test_images, test_labels, data.classes, data.extra)


class _Watch(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        there = [t for t in tree_leaves(out) if isinstance(t, torch.Tensor) and t.device == META]
        assert not any(t.dtype == torch.float64 for t in there), f"{func} makes float64"
        self.calls += bool(there)
        return out


@contextmanager
def watched() -> Iterator[_Watch]:
    """Fails where something on ``META`` is float64; counts the ``calls`` that compute there."""
    with _Watch() as watch:
        yield watch
