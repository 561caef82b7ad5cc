"""What a population takes in memory while it trains, before it does."""

from collections.abc import Sequence
from itertools import pairwise

from mnist_core.config.train import TrainConfig
from mnist_core.data.pictures import ResidentDataset
from mnist_core.nn.device import bound_by_launches
from mnist_core.nn.gradient import FUNCTIONS
from mnist_core.nn.training import EVAL_BATCH
from mnist_core.population.layout import SLOTS

NUMBER, ROW = 4, 8  # bytes of a float32, and of a picture's number or label


def _weights(config: TrainConfig, data: ResidentDataset) -> int:
    sizes = (data.in_size, *config.hidden_sizes, data.classes)
    return sum(a * b + b for a, b in pairwise(sizes))


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


def member_bytes(config: TrainConfig, data: ResidentDataset) -> int:
    """What a member adds to its group in its turn, without its share of the pictures.

    Packed weights, gradients and optimizer slots, and for each picture of a batch what a layer
    holds of it: activation, gradient, and where they are needed sum, output and dropout.
    """
    f, plain = FUNCTIONS[config.activation], config.optimizer == "sgd" and not config.weight_decay
    copies = 1 + len(SLOTS[config.optimizer]) + (not plain)
    if bound_by_launches(data.images.device) and not plain:
        copies += 4  # whose weight it is (8 bytes), and what is left over of the formula
    hidden = sum(config.hidden_sizes)
    trained, evaluated = _lengths(config, data)
    outputs = 2 * data.classes + (ROW + 2 * NUMBER) // NUMBER  # with targets and what was wanted
    forward = 1 + f.needs_sum
    training = hidden * (forward + 1 + (2 if config.dropout else f.moves_zero)) + outputs
    evaluation = hidden * (forward + f.moves_zero) + outputs
    numbers = copies * _weights(config, data) + trained * training + evaluated * evaluation
    return NUMBER * (numbers + config.batch_size)  # and the loss at each place of a batch


def order_bytes(config: TrainConfig, data: ResidentDataset) -> int:
    """What each distinct order of the pictures adds: the order itself, and its batch."""
    return ROW * len(data.images) + NUMBER * config.batch_size * data.in_size


def picture_bytes(config: TrainConfig, data: ResidentDataset) -> int:
    """What a group takes once: pictures on their way to a batch.

    They are gathered, then distorted, which takes nine numbers for each of theirs: two fields, two
    neighbours and what is between them; or the inputs that are ever used are taken out.
    """
    bent = config.bends or config.thickness > 0
    training = config.batch_size * (9 if bent else 2)
    return NUMBER * data.in_size * max(training, 2 * min(EVAL_BATCH, len(data.test_images)))


def group_bytes(configs: Sequence[TrainConfig], data: ResidentDataset) -> int:
    """What a group takes in its turn beside the data set and ``state_bytes`` of its members."""
    orders = {config.order_seed: config for config in configs}
    return (
        sum(member_bytes(config, data) for config in configs)
        + sum(order_bytes(config, data) for config in orders.values())
        + max(picture_bytes(config, data) for config in configs)
    )
