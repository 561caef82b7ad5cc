"""Weights, answers and gradients of each layer from epoch to epoch, and what they say."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mnist_core.insight.answers import Indices
from mnist_core.insight.units import silent
from mnist_core.nn.network import ACTIVATIONS, FloatArray, Network

# Rules of thumb, set on thirteen networks of 0 to 8 hidden layers that learnt MNIST for 5 epochs.
VANISHED = 1e-3  # of the last layer's gradient: where something was learnt, it was above 0.05
UNLEARNT = 1.0  # nats: a loss above that still has something to learn
EXPLODED = 100.0  # times the gradient before training; the largest was 18
DEAD = 0.1  # of a layer's units


@dataclass(frozen=True)
class LayerRow:
    """One layer of the network after one epoch; ``layer`` counts from 1, the last is the output's.

    ``weight``, ``answer`` and ``gradient`` are root mean squares: of its weights, of what it hands
    on (the logits in the last layer), and of the loss's derivatives by its weights. ``dead`` is the
    share of its units that answer 0 to every picture. ``loss`` is the whole network's, in nats.
    """

    epoch: int
    layer: int
    weight: float
    answer: float
    gradient: float
    dead: float
    loss: float


def layer_rows(
    networks: Mapping[int, Network], pictures: FloatArray, labels: Indices
) -> list[LayerRow]:
    """A row for each epoch and layer, measured on ``pictures`` float32 (N, inputs)."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # of one that diverges
        return [
            row
            for epoch, network in networks.items()
            for row in _layers(epoch, network, pictures, labels)
        ]


def _layers(
    epoch: int, network: Network, pictures: FloatArray, labels: Indices
) -> Iterator[LayerRow]:
    activate, _ = ACTIVATIONS[network.activation]
    sums = network.sums(pictures)
    loss, gradients = network.loss_gradients(pictures, labels)
    layers = zip(sums, network.layers, gradients, strict=True)
    for place, (total, (weight, _), (by_weight, _)) in enumerate(layers, 1):
        hidden = place < len(sums)
        yield LayerRow(
            epoch,
            place,
            _size(weight),
            _size(activate(total) if hidden else total),
            _size(by_weight),
            float(silent(network, total).mean()) if hidden else 0.0,
            loss,
        )


def _size(values: FloatArray) -> float:
    """Root mean square; infinite or NaN as the values are."""
    return float(np.sqrt(np.square(values, dtype=float).mean()))


def remarks(rows: Sequence[LayerRow]) -> list[str]:
    """What the rows of a run say, a sentence each; none where nothing stands out."""
    if not rows:
        return []
    first_epoch, last_epoch = rows[0].epoch, rows[-1].epoch
    before = [row for row in rows if row.epoch == first_epoch]
    now = [row for row in rows if row.epoch == last_epoch]
    said = []
    broken = next((row for row in rows if not np.isfinite(row.loss)), None)
    grown = max(
        (a.gradient / b.gradient for a, b in zip(now, before, strict=True) if b.gradient),
        default=0.0,
    )
    if broken is not None:
        said.append(
            f"Exploding: from epoch {broken.epoch} on the loss is no number any more. The steps "
            "were too large; try a tenth of the learning rate."
        )
    elif grown > EXPLODED:
        said.append(
            f"Exploding: a gradient is {grown:,.0f} times as large after epoch {last_epoch} as "
            f"after epoch {first_epoch}. Try a smaller learning rate."
        )
    shares = [row.dead for row in now[:-1]]
    if shares and max(shares) >= DEAD:
        layer = shares.index(max(shares)) + 1
        said.append(
            f"Dead: {max(shares):.0%} of the units in layer {layer} answer 0 to each of these "
            "pictures; no gradient reaches them. A smaller learning rate kills fewer, and GELU "
            "has none."
        )
    vanished = len(now) > 1 and now[0].gradient < VANISHED * now[-1].gradient
    if vanished and now[0].loss > UNLEARNT:
        small = "0"
        if now[0].gradient:
            small = f"{now[-1].gradient / now[0].gradient:,.0f} times smaller than the last one's"
        said.append(
            f"Vanishing: the first layer's gradient is {small}, though the loss is still "
            f"{now[0].loss:.2f}: the first layers hardly learn. ReLU or GELU, or fewer layers, let "
            "more through."
        )
    return said
