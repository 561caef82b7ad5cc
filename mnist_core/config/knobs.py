"""What of a configuration may be changed while a run trains."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from mnist_core.config.fields import parse_config
from mnist_core.config.train import TrainConfig
from mnist_core.errors import ConfigError, Problem


@dataclass(frozen=True)
class Knobs:
    """The optimizer's numbers. Whatever else is configured stays until a segment ends."""

    learning_rate: float
    momentum: float
    weight_decay: float

    @classmethod
    def of(cls, config: TrainConfig) -> "Knobs":
        return cls(config.learning_rate, config.momentum, config.weight_decay)

    def applied(self, config: TrainConfig) -> TrainConfig:
        """The configuration with these numbers."""
        return config.model_copy(update=asdict(self))


KNOBS = tuple(field.name for field in fields(Knobs))


def knobs_of(config: TrainConfig) -> tuple[str, ...]:
    """The names of those that the configuration's optimizer uses."""
    return tuple(name for name in KNOBS if name != "momentum" or config.optimizer == "momentum")


def turned(config: TrainConfig, values: Mapping[str, object]) -> Knobs:
    """The configuration's knobs with ``values`` (name -> number) in place of some.

    Raises:
        ConfigError: a value is out of its field's bounds, or its optimizer has no such knob.
    """
    offered = knobs_of(config)
    foreign = [name for name in values if name not in offered]
    if foreign:
        allowed = f"cannot change while it trains; with its optimizer {', '.join(offered)} can"
        raise ConfigError([Problem(name, values[name], allowed) for name in foreign])
    return Knobs.of(parse_config({**config.model_dump(), **values}))
