"""The networks that are trained together, as one object that can be kept and taken up again."""

import json
from collections.abc import Iterable, Sequence

import torch

from mnist_core.config.train import TrainConfig
from mnist_core.data.resident import ResidentDataset
from mnist_core.errors import ConfigError, Problem
from mnist_core.nn.checkpoint import CheckpointError, metadata_of
from mnist_core.nn.state import TrainState


class Population:
    """K networks in training. ``train_population`` goes on from wherever this stands.

    Attributes:
        members: the training state of every member that is still in training, by its number.
        size: K, with those that have finished or were pruned.
        leaving: members that were pruned in this round.
        rewinds: what a stop within an epoch leaves behind, see ``rewind``.
    """

    def __init__(
        self, configs: Sequence[TrainConfig], data: ResidentDataset, device: torch.device
    ) -> None:
        """New networks, each with the initial weights that it would have alone.

        Raises:
            ConfigError: there are no configurations, or they are for several data sets.
        """
        if not configs:
            raise ConfigError([Problem("population", 0, "must have at least one member")])
        names = sorted({config.dataset for config in configs})
        if len(names) > 1:
            raise ConfigError(
                [Problem("dataset", ", ".join(names), "must be the same for a whole population")]
            )
        self.size = len(configs)
        self.device = device
        self.members = {
            i: TrainState(config, data.in_size, data.classes, device)
            for i, config in enumerate(configs)
        }
        self.leaving: list[int] = []
        self.rewinds = False

    def __repr__(self) -> str:
        return f"Population({len(self.members)} of {self.size} members in training)"

    @property
    def configs(self) -> dict[int, TrainConfig]:
        """Of the members that are still in training."""
        return {i: state.config for i, state in self.members.items()}

    @property
    def parameter_count(self) -> int:
        return sum(state.model.parameter_count for state in self.members.values())

    def prune(self, members: Iterable[int]) -> None:
        """Stop some members at the end of the round; the others go on without recomputation."""
        self.leaving += [i for i in members if i in self.members]

    def rewind(self) -> None:
        """Give up the epoch under way when training is closed, instead of keeping a part of it.

        Every member then stands at its last whole epoch, from which it can go on as if it had
        never been interrupted.
        """
        self.rewinds = True

    def to_bytes(self) -> bytes:
        """This population, between two rounds, as a safetensors file with everything to go on."""
        from safetensors.torch import save  # here: to train does not need it

        tensors = {
            str(i): torch.frombuffer(bytearray(state.to_bytes()), dtype=torch.uint8)
            for i, state in self.members.items()
        }
        return save(tensors, {"population": json.dumps({"size": self.size})})

    @classmethod
    def from_bytes(cls, data: bytes, device: torch.device) -> "Population":
        """The inverse of ``to_bytes``, on any device.

        Raises:
            CheckpointError: the bytes are something else, or damaged.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load

        population = cls.__new__(cls)
        try:
            saved = load(data)
            population.size = json.loads(metadata_of(data)["population"])["size"]
        except (SafetensorError, KeyError, ValueError) as error:
            raise CheckpointError(f"not a usable checkpoint of a population: {error}") from error
        population.device = device
        population.members = {
            i: TrainState.from_bytes(saved[str(i)].numpy().tobytes(), device)
            for i in sorted(map(int, saved))
        }
        population.leaving = []
        population.rewinds = False
        return population
