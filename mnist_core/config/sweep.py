"""What a study explores: axes over the fields of ``TrainConfig``, and how they are sampled."""

import math
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mnist_core.config.axes import AXIS_SYNTAX, ListAxis, RangeAxis, Value, parse_axis
from mnist_core.config.fields import allowed, problems
from mnist_core.config.numbers import Whole
from mnist_core.config.train import TrainConfig
from mnist_core.errors import ConfigError, Problem

MAX_TRIALS = 10_000
Sampler = Literal["grid", "random", "qmc", "tpe"]
Pruner = Literal["none", "median", "halving"]
Objective = Literal["val_accuracy", "val_loss", "accuracy_vs_parameters", "accuracy_vs_seconds"]
# Studies of earlier versions have it, and no new one: networks that train together have no seconds
# of their own.
NO_LONGER = "accuracy_vs_seconds"
MAX_STUDY_NAME = 100  # characters

# Trials that train together. TPE learns from finished trials only, so it gets fewer at a time.
POPULATION = {"grid": 64, "random": 64, "qmc": 64, "tpe": 16}


class SweepConfig(BaseModel):
    """Everything that decides what a study does.

    Raises:
        ConfigError: names every field that cannot be, its value and what is allowed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=MAX_STUDY_NAME, title="Name")
    base: TrainConfig = Field(
        TrainConfig(),
        title="What all trials share",
        json_schema_extra={"allowed": "must be a configuration"},
    )
    axes: tuple[ListAxis | RangeAxis, ...] = Field(
        title="Axes", json_schema_extra={"allowed": f"name at least one; write {AXIS_SYNTAX}"}
    )
    sampler: Sampler = Field("grid", title="Sampler")
    pruner: Pruner = Field("none", title="Pruning")
    trials: Whole = Field(64, ge=1, le=MAX_TRIALS, title="Trials")
    objective: Objective = Field(
        "val_accuracy",
        title="Objective",
        json_schema_extra={
            "allowed": "must be one of "
            + ", ".join(choice for choice in get_args(Objective) if choice != NO_LONGER)
        },
    )
    seed: Whole = Field(0, ge=0, le=2**31 - 1, title="Seed of the sampler")

    @model_validator(mode="after")
    def _check(self) -> Self:
        fields = [axis.field for axis in self.axes]
        if not fields:
            raise ConfigError([Problem("axes", "", f"name at least one; write {AXIS_SYNTAX}")])
        if len(set(fields)) < len(fields):
            raise ConfigError([Problem("axes", ", ".join(fields), "names a field twice")])
        if self.pruner != "none" and len(self.directions) > 1:
            allowed = "must be none when there are two objectives, since neither decides alone"
            raise ConfigError([Problem("pruner", self.pruner, allowed)])
        if self.sampler == "grid":
            self.grid()
        return self

    @property
    def directions(self) -> list[Literal["maximize", "minimize"]]:
        """What Optuna does with each objective."""
        if self.objective == "val_loss":
            return ["minimize"]
        if self.objective == "val_accuracy":
            return ["maximize"]
        return ["maximize", "minimize"]

    def grid(self) -> dict[str, list[Value]]:
        """The points of each axis.

        Ranges that do not say how many share what the trials allow after all others.

        Raises:
            ConfigError: the grid has more points than there are trials.
        """
        said = [axis for axis in self.axes if isinstance(axis, ListAxis) or axis.count]
        listed = math.prod(len(axis.points(0)) for axis in said)
        ranges = len(self.axes) - len(said)
        count = math.floor((self.trials / listed) ** (1 / ranges) + 1e-9) if ranges else 0
        if listed > self.trials or (ranges and count < 2):
            needed = listed * 2**ranges
            allowed = f"the grid has {'at least ' * bool(ranges)}{needed:,} points; allow " + (
                "as many trials, name fewer values or sample at random"
                if needed <= MAX_TRIALS
                else f"at most {MAX_TRIALS:,} by naming fewer values, or sample at random"
            )
            raise ConfigError([Problem("trials", self.trials, allowed)])
        return {axis.field: axis.points(count) for axis in self.axes}

    @property
    def planned(self) -> int:
        """The number of trials: of a grid, its points."""
        if self.sampler != "grid":
            return self.trials
        return math.prod(map(len, self.grid().values()))

    def train_config(self, values: dict[str, Value]) -> TrainConfig:
        """The configuration of the trial with these values on the axes."""
        settings = {axis.field: axis.setting(values[axis.field]) for axis in self.axes}
        return self.base.model_copy(update=settings)

    def changed(self, **changes: Any) -> "SweepConfig":
        """A copy with some fields replaced, checked anew."""
        return parse_sweep({**self.model_dump(), **changes})


def parse_sweep(values: dict[str, Any]) -> SweepConfig:
    """Check ``values`` (field name -> value; ``axes`` may be {field: text}) and fill in defaults.

    Raises:
        ConfigError: names every field that is out of bounds, its value and what is allowed.
    """
    values = dict(values)
    if isinstance(values.get("axes"), dict):
        values["axes"] = [parse_axis(field, text) for field, text in values["axes"].items()]
    try:
        return SweepConfig.model_validate(values)
    except ValidationError as error:
        schema = SweepConfig.model_json_schema()["properties"]
        takes = {name: allowed(field) for name, field in schema.items()}
        raise ConfigError(problems(error, values, takes)) from None


@dataclass(frozen=True)
class CostEstimate:
    """What a study will take at most (pruning makes it less), see ``sweep_cost``.

    ``seconds`` is extrapolated from steps of its own networks; ``memory`` is in bytes, beyond the
    data.
    """

    trials: int
    seconds: float
    memory: int
