"""What a study explores: axes over the fields of ``TrainConfig``, and how they are sampled."""

import math
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mnist_core.config.fields import FIELDS, format_sizes, parse_config
from mnist_core.config.train import TrainConfig
from mnist_core.errors import ConfigError, Problem

MAX_TRIALS = 10_000
NO_AXIS = ("dataset", "device")  # a study has one data set, and where it runs changes nothing

Sampler = Literal["grid", "random", "qmc", "tpe"]
Pruner = Literal["none", "median", "halving"]
Objective = Literal["val_accuracy", "val_loss", "accuracy_vs_parameters", "accuracy_vs_seconds"]

AXIS_SYNTAX = "16,32,64 (a list), 0.01:1 (a range) or 0.01:1:log (a range explored by factors)"

Value = int | float | str

# Trials that train together. TPE learns from finished trials only, so it gets fewer at a time.
POPULATION = {"grid": 64, "random": 64, "qmc": 64, "tpe": 16}


class Axis(BaseModel):
    """One field that a study varies: over ``values``, or from ``low`` to ``high``.

    A range of hidden sizes is one hidden layer of that many units; in a list ``128-64`` is two.

    Raises:
        ConfigError: names the field, what was given and what is allowed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: str
    values: tuple[Value, ...] = ()
    low: float | None = None
    high: float | None = None
    log: bool = False

    @model_validator(mode="after")
    def _check(self) -> Self:
        spec = FIELDS.get(self.field)
        if spec is None or self.field in NO_AXIS:
            names = ", ".join(name for name in FIELDS if name not in NO_AXIS)
            raise ConfigError([Problem(self.field, str(self), f"is no axis; there are {names}")])
        if self.low is None or self.high is None:
            if not self.values:
                raise self._problem("", f"is an empty axis; write {AXIS_SYNTAX}")
            for value in self.values:
                self.setting(value)
            if len(set(self.values)) < len(self.values):
                raise self._problem(str(self), "names a value twice")
            return self
        if spec.kind not in ("int", "float", "sizes"):
            raise self._problem(str(self), f"has no ranges; {spec.allowed}")
        if not self.low < self.high:
            raise self._problem(str(self), "must begin below its end")
        if self.log and self.low <= 0:
            raise self._problem(str(self), "must begin above 0 to be explored by factors")
        if self.whole and not (self.low.is_integer() and self.high.is_integer()):
            raise self._problem(str(self), f"must begin and end with whole numbers; {spec.allowed}")
        for end in (self.low, self.high):
            self.setting(self.number(end))
        return self

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return ",".join(map(str, self.values))
        return f"{self.low:g}:{self.high:g}" + ":log" * self.log

    def _problem(self, value: str, allowed: str) -> ConfigError:
        return ConfigError([Problem(self.field, value, allowed)])

    @property
    def label(self) -> str:
        return FIELDS[self.field].label

    @property
    def whole(self) -> bool:
        """Whether a range of it consists of whole numbers."""
        return FIELDS[self.field].kind in ("int", "sizes")

    def number(self, value: float) -> Value:
        return round(value) if self.whole else value

    def setting(self, value: Value) -> Any:
        """The value that ``TrainConfig`` gets, checked against the field's own bounds."""
        if self.field == "hidden_sizes":
            value = str(value).replace("-", ",")
        return getattr(parse_config({self.field: value}), self.field)

    def points(self, count: int) -> list[Value]:
        """The values of a list, or at most ``count`` evenly spaced ones of a range."""
        if self.low is None or self.high is None:
            return list(self.values)
        space = np.geomspace if self.log else np.linspace
        ends = {0: self.low, count - 1: self.high}  # exactly, not up to rounding
        spaced = [
            self.number(ends.get(i, float(v)))
            for i, v in enumerate(space(self.low, self.high, count))
        ]
        return list(dict.fromkeys(spaced))


def parse_axis(field: str, text: str) -> Axis:
    """Read an axis as people type it, see ``AXIS_SYNTAX``.

    Raises:
        ConfigError: names the field, the text and what is allowed.
    """
    parts = [part.strip() for part in text.strip().split(":")]
    if len(parts) == 1:
        words = [word.strip() for word in parts[0].split(",") if word.strip()]
        return Axis(field=field, values=tuple(_value(field, word) for word in words))
    bad = ConfigError([Problem(field, text, f"is no axis; write {AXIS_SYNTAX}")])
    if len(parts) > 3 or (len(parts) == 3 and parts[2] != "log"):
        raise bad
    try:
        low, high = float(parts[0]), float(parts[1])
    except ValueError:
        raise bad from None
    if not (math.isfinite(low) and math.isfinite(high)):
        raise bad
    return Axis(field=field, low=low, high=high, log=len(parts) == 3)


def _value(field: str, word: str) -> Value:
    """One word of a list: a number where the field takes numbers."""
    if field not in FIELDS:
        return word
    setting = Axis.model_construct(field=field).setting(word)
    if isinstance(setting, tuple):
        return setting[0] if len(setting) == 1 else format_sizes(setting).replace(", ", "-")
    return setting if isinstance(setting, int | float) else word


# Where the whole range of a field is not what anybody wants to explore.
USUAL_AXES = {
    "hidden_sizes": "16,32,64,128",
    "learning_rate": "0.01:1:log",
    "epochs": "2,5,10",
    "batch_size": "32,64,128,256",
    "momentum": "0.5,0.8,0.9,0.95",
    "weight_decay": "1e-6:0.01:log",
    "dropout": "0:0.5",
    "label_smoothing": "0:0.2",
    "val_fraction": "0.1,0.2,0.5",
    "seed": "0,1,2,3",
    "order_seed": "0,1,2,3",
}


def usual_axis(field: str) -> str:
    """An axis over a field, as text, to begin with."""
    spec = FIELDS[field]
    if spec.kind == "choice":
        return ",".join(spec.choices)
    return USUAL_AXES.get(field, f"{spec.low}:{spec.high}")


class SweepConfig(BaseModel):
    """Everything that decides what a study does.

    Raises:
        ConfigError: names every field that cannot be, its value and what is allowed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=100, title="Name")
    base: TrainConfig = Field(TrainConfig(), title="What all trials share")
    axes: tuple[Axis, ...] = Field(title="Axes")
    sampler: Sampler = Field("grid", title="Sampler")
    pruner: Pruner = Field("none", title="Pruning")
    trials: int = Field(64, ge=1, le=MAX_TRIALS, title="Trials")
    objective: Objective = Field("val_accuracy", title="Objective")
    seed: int = Field(0, ge=0, le=2**31 - 1, title="Seed of the sampler")

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
        """The points of each axis. Ranges share what the trials allow after the lists.

        Raises:
            ConfigError: the grid has more points than there are trials.
        """
        listed = math.prod(len(axis.values) for axis in self.axes if axis.values)
        ranges = sum(not axis.values for axis in self.axes)
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
        problems = [
            Problem(str(d["loc"][0]) if d["loc"] else "sweep", d["input"], d["msg"])
            for d in error.errors()
        ]
        raise ConfigError(problems) from None


@dataclass(frozen=True)
class CostEstimate:
    """What a study will take at most (pruning makes it less), see ``sweep_cost``.

    ``seconds`` is extrapolated from steps of its own networks; ``memory`` is in bytes, beyond the
    data.
    """

    trials: int
    seconds: float
    memory: int
