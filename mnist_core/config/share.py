"""What a form holds as the query of a link, and back. A link never starts anything."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from mnist_core.config.axes import NO_AXIS, ListAxis, RangeAxis, parse_axis
from mnist_core.config.fields import FIELDS, FieldSpec, format_sizes, parse_config
from mnist_core.config.measuring import TITLES, USUAL, Plan, Setting, parse_plan, parse_values
from mnist_core.config.sweep import SweepConfig, parse_sweep
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


EXPLORE = "explore."  # before the name of a field: its values in a sweep
LINKED = ("sampler", "pruner", "trials", "objective")  # of a sweep, beside axes and base


def sweep_to_query(config: SweepConfig) -> dict[str, str]:
    """Name -> text of a study's axes and of all else that differs from the default.

    A study's name and its sampler's seed are its own, and in no link.
    """
    axes = {EXPLORE + axis.field: str(axis) for axis in config.axes}
    fields = SweepConfig.model_fields
    chosen = {name: getattr(config, name) for name in LINKED}
    others = {name: str(v) for name, v in chosen.items() if v != fields[name].default}
    return axes | others | to_query(config.base)


def sweep_from_query(query: Mapping[str, str], name: str) -> tuple[SweepConfig | None, list[str]]:
    """The study of that name in a link, and a sentence about each value that could not be taken.

    None where the link has no setting to explore.
    """
    base, notes = from_query(query)
    axes: list[ListAxis | RangeAxis] = []
    for key, text in query.items():
        field = key.removeprefix(EXPLORE)
        if field == key:
            continue
        try:
            if field not in FIELDS or field in NO_AXIS:
                notes.append(f"{field!r} is nothing that a sweep can explore.")
            else:
                axes.append(parse_axis(field, text))
        except ConfigError as error:
            notes.append(f"{FIELDS[field].label}: {error.problems[0].allowed}.")
    if not axes:
        return None, notes
    said = {key: query[key] for key in LINKED if key in query}
    while True:
        try:
            return parse_sweep({"name": name, "base": base, "axes": axes, **said}), notes
        except ConfigError as error:
            wrong = [problem for problem in error.problems if problem.field in said]
            names = {p.field: SweepConfig.model_fields[p.field].title for p in error.problems}
            if not wrong:  # as a grid with more points than the trials that it does not name
                return None, [*notes, *(f"{names[p.field]}: {p.allowed}." for p in error.problems)]
            for p in wrong:
                notes.append(f"{names[p.field]}: {p.allowed}, so {p.value!r} was left out.")
                said.pop(p.field, None)


PLANNED = tuple(Plan.model_fields)  # of a measurement's plan
COMPARED = "; "  # between two settings, whose names have commas


def plan_to_query(plan: Plan, usual: Sequence[Setting]) -> dict[str, str]:
    """Name -> text of all in a measurement's plan that the form does not begin with.

    ``usual`` is what is compared unless somebody chooses.
    """
    begun = {name: field.default for name, field in Plan.model_fields.items()}
    begun |= {"values": USUAL[plan.varies], "settings": tuple(usual)}
    del begun[plan.varies]  # takes each of the values
    said = {name: getattr(plan, name) for name in begun}
    said = {name: value for name, value in said.items() if value != begun[name]}
    texts = {name: as_text(value) for name, value in said.items()}
    if "settings" in said:
        texts["settings"] = COMPARED.join(setting.name for setting in plan.settings)
    return texts


def plan_from_query(query: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """What of a measurement's plan a link names, and a sentence about each value not taken.

    ``settings`` are names: which of them a machine has, it says when its devices are known.
    """
    said: dict[str, Any] = {name: query[name] for name in PLANNED if name in query}
    settings = [name for name in said.pop("settings", "").split(COMPARED) if name]
    titles, notes = {str(name): title.capitalize() for name, title in TITLES.items()}, []
    while True:
        try:
            varies = said.get("varies", Plan.model_fields["varies"].default)
            values = parse_values(said["values"]) if "values" in said else USUAL.get(varies, (1,))
            some = Setting(device="cpu", label="CPU")
            plan = parse_plan({**said, "values": values, "settings": [some]})
        except ConfigError as error:
            for problem in error.problems:
                left_out = repr(said[problem.field]) if problem.field in said else "all of it"
                if said.pop(problem.field, None) is None:  # too much for what is usual besides
                    said.clear()
                title = titles.get(problem.field, problem.field.capitalize())
                notes.append(f"{title}: {problem.allowed}, so {left_out} was left out.")
        else:
            taken = {name: getattr(plan, name) for name in said}
            return taken | ({"settings": settings} if settings else {}), notes


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
