"""A function of one number, and a network of one hidden layer that is fitted to it, in NumPy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Parameters = tuple[Array, Array, Array, Array]

X: Array = np.linspace(-1, 1, 121)  # where the function is known and the fit is measured
HEIGHTS = 9  # of a function of one's own, evenly spread from -1 to 1

RATE = 0.02  # learning rate at the first step; it falls evenly to 0 at the last
MOST_STEPS = 3000
LOOK_BACK = 600  # steps in which a fit is to improve,
ENOUGH = 0.02  # by this share of its error at least;
LOOK_EVERY = 50  # steps, whether it did
# Each activation, and its derivative from what it gave.
ACTIVATIONS: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "relu": (lambda x: np.maximum(x, 0), lambda given: (given > 0).astype(np.float64)),
    "tanh": (np.tanh, lambda given: 1 - given**2),
    "sigmoid": (lambda x: (1 + np.tanh(x / 2)) / 2, lambda given: given * (1 - given)),
}
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8  # torch.optim.Adam's own


def _zigzag(x: Array) -> Array:
    found: Array = 0.8 * (4 * np.abs((1.5 * x) % 1 - 0.5) - 1)
    return found


SHAPES: dict[str, Array] = {
    "step": np.select([X < -0.5, X < 0.1, X < 0.6], [-0.6, 0.2, 0.7], -0.3),
    "bump": 1.2 * np.exp(-((X / 0.25) ** 2)) - 0.4,
    "wave": 0.8 * np.sin(2 * np.pi * X),
    "zigzag": _zigzag(X),
}


def through(heights: Sequence[float]) -> Array:
    """The function (121,) that goes straight from each height to the next; evenly spread."""
    found: Array = np.interp(X, np.linspace(-1, 1, len(heights)), heights)
    return found


@dataclass(frozen=True, eq=False)
class Curve:
    """The network 1 - N - 1: ``y = offset + sum(out * activation(weight * x + bias))``.

    weight, bias, out: float64 (N,); offset: float64 (1,); activation: a key of ``ACTIVATIONS``.
    """

    weight: Array
    bias: Array
    out: Array
    offset: Array
    activation: str

    @property
    def parameters(self) -> Parameters:
        return self.weight, self.bias, self.out, self.offset

    @property
    def kinks(self) -> Array:
        """Where on the x axis each unit bends, (N,): there its sum is 0."""
        flat = self.weight == 0
        found: Array = np.where(flat, np.inf, -self.bias / np.where(flat, 1, self.weight))
        return found

    def parts(self, x: Array) -> Array:
        """What each unit adds to the output, (N, len(x))."""
        activate, _ = ACTIVATIONS[self.activation]
        return self.out[:, None] * activate(np.outer(self.weight, x) + self.bias[:, None])

    def __call__(self, x: Array) -> Array:
        """The outputs, (len(x),)."""
        found: Array = self.parts(x).sum(0) + self.offset
        return found


def begin(units: int, activation: str, seed: int) -> Curve:
    """A network that knows nothing yet, whose kinks are spread over the interval from -1 to 1.

    Unit i bends where ``weight * x + bias`` is 0: somewhere in the i-th of ``units`` equal parts.
    It looks to the left or to the right, and the more units there are, the steeper it is.
    """
    drawn = np.random.default_rng(seed)
    kinks = -1 + 2 * (np.arange(units) + drawn.uniform(0.2, 0.8, units)) / units
    steep = {"relu": 1.0, "tanh": max(2.0, units / 4), "sigmoid": max(4.0, units / 2)}[activation]
    weight = steep * drawn.choice([-1.0, 1.0], units)
    out = drawn.normal(0, 0.5 / units**0.5, units)
    return Curve(weight, -weight * kinks, out, np.zeros(1), activation)


def loss_gradients(curve: Curve, x: Array, y: Array) -> tuple[float, Parameters]:
    """Mean squared error, and its derivatives by each of ``curve.parameters``."""
    activate, slope = ACTIVATIONS[curve.activation]
    given = activate(np.outer(curve.weight, x) + curve.bias[:, None])
    off = curve.out @ given + curve.offset - y
    by_y = 2 * off / len(x)
    by_sums = curve.out[:, None] * slope(given) * by_y
    by = (by_sums @ x, by_sums.sum(1), given @ by_y, by_y.sum(keepdims=True))
    return float((off**2).mean()), by


@dataclass(frozen=True, eq=False)
class Adam:
    """What Adam remembers: running means of the gradients and of their squares, and the steps."""

    means: tuple[Array, ...]
    squares: tuple[Array, ...]
    steps: int = 0

    @classmethod
    def begin(cls, parameters: Sequence[Array]) -> "Adam":
        """Before the first step."""
        nothing = tuple(np.zeros_like(array) for array in parameters)
        return cls(nothing, nothing)

    def step(
        self, parameters: Sequence[Array], gradients: Sequence[Array], rate: float
    ) -> tuple[tuple[Array, ...], "Adam"]:
        """The parameters after a step, and what is remembered then.

        Kingma and Ba, 2014 (https://arxiv.org/abs/1412.6980), algorithm 1.
        """
        steps = self.steps + 1
        means = tuple(
            BETA1 * mean + (1 - BETA1) * by for mean, by in zip(self.means, gradients, strict=True)
        )
        squares = tuple(
            BETA2 * square + (1 - BETA2) * by**2
            for square, by in zip(self.squares, gradients, strict=True)
        )
        short, long = 1 - BETA1**steps, 1 - BETA2**steps
        moved = tuple(
            array - rate * (mean / short) / (np.sqrt(square / long) + EPSILON)
            for array, mean, square in zip(parameters, means, squares, strict=True)
        )
        return moved, Adam(means, squares, steps)


@dataclass(frozen=True, eq=False)
class Fit:
    """A network on its way to a function: how far it has come.

    errors: the mean squared error before each step that was taken.
    """

    y: Array
    curve: Curve
    adam: Adam
    errors: tuple[float, ...] = ()

    @classmethod
    def begin(cls, y: Array, units: int, activation: str, seed: int = 0) -> "Fit":
        """Before the first step."""
        curve = begin(units, activation, seed)
        return cls(y, curve, Adam.begin(curve.parameters))

    @property
    def steps(self) -> int:
        return len(self.errors)

    @property
    def off(self) -> Array:
        """How far the output is above the function at each of ``X``."""
        found: Array = self.curve(X) - self.y
        return found

    @property
    def error(self) -> float:
        """The root of the mean squared error."""
        return float((self.off**2).mean() ** 0.5)

    @property
    def settled(self) -> bool:
        """Whether it has ended: at its last step, or because it hardly improves any more."""
        return _settled(self.errors)

    def on(self, steps: int) -> "Fit":
        """After ``steps`` more, or fewer where it ends before."""
        curve, adam, errors = self.curve, self.adam, list(self.errors)
        for _ in range(steps):
            if _settled(errors):
                break
            error, gradients = loss_gradients(curve, X, self.y)
            rate = RATE * (1 - len(errors) / MOST_STEPS)
            (weight, bias, out, offset), adam = adam.step(curve.parameters, gradients, rate)
            curve = Curve(weight, bias, out, offset, curve.activation)
            errors.append(error)
        return Fit(self.y, curve, adam, tuple(errors))


def _settled(errors: Sequence[float]) -> bool:
    steps = len(errors)
    if steps >= MOST_STEPS:
        return True
    if steps < 2 * LOOK_BACK or steps % LOOK_EVERY:
        return False
    before, now = errors[-2 * LOOK_BACK : -LOOK_BACK], errors[-LOOK_BACK:]
    return min(now) > (1 - ENOUGH) * min(before)
