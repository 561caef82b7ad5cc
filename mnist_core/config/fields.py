"""What a form, a flag, a link, a sweep axis and the run table need to know of each setting.

All of it is read from the schema of ``TrainConfig``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import ValidationError

from mnist_core.config.distortion import Distortion
from mnist_core.config.train import MAX_LAYERS, MAX_UNITS, TrainConfig
from mnist_core.errors import ConfigError, Problem

Kind = Literal["int", "float", "choice", "sizes", "text"]

KINDS: dict[str, Kind] = {"integer": "int", "number": "float", "array": "sizes", "string": "text"}


@dataclass(frozen=True)
class FieldSpec:
    """One field of ``TrainConfig``; ``allowed`` is what it takes, as the end of a sentence.

    Numbers have bounds, which are allowed themselves: ``low`` and ``high``.
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


def _spec(name: str, schema: dict[str, Any]) -> FieldSpec:
    """The field with this JSON schema."""
    kind = "choice" if "enum" in schema else KINDS[schema["type"]]
    return FieldSpec(
        name=name,
        label=schema["title"],
        help=schema["description"],
        kind=kind,
        default=TrainConfig.model_fields[name].default,
        allowed=schema.get("allowed") or _allowed(kind, schema),
        low=schema.get("minimum"),
        high=schema.get("maximum"),
        choices=tuple(schema.get("enum", ())),
        choice_names=schema.get("names", {}),
    )


def _allowed(kind: Kind, schema: dict[str, Any]) -> str:
    match kind:
        case "choice":
            return "must be one of " + ", ".join(schema["enum"])
        case "sizes":
            return (
                f"must be at most {MAX_LAYERS} whole numbers from 1 to {MAX_UNITS}, "
                "separated by commas (empty for no hidden layer)"
            )
        case "int":
            return f"must be a whole number from {schema['minimum']} to {schema['maximum']}"
        case _:
            return f"must be a number from {schema['minimum']:g} to {schema['maximum']:g}"


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
        raise ConfigError(_problems(values, error)) from None


def _problems(values: Mapping[str, Any], error: ValidationError) -> list[Problem]:
    """Each field that is wrong, once."""
    found: dict[str, Problem] = {}
    for detail in error.errors():
        if not detail["loc"]:  # not even a mapping
            return [Problem("settings", values, "must be names with values")]
        name = str(detail["loc"][0])
        unknown = "no such setting; there are " + ", ".join(FIELDS)
        allowed = FIELDS[name].allowed if name in FIELDS else unknown
        found.setdefault(name, Problem(name, values.get(name), allowed))
    return list(found.values())


def format_sizes(sizes: tuple[int, ...]) -> str:
    """Hidden sizes as people type them: ``(128, 64)`` -> ``128, 64``; no layer -> empty."""
    return ", ".join(map(str, sizes))
