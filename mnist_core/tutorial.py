"""The tutorial's functions and classes under the tutorial's names: the front door of a notebook.

The tutorial is Jovian's "Training Deep Neural Networks on a GPU" (PyTorch: Zero to GANs, part 4).
Its cells run with these in place of their own definitions. Only PyTorch and NumPy are loaded.
"""

from mnist_core.data.split import split_indices
from mnist_core.nn.device import DeviceDataLoader, get_default_device, to_device
from mnist_core.nn.model import MnistModel
from mnist_core.nn.tutorial import accuracy, evaluate, fit, loss_batch

__all__ = [
    "DeviceDataLoader",
    "MnistModel",
    "accuracy",
    "evaluate",
    "fit",
    "get_default_device",
    "loss_batch",
    "split_indices",
    "to_device",
]
