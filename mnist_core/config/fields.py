"""What a form, a flag, a link, a sweep axis and the run table need to know of each setting.

All of it is read from the schema of ``TrainConfig``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import ValidationError

from mnist_core.config.distortion import Distortion
from mnist_core.config.train import TrainConfig
from mnist_core.errors import ConfigError, Problem

Kind = Literal["int", "float", "choice", "sizes", "text"]

KINDS: dict[str, Kind] = {"integer": "int", "number": "float", "array": "sizes", "string": "text"}


@dataclass(frozen=True)
class FieldSpec:
    """One field of ``TrainConfig``; ``allowed`` is what it takes, as the end of a sentence.

    Numbers have bounds, which are allowed themselves: ``low`` and ``high``. ``choices`` are those
    that are the same on every machine: of data sets there may be more.
    """

    name: str
    label: str
    help: str
    kind: Kind
    default: Any
    allowed: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    choice_names: dict[str, str] = field(default_factory=dict)

    @property
    def distorts(self) -> bool:
        """Whether it says how pictures are changed in training."""
        return self.name in Distortion.model_fields


def allowed(schema: dict[str, Any]) -> str:
    """What a field with this JSON schema takes, as the end of a sentence."""
    match schema:
        case {"allowed": str(said)}:
            return said
        case {"enum": choices}:
            return "must be one of " + ", ".join(choices)
        case {"type": "integer", "minimum": low, "maximum": high}:
            return f"must be a whole number from {low} to {high}"
        case {"type": "number", "minimum": low, "maximum": high}:
            return f"must be a number from {low:g} to {high:g}"
        case {"type": "string", "minLength": low, "maxLength": high}:
            return f"must have {low} to {high} characters"
    raise ValueError(f"no words for {schema}")


def problems(
    error: ValidationError, values: Mapping[str, Any], takes: Mapping[str, str]
) -> list[Problem]:
    """Each field of ``values`` that was refused, once; ``takes`` is what each field takes."""
    found: dict[str, Problem] = {}
    for detail in error.errors():
        if not detail["loc"]:  # not even a mapping
            return [Problem("settings", values, "must be names with values")]
        name = str(detail["loc"][0])
        said = takes.get(name) or "no such setting; there are " + ", ".join(takes)
        found.setdefault(name, Problem(name, values.get(name), said))
    return list(found.values())


def _spec(name: str, schema: dict[str, Any]) -> FieldSpec:
    schema |= schema.get("anyOf", [{}])[0]  # what else it may be is known where it is asked for
    return FieldSpec(
        name=name,
        label=schema["title"],
        help=schema["description"],
        kind="choice" if "enum" in schema else KINDS[schema["type"]],
        default=TrainConfig.model_fields[name].default,
        allowed=allowed(schema),
        low=schema.get("minimum"),
        high=schema.get("maximum"),
        choices=tuple(schema.get("enum", ())),
        choice_names=schema.get("names", {}),
    )


FIELDS: dict[str, FieldSpec] = {
    spec.name: spec
    # A subclass lists inherited fields first; people want the network's own first.
    for spec in sorted(
        (_spec(*item) for item in TrainConfig.model_json_schema()["properties"].items()),
        key=lambda spec: spec.distorts,
    )
}


def parse_config(values: Mapping[str, Any]) -> TrainConfig:
    """Check ``values`` (field name -> value, strings welcome) and fill in the defaults.

    Raises:
        ConfigError: names every field that is out of bounds or unknown, its value and what is
            allowed.
    """
    try:
        return TrainConfig.model_validate(values)
    except ValidationError as error:
        takes = {name: spec.allowed for name, spec in FIELDS.items()}
        raise ConfigError(problems(error, values, takes)) from None


def format_sizes(sizes: tuple[int, ...]) -> str:
    """Hidden sizes as people type them: ``(128, 64)`` -> ``128, 64``; no layer -> empty."""
    return ", ".join(map(str, sizes))
