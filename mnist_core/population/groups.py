"""Which members of a population are trained side by side, and the memory that takes."""

from collections.abc import Mapping
from itertools import groupby

from mnist_core.config.distortion import Distortion
from mnist_core.config.train import TrainConfig
from mnist_core.data.resident import ResidentDataset
from mnist_core.errors import ConfigError, Problem
from mnist_core.population.memory import GroupMemory, group_bytes

# First-layer units in a group on a CPU: beyond, the weights (12 MB) leave its cache.
CPU_ROWS = 4096


def group_key(config: TrainConfig) -> tuple[object, ...]:
    """Members with equal keys share tensors."""
    return (
        len(config.hidden_sizes),
        config.activation,
        config.optimizer,
        config.batch_size,
        config.val_fraction,
        config.weight_decay > 0,
        config.dropout > 0,
        config.label_smoothing,
        *(getattr(config, name) for name in Distortion.model_fields),
    )


def make_groups(
    configs: Mapping[int, TrainConfig], data: ResidentDataset, budget: int
) -> list[list[int]]:
    """Members to be trained side by side on ``data``, each group within ``budget`` bytes.

    Needs no networks, so that one which is too large is refused before it is made.

    Raises:
        ConfigError: one member alone needs more.
    """

    def order(i: int) -> tuple[object, ...]:
        c = configs[i]
        return (*map(repr, group_key(c)), c.hidden_sizes, c.order_seed, i)

    rows_allowed = CPU_ROWS if data.images.device.type == "cpu" else budget
    groups: list[list[int]] = []
    for _, members in groupby(
        sorted(configs, key=order),
        key=lambda i: group_key(configs[i]),
    ):
        group: list[int] = []
        memory, rows = GroupMemory(), 0
        for i in members:
            config = configs[i]
            need = group_bytes([config], data)
            if need > budget:
                allowed = f"needs {need:,} bytes to train and {budget:,} are allowed"
                raise ConfigError([Problem("hidden_sizes", config.hidden_sizes, allowed)])
            height = (*config.hidden_sizes, data.classes)[0]
            larger = memory.plus(config, data)
            if group and (larger.bytes > budget or rows + height > rows_allowed):
                groups.append(group)
                group, rows, larger = [], 0, GroupMemory().plus(config, data)
            group.append(i)
            memory, rows = larger, rows + height
        groups.append(group)
    return groups
