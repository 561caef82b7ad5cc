"""Training a stage of a step at a time, as the chapter on one step shows it."""

from dataclasses import dataclass

from mnist_core.learn.digits import Digits, digits
from mnist_core.learn.onestep import OneStep, one_step
from mnist_core.nn.network import Network

SIZES, BATCH = (784, 8, 10), 32
STAGES = ("The batch", "Forward", "The loss", "The gradients", "The update")


@dataclass(frozen=True)
class Lesson:
    """Where somebody is: the network, how many steps it has taken, and the stage of the next."""

    network: Network
    losses: tuple[float, ...] = ()
    stage: int = 0

    @property
    def batch(self) -> Digits:
        """The next step's pictures."""
        learn, _ = digits()
        start = len(self.losses) * BATCH % (len(learn) - BATCH + 1)
        return Digits(learn.rows[start : start + BATCH], learn.labels[start : start + BATCH])

    def step(self, rate: float) -> OneStep:
        return one_step(self.network, self.batch, rate)

    def next(self, rate: float) -> "Lesson":
        """A stage further; after the last one the step is done."""
        if self.stage + 1 < len(STAGES):
            return Lesson(self.network, self.losses, self.stage + 1)
        return self.done(rate)

    def done(self, rate: float) -> "Lesson":
        """After the whole step."""
        step = self.step(rate)
        return Lesson(step.after, (*self.losses, step.loss))
