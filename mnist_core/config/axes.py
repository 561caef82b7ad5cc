"""The axes of a study: fields of ``TrainConfig`` that differ from trial to trial."""

import math
from abc import abstractmethod
from typing import Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, model_validator

from mnist_core.config.fields import FIELDS, format_sizes, parse_config
from mnist_core.errors import ConfigError, Problem

NO_AXIS = ("dataset", "device")  # a study has one data set, and where it runs changes nothing

AXIS_SYNTAX = (
    "16,32,64 (a list), 0.01:1 (a range), 0.01:1:log (a range explored by factors) or "
    "0.01:1:log:5 (so many of its values)"
)
MOST_VALUES = 1000  # of a range: more than any chart tells apart
MOST_DIGITS = 10  # of how many values a range is to have

NO_LAYER = "none"  # hidden sizes without any; studies of earlier versions say it with ""

Value = int | float | str  # of hidden sizes: the units of one layer, or 128-64, or NO_LAYER


class Axis(BaseModel):
    """One field that a study varies; ``str(axis)`` is what ``parse_axis`` reads.

    Raises:
        ConfigError: names the field, what was given and what is allowed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    field: str

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, given: Any) -> Any:
        """Earlier versions kept what the other kind of axis has, as a blank."""
        blank: dict[str, Any] = {"low": None, "high": None, "log": False, "values": []}
        if not isinstance(given, dict):
            return given
        return {k: v for k, v in given.items() if k in cls.model_fields or v != blank.get(k, ...)}

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.field not in FIELDS or self.field in NO_AXIS:
            names = ", ".join(name for name in FIELDS if name not in NO_AXIS)
            raise self._problem(f"is no axis; there are {names}")
        self._check_values()
        return self

    @abstractmethod
    def _check_values(self) -> None:
        """Raise ConfigError unless the field takes every value on the axis."""

    @abstractmethod
    def points(self, count: int) -> list[Value]:
        """The values of a list, or at most ``count`` evenly spaced ones of a range.

        A range that says how many goes by that.
        """

    def _problem(self, allowed: str) -> ConfigError:
        return ConfigError([Problem(self.field, str(self), allowed)])

    @property
    def label(self) -> str:
        return FIELDS[self.field].label

    @property
    def by_factors(self) -> bool:
        """Whether equal steps on it are equal factors."""
        return False

    def setting(self, value: Value) -> Any:
        """The value that ``TrainConfig`` gets, checked against the field's own bounds."""
        return _setting(self.field, value)


class ListAxis(Axis):
    """An axis of chosen values."""

    values: tuple[Value, ...]

    def __str__(self) -> str:
        return ",".join(str(value) or NO_LAYER for value in self.values)

    def _check_values(self) -> None:
        if not self.values:
            raise self._problem("is an empty axis; name at least one value")
        for value in self.values:
            self.setting(value)
        if len(set(self.values)) < len(self.values):
            raise self._problem("names a value twice")

    def points(self, count: int) -> list[Value]:
        return list(self.values)


class RangeAxis(Axis):
    """All values from ``low`` to ``high``; of hidden sizes one layer of that many units.

    ``log``: it is explored by factors. ``count``: how many values a grid takes of it; None leaves
    that to the number of trials.
    """

    low: float
    high: float
    log: bool = False
    count: int | None = None

    def __str__(self) -> str:
        ends = f"{typed(self.low)}:{typed(self.high)}"
        return ends + ":log" * self.log + (f":{self.count}" if self.count else "")

    def _check_values(self) -> None:
        spec = FIELDS[self.field]
        if spec.kind not in ("int", "float", "sizes"):
            raise self._problem(f"has no ranges; {spec.allowed}")
        if not self.low < self.high:
            raise self._problem("must begin below its end")
        if self.log and self.low <= 0:
            raise self._problem("must begin above 0 to be explored by factors")
        if self.whole and not (self.low.is_integer() and self.high.is_integer()):
            raise self._problem(f"must begin and end with whole numbers; {spec.allowed}")
        if self.count is not None and not 2 <= self.count <= MOST_VALUES:
            raise self._problem(f"must have 2 to {MOST_VALUES:,} values")
        for end in (self.low, self.high):
            self.setting(self.number(end))

    @property
    def by_factors(self) -> bool:
        return self.log

    @property
    def whole(self) -> bool:
        """Whether it consists of whole numbers."""
        return FIELDS[self.field].kind in ("int", "sizes")

    def number(self, value: float) -> int | float:
        """One of its ends, as an int where the field takes whole numbers."""
        return round(value) if self.whole and value.is_integer() else value

    def points(self, count: int) -> list[Value]:
        count = self.count or count
        space = np.geomspace if self.log else np.linspace
        ends = {0: self.low, count - 1: self.high}  # exactly, not up to rounding
        spaced = [ends.get(i, float(v)) for i, v in enumerate(space(self.low, self.high, count))]
        return list(dict.fromkeys(round(v) if self.whole else v for v in spaced))


def parse_axis(field: str, text: str) -> ListAxis | RangeAxis:
    """Read an axis as people type it, see ``AXIS_SYNTAX``.

    Raises:
        ConfigError: names the field, the text and what is allowed.
    """
    parts = [part.strip() for part in text.strip().split(":")]
    if len(parts) == 1:
        words = [word.strip() for word in parts[0].removesuffix(",").split(",")]
        if "" in words and len(words) > 1:
            allowed = f"has nothing between two commas; write {AXIS_SYNTAX}"
            raise ConfigError([Problem(field, text, allowed)])
        words = [word for word in words if word]
        return ListAxis(field=field, values=tuple(_value(field, word) for word in words))
    low, high, *rest = parts
    log = rest[:1] == ["log"]
    count = rest[1:] if log else rest
    # Python refuses to read thousands of digits.
    read = len(count) <= 1 and all(word.isdecimal() and len(word) < MOST_DIGITS for word in count)
    if not read or None in (_number(low), _number(high)):
        raise ConfigError([Problem(field, text, f"is no axis; write {AXIS_SYNTAX}")])
    return parse_range(field, low, high, log, int(count[0]) if count else None)


def parse_range(field: str, low: str, high: str, log: bool, count: int | None = None) -> RangeAxis:
    """Read a range whose ends were typed one by one.

    Raises:
        ConfigError: names the field, what was typed and what is allowed.
    """
    ends = {}
    for name, text in (("begin", low), ("end", high)):
        value = _number(text)
        if value is None:
            raise ConfigError([Problem(field, text, f"must {name} with a number")])
        ends[name] = value
    return RangeAxis(field=field, low=ends["begin"], high=ends["end"], log=log, count=count)


def typed(end: float) -> str:
    """The end of a range as somebody would type it, to its last digit: 1 and not 1.0."""
    return str(round(end) if end.is_integer() else end)


def _number(text: str) -> float | None:
    """A finite number; None if it is none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _setting(field: str, value: Value) -> Any:
    if field == "hidden_sizes":
        layers = str(value).split("-")
        if len(layers) > 1 and not all(layer.strip() for layer in layers):
            allowed = (
                f"must be sizes with one dash between them, as 128-64; {FIELDS[field].allowed}"
            )
            raise ConfigError([Problem(field, value, allowed)])
        value = ",".join(layers)
    return getattr(parse_config({field: value}), field)


def _value(field: str, word: str) -> Value:
    """One word of a list: a number where the field takes numbers."""
    if field not in FIELDS:
        return word
    setting = _setting(field, word)
    if isinstance(setting, tuple):
        if len(setting) == 1:
            return int(setting[0])
        return format_sizes(setting).replace(", ", "-") or NO_LAYER
    return setting if isinstance(setting, int | float) else word


def shown(value: object) -> str:
    """A value on an axis with the digits that mean something."""
    return f"{value:.3g}" if isinstance(value, float) else str(value) or NO_LAYER


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
