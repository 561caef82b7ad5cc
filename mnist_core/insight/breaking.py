"""A trained network with parts of it taken away, and what that costs it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, StrictFloat, StrictInt, ValidationError

from mnist_core.errors import ConfigError, Problem
from mnist_core.insight.units import FEWEST
from mnist_core.nn.network import FloatArray, Network

MOST_NOISE = 2.0
WORK = 6e9  # multiplications that an answer to a break may take: a second on two busy cores


class _Told(BaseModel):
    """What the browser says is broken, before it is held against a network."""

    model_config = ConfigDict(extra="ignore")

    off: tuple[tuple[StrictInt, StrictInt], ...] = ()
    biases: tuple[StrictInt, ...] = ()
    noise: StrictFloat | StrictInt = Field(0, ge=0, le=MOST_NOISE)


ALLOWED = {
    "off": "must be a hidden layer and one of its units, both counted from 0",
    "biases": "must be a layer, counted from 0",
    "noise": f"must be a number from 0 to {MOST_NOISE:g}",
}


@dataclass(frozen=True)
class Break:
    """What of a network is broken.

    off: (layer, unit) of each hidden unit that is switched off, both from 0; it answers 0 then.
    biases: layers, from 0, whose biases are 0. noise: its standard deviation on the weights, 0 to
    ``MOST_NOISE`` times the root mean square of each layer's weights; always the same noise, so
    much of it.
    """

    off: tuple[tuple[int, int], ...] = ()
    biases: tuple[int, ...] = ()
    noise: float = 0.0

    def __bool__(self) -> bool:
        return bool(self.off or self.biases or self.noise)

    @classmethod
    def parse(cls, given: object, network: Network) -> Break:
        """What somebody asks to be broken of this network.

        Raises:
            ConfigError: names what it has not, or what is no number.
        """
        if not isinstance(given, dict):
            raise ConfigError([Problem("broken", given, "must name what is broken")])
        sizes = network.sizes[1:]
        # Who names more than there is means none: nothing is looked at one by one.
        for name, most in (("off", sum(sizes[:-1])), ("biases", len(sizes))):
            if isinstance(value := given.get(name), list) and len(value) > most:
                raise ConfigError([Problem(name, value[:most], f"must be {most} at most")])
        try:
            told = _Told.model_validate(given)
        except ValidationError as error:
            names = dict.fromkeys(str(one["loc"][0]) for one in error.errors())
            raise ConfigError([Problem(n, given[n], ALLOWED[n]) for n in names]) from None
        found = cls(tuple(sorted({*told.off})), tuple(sorted({*told.biases})), float(told.noise))
        for layer, unit in found.off:
            if not (0 <= layer < len(sizes) - 1 and 0 <= unit < sizes[layer]):
                raise ConfigError([Problem("off", (layer, unit), ALLOWED["off"])])
        for layer in found.biases:
            if not 0 <= layer < len(sizes):
                raise ConfigError([Problem("biases", layer, ALLOWED["biases"])])
        return found


def broken(network: Network, what: Break) -> Network:
    """The same network, broken.

    The scripts of the Draw page (``live/units.js``) break a network in just this way.
    """
    layers, place = [], 0
    for layer, (weight, bias) in enumerate(network.layers):
        spread = np.float32(what.noise * np.sqrt(np.mean(np.square(weight, dtype=np.float64))))
        changed = weight.copy()
        if what.noise:
            # Weights are counted input by input, over all layers.
            changed += spread * _noise(place, weight.size).reshape(weight.T.shape).T
        layers.append((changed, np.zeros_like(bias) if layer in what.biases else bias))
        place += weight.size
    for layer, unit in what.off:
        layers[layer + 1][0][:, unit] = 0
    return Network(tuple(layers), network.activation)


def most_asked(network: Network) -> int:
    """Of how many pictures an answer comes within a second."""
    return max(FEWEST, int(WORK / sum(a * b for a, b in pairwise(network.sizes))))


def _noise(first: int, count: int) -> FloatArray:
    """Normal numbers that belong to places: of uniform ones by Box and Muller."""

    def uniform(places: NDArray[np.uint32]) -> NDArray[np.float64]:
        """In (0, 1): the last steps of MurmurHash3 (Appleby, 2011)."""
        places = (places ^ (places >> np.uint32(16))) * np.uint32(0x85EBCA6B)
        places = (places ^ (places >> np.uint32(13))) * np.uint32(0xC2B2AE35)
        shares: NDArray[np.float64] = ((places ^ (places >> np.uint32(16))) + 0.5) / 2**32
        return shares

    at = 2 * np.arange(first + 1, first + count + 1, dtype=np.uint32)
    drawn: NDArray[np.float64] = np.sqrt(-2 * np.log(uniform(at))) * np.cos(
        2 * np.pi * uniform(at + np.uint32(1))
    )
    return drawn.astype(np.float32)
