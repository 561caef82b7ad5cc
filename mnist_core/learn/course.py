"""A small training that is shown while it runs: its plan, and what each epoch measured."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from threadpoolctl import threadpool_limits

from mnist_core.learn.digits import digits
from mnist_core.learn.trainer import accuracy, begin, mean_loss, train_epoch
from mnist_core.nn.network import Network

PIXELS, CLASSES = 784, 10
SEED = 1  # of the initial weights and the order, so that a plan gives the same numbers every time


@dataclass(frozen=True)
class Plan:
    """What is trained, and how.

    hidden: units of each hidden layer. activation: a key of ``ACTIVATIONS``.
    rate: learning rate. batch: pictures a step. count: digits to learn from, at most 4,000.
    """

    hidden: tuple[int, ...]
    activation: str
    rate: float
    batch: int
    epochs: int
    count: int

    @property
    def steps(self) -> int:
        """Steps of an epoch; the last batch may be smaller."""
        return -(-self.count // self.batch)


@dataclass(frozen=True)
class Measured:
    """A network's accuracies (0 to 1) and losses (nats) after an epoch."""

    train_accuracy: float
    val_accuracy: float
    train_loss: float
    val_loss: float


@dataclass(frozen=True, eq=False)
class Course:
    """How far a plan is.

    points: one for the untrained network, and one for each epoch. losses: that of the batch of
    each step (nats), before the step.
    """

    plan: Plan
    network: Network
    points: tuple[Measured, ...]
    losses: tuple[float, ...] = ()

    @property
    def epoch(self) -> int:
        return len(self.points) - 1

    @property
    def done(self) -> bool:
        return self.epoch == self.plan.epochs


def start(plan: Plan) -> Course:
    """The untrained network of a plan."""
    network = begin((PIXELS, *plan.hidden, CLASSES), plan.activation, SEED)
    with _one_thread():
        return Course(plan, network, (_measure(network, plan),))


def advance(course: Course) -> Course:
    """The course an epoch later; one that is done stays as it is."""
    if course.done:
        return course
    plan, (learn, _) = course.plan, digits()
    with _one_thread():
        network, losses = train_epoch(
            course.network,
            learn.first(plan.count),
            plan.rate,
            plan.batch,
            SEED,
            course.epoch + 1,
        )
        points = (*course.points, _measure(network, plan))
    return Course(plan, network, points, (*course.losses, *losses))


def parameters(network: Network) -> int:
    """How many numbers are learnt: all weights and biases."""
    return sum(array.size for layer in network.layers for array in layer)


def _measure(network: Network, plan: Plan) -> Measured:
    learn, validation = digits()
    learn = learn.first(plan.count)
    return Measured(
        accuracy(network, learn),
        accuracy(network, validation),
        mean_loss(network, learn),
        mean_loss(network, validation),
    )


@contextmanager
def _one_thread() -> Iterator[None]:
    """NumPy's matrix products on one thread.

    A step takes less than a millisecond. Where the cores are busy, two threads that wait for each
    other in each step took fifty times as long.
    """
    with threadpool_limits(1, "blas"):
        yield
