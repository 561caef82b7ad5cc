"""One step of training, with every number that is computed on the way."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnist_core.learn.digits import Digits
from mnist_core.learn.trainer import losses, mean_loss, moved
from mnist_core.nn.network import ACTIVATIONS, FloatArray, Network, softmax


@dataclass(frozen=True, eq=False)
class OneStep:
    """A batch forward, its loss, the gradients, the update.

    network, batch, rate: what the step begins with. sums: what each layer adds up, (N, outputs);
    the last are the logits. shares: softmax of these, (N, classes). losses: (N,), nats; their mean
    is ``loss``. gradients: the derivatives of the mean loss, in the shapes of ``network.layers``.
    after: the network with each parameter moved by minus ``rate`` times its derivative.
    """

    network: Network
    batch: Digits
    rate: float
    sums: tuple[FloatArray, ...]
    shares: FloatArray
    losses: FloatArray
    gradients: list[tuple[FloatArray, FloatArray]]
    after: Network

    @property
    def loss(self) -> float:
        return float(self.losses.mean())

    @property
    def loss_after(self) -> float:
        """Of the same batch, read by the network after the step."""
        return mean_loss(self.after, self.batch)

    @property
    def right(self) -> int:
        """How many of the batch are read right before the step."""
        return int((self.shares.argmax(1) == self.batch.labels).sum())

    @property
    def handed_on(self) -> FloatArray:
        """What the first layer hands on, (N, units): its sums through the activation."""
        return ACTIVATIONS[self.network.activation][0](self.sums[0])

    def steepest(self, count: int) -> NDArray[np.int64]:
        """(count, 2): output and input of the first layer's weights with the largest derivatives.

        The largest first; by their size, whatever their sign.
        """
        slopes = np.abs(self.gradients[0][0])
        order = np.argsort(-slopes, axis=None, kind="stable")[:count]
        return np.stack(np.unravel_index(order, slopes.shape), axis=1)


def one_step(network: Network, batch: Digits, rate: float) -> OneStep:
    """All of a step of gradient descent on a batch."""
    sums = tuple(network.sums(batch.rows))
    shares = softmax(sums[-1])
    _, gradients = network.loss_gradients(batch.rows, batch.labels)
    after = moved(network, gradients, rate)
    return OneStep(
        network, batch, rate, sums, shares, losses(shares, batch.labels), gradients, after
    )


def nudged(network: Network, unit: int, place: int, by: float) -> Network:
    """The network with ``by`` added to one weight of its last layer, from ``place`` to ``unit``.

    ``place`` is an input of the last layer, ``unit`` one of its outputs.
    """
    weight, bias = network.layers[-1]
    changed = weight.copy()
    changed[unit, place] += np.float32(by)
    return Network((*network.layers[:-1], (changed, bias)), network.activation)
