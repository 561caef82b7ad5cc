"""Layers without an activation between them, as the one layer that they are."""

import numpy as np

from mnist_core.nn.network import FloatArray, Network


def merged(network: Network) -> Network:
    """One layer that computes what all layers of a network without a non-linearity do.

    W2 (W1 x + b1) + b2 = (W2 W1) x + (W2 b1 + b2). It is multiplied out in float64.

    Raises:
        ValueError: the network has an activation between its layers.
    """
    if network.activation != "none" and len(network.layers) > 1:
        raise ValueError(f"with {network.activation} between them, layers are not one layer")
    weight, bias = (array.astype(np.float64) for array in network.layers[0])
    for after, plus in network.layers[1:]:
        weight, bias = after @ weight, after @ bias + plus
    return Network(((weight.astype(np.float32), bias.astype(np.float32)),), "none")


def largest_difference(first: Network, second: Network, pictures: FloatArray) -> float:
    """The largest difference of any logit of two networks on pictures (N, inputs)."""
    return float(np.abs(first(pictures) - second(pictures)).max())
