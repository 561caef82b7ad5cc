"""Why a network read a picture as it did: which ink spoke for it, and what would have changed it.

All pictures are float32 (28, 28), or whatever square the network reads, in [0, 1] with 1 for ink.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from mnist_core.nn.model import ACTIVATIONS, MnistModel

FloatArray = NDArray[np.float32]

PATH_STEPS = 32  # of the integral; over 300 drawings it is off by 2 % at the median, 8 % at most
MOST_STEPS = 60  # of a counterfactual; drawings took up to 12
# Two passes of this blur spread a change over a pen's width, so that it looks like ink.
_BLUR = torch.tensor([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]])[None, None] / 16


def attribution(model: MnistModel, image: FloatArray, winner: int) -> FloatArray:
    """How much each pixel spoke for (above 0) or against (below 0) a class, in logits.

    Integrated gradients (Sundararajan, Taly and Yan, "Axiomatic Attribution for Deep Networks",
    2017) on the way from an empty picture, of the class's logit above the mean of all logits, so
    that what speaks for every class alike does not count. Pixels without ink have no part; the
    sum is the class's lead over the mean, less that of the empty picture.
    """
    picture = torch.from_numpy(image).float().flatten()
    path = (torch.arange(PATH_STEPS) + 0.5)[:, None] / PATH_STEPS * picture
    path.requires_grad_()
    logits = model(path)
    lead = (logits[:, winner] - logits.mean(1)).sum()
    (gradient,) = torch.autograd.grad(lead, path)
    parts: FloatArray = (gradient.mean(0) * picture).reshape(image.shape).numpy()
    return parts


@dataclass(frozen=True, eq=False)
class Response:
    """A unit of the first layer: its number, its weights as a picture, and what it answers."""

    unit: int
    weights: FloatArray
    value: float


def strongest_responses(model: MnistModel, image: FloatArray, count: int) -> list[Response]:
    """The ``count`` units of the first layer that answer a picture most strongly, strongest first.

    The answer is what the unit hands on, after the activation; without a hidden layer the units
    are the classes and the answers their logits.
    """
    first = model.layers[0]
    assert isinstance(first, torch.nn.Linear)
    with torch.inference_mode():
        values = first(torch.from_numpy(image).float().flatten())
        if len(model.layers) > 1:
            values = ACTIVATIONS[model.activation](values)
        order = values.abs().argsort(descending=True)[:count].tolist()
        weights = first.weight.detach().numpy()
    return [Response(u, weights[u].reshape(image.shape), float(values[u])) for u in order]


class Neighbours:
    """Finds the training pictures that are most alike, pixel by pixel.

    images: float32 (N, in_size) in [0, 1]; labels: int64 (N,).
    """

    def __init__(self, images: Tensor, labels: Tensor) -> None:
        self.images = images
        self.labels = labels
        self._squares = torch.linalg.vector_norm(images, dim=1).square()

    def nearest(self, image: FloatArray, count: int) -> list[tuple[FloatArray, int, float]]:
        """(picture, label, distance) of the ``count`` nearest, nearest first.

        The distance is Euclidean over all pixels. 60,000 pictures take one pass over their memory.
        """
        picture = torch.from_numpy(image).float().flatten()
        squares = self._squares - 2 * (self.images @ picture) + picture.square().sum()
        found = squares.topk(min(count, len(squares)), largest=False)
        return [
            (self.images[i].reshape(image.shape).numpy(), int(self.labels[i]), max(s, 0.0) ** 0.5)
            for i, s in zip(found.indices.tolist(), found.values.tolist(), strict=True)
        ]


def counterfactual(model: MnistModel, image: FloatArray, target: int) -> FloatArray | None:
    """A picture close by that the network reads as ``target``; None if none was found.

    Each step goes just as far as would be enough if the network were linear there (DeepFool,
    Moosavi-Dezfooli, Fawzi and Frossard, 2016), towards ``target`` and away from the class that
    leads. The gradient is blurred, so the change is the smallest among smooth ones; the smallest
    of all is noise that nobody could draw. Pixels stay in [0, 1].
    """
    picture = torch.from_numpy(image).float()
    for _ in range(MOST_STEPS):
        picture = picture.detach().requires_grad_()
        logits = model(picture[None])[0]
        leader = int(logits.argmax())
        if leader == target:
            changed: FloatArray = picture.detach().numpy()
            return changed
        gap = logits[leader] - logits[target]
        (gradient,) = torch.autograd.grad(-gap, picture)
        # What cannot change, ink that is full or paper that is empty, is left out of the step.
        free = ~((picture <= 0) & (gradient < 0) | (picture >= 1) & (gradient > 0))
        gradient = gradient * free
        step = _blurred(gradient)
        slope = (gradient * step).sum().clamp(min=1e-6)
        # A little further than enough: a step that ends on the border would need many more.
        picture = (picture + 1.05 * (gap.detach() + 0.02) / slope * step).clamp(0, 1)
    return None


def _blurred(image: Tensor) -> Tensor:
    for _ in range(2):
        image = F.conv2d(image[None, None], _BLUR, padding=1)[0, 0]
    return image
