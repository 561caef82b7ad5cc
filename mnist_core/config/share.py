"""A configuration as the query of a link, and back. A link never starts anything."""

import math
from collections.abc import Mapping

from mnist_core.config.fields import FIELDS, FieldSpec, format_sizes, parse_config
from mnist_core.config.train import MAX_LAYERS, MAX_UNITS, TrainConfig
from mnist_core.errors import ConfigError


def to_query(config: TrainConfig) -> dict[str, str]:
    """Field name -> text, for the fields that differ from the default."""
    return {
        name: as_text(getattr(config, name))
        for name, spec in FIELDS.items()
        if getattr(config, name) != spec.default
    }


def from_query(query: Mapping[str, str]) -> tuple[TrainConfig, list[str]]:
    """The configuration in a link, and a sentence about each value that could not be taken.

    A number out of bounds becomes the nearest allowed one; what makes no sense becomes the
    default. Names that are no field are left to the caller.
    """
    values: dict[str, object] = {}
    notes = []
    for name, text in query.items():
        if name not in FIELDS:
            continue
        try:
            values[name] = getattr(parse_config({name: text}), name)
        except ConfigError as error:
            spec = FIELDS[name]
            values[name] = _nearest(spec, text)
            shown = as_text(values[name]) or "no hidden layer"
            notes.append(f"{spec.label}: {error.problems[0].allowed}, so {text!r} became {shown}.")
    return parse_config(values), notes


def as_text(value: object) -> str:
    """A field's value as it is typed into a link or behind a flag."""
    if isinstance(value, tuple):
        return format_sizes(value).replace(" ", "")
    return f"{value!r}" if isinstance(value, float) else str(value)


def _nearest(spec: FieldSpec, text: str) -> object:
    """The allowed value closest to ``text``; the default if it is nothing of the kind."""
    parts = [part for part in text.replace(" ", ",").split(",") if part]
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        return spec.default
    if not numbers or any(math.isnan(number) for number in numbers):
        return spec.default
    if spec.kind == "sizes":
        return tuple(int(min(max(n, 1), MAX_UNITS)) for n in numbers[:MAX_LAYERS])
    if spec.low is None or spec.high is None or len(numbers) > 1:
        return spec.default
    number = min(max(numbers[0], spec.low), spec.high)
    return round(number) if spec.kind == "int" else number
