"""What a population takes in memory while it trains, before it does."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce

from mnist_core.config.device import parameter_count
from mnist_core.config.train import TrainConfig
from mnist_core.data.resident import ResidentDataset
from mnist_core.nn.device import bound_by_launches
from mnist_core.nn.gradient import FUNCTIONS
from mnist_core.nn.training import EVAL_BATCH
from mnist_core.population.layout import SLOTS

NUMBER, ROW = 4, 8  # bytes of a float32, and of a picture's number or label
# What is held beside a batch of pictures while it is made, in its own size: the pictures that were
# gathered, and of a distortion the two displacements of each pixel, or its neighbours.
GATHERED, BENT, THICKENED = 1, 3, 6


def _weights(config: TrainConfig, data: ResidentDataset) -> int:
    return parameter_count((data.in_size, *config.hidden_sizes, data.classes))


def _lengths(config: TrainConfig, data: ResidentDataset) -> tuple[int, int]:
    """Pictures for which a member has room in training and in evaluation.

    The last batch of a pass, if it is shorter, gets tensors of its own.
    """
    shared = len(data.images) - data.extra
    val = int(config.val_fraction * shared)

    def room(pictures: int, size: int) -> int:
        return pictures if pictures <= size else size + pictures % size

    return room(len(data.images) - val, config.batch_size), room(val, EVAL_BATCH)


def state_bytes(config: TrainConfig, data: ResidentDataset) -> int:
    """What a member takes as long as it is in training, in its group's turn or not."""
    return NUMBER * (1 + len(SLOTS[config.optimizer])) * _weights(config, data)


@dataclass(frozen=True)
class GroupMemory:
    """What a group of members takes in its turn, beside the data set and their ``state_bytes``.

    Attributes:
        packed: weights, gradients and optimizer slots, and the orders of the pictures.
        training, evaluation: what the layers hold for a batch.
        pictures: a batch of each order while it is trained on.
        making: what is held beside them while one is made.
        evaluated: pictures on their way through an evaluation.
        orders: seeds of the orders.
    """

    packed: int = 0
    training: int = 0
    evaluation: int = 0
    pictures: int = 0
    making: int = 0
    evaluated: int = 0
    orders: frozenset[int] = frozenset()

    @property
    def bytes(self) -> int:
        """The most at any time: what is for training stays where it is during evaluation."""
        then = max(self.pictures + self.making, self.evaluation + self.evaluated)
        return self.packed + self.training + then

    def plus(self, config: TrainConfig, data: ResidentDataset) -> "GroupMemory":
        """With one more member."""
        new_order = config.order_seed not in self.orders
        f, plain = (
            FUNCTIONS[config.activation],
            config.optimizer == "sgd" and not config.weight_decay,
        )
        copies = 1 + len(SLOTS[config.optimizer]) + (not plain)
        if bound_by_launches(data.images.device) and not plain:
            copies += 4  # whose weight it is (8 bytes), and what is in between in the formulas
        hidden = sum(config.hidden_sizes)
        trained, evaluated = _lengths(config, data)
        forward = 1 + f.needs_sum  # numbers for each unit and picture
        outputs = 2 * data.classes + 4  # with the label (8 bytes) and what it was given
        training = hidden * (forward + 1 + (2 if config.dropout else f.moves_zero)) + outputs
        evaluation = hidden * (forward + f.moves_zero) + outputs
        made = BENT * config.bends + THICKENED * (config.thickness > 0) or GATHERED
        batch = NUMBER * data.in_size * min(config.batch_size, len(data.images))
        return replace(
            self,
            packed=self.packed
            + NUMBER * copies * _weights(config, data)
            + ROW * len(data.images) * new_order,
            training=self.training + NUMBER * (trained * training + config.batch_size),
            evaluation=self.evaluation + NUMBER * evaluated * evaluation,
            pictures=self.pictures + batch * new_order,
            making=made * batch,
            # Once as they were gathered, and those of their inputs that are ever used.
            evaluated=6 * data.in_size * min(EVAL_BATCH, len(data.test_images)),
            orders=self.orders | {config.order_seed},
        )


def group_bytes(configs: Sequence[TrainConfig], data: ResidentDataset) -> int:
    """``GroupMemory`` of a whole group, in bytes."""
    return reduce(lambda group, config: group.plus(config, data), configs, GroupMemory()).bytes
