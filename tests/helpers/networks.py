"""PyTorch's networks in NumPy."""

from mnist_core.nn.model import MnistModel
from mnist_core.nn.network import Network


def in_numpy(model: MnistModel) -> Network:
    """A network with the model's own weights, in the same memory."""
    weights = {name: tensor.detach().numpy() for name, tensor in model.state_dict().items()}
    return Network.of(weights, model.activation)
