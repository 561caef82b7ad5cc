"""What is measured of training time: one quantity that varies, on several devices."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mnist_core.config.fields import allowed, problems
from mnist_core.config.numbers import Count, Measured, Whole
from mnist_core.config.train import MAX_LAYERS, MAX_UNITS
from mnist_core.errors import ConfigError, Problem

Varied = Literal["units", "pictures", "batch_size", "layers"]
Precision = Literal["float32", "float64", "bfloat16"]
TITLES: dict[Varied, str] = {
    "units": "hidden units",
    "pictures": "training pictures",
    "batch_size": "batch size",
    "layers": "hidden layers",
}
USUAL: dict[Varied, tuple[int, ...]] = {
    "units": (16, 32, 64, 128, 256, 512, 1024),
    "pictures": (1000, 3000, 10_000, 30_000, 60_000),
    "batch_size": (10, 30, 100, 300, 1000),
    "layers": (1, 2, 4, 8),
}
IN_SIZE, CLASSES = 784, 10  # of MNIST: the pictures are made up, in its size
MOST_PICTURES = 60_000
MOST_VALUES = 12
MOST_DIGITS = 9  # of a value that is typed: none is allowed that is nearly as long
MOST_SETTINGS = 6  # as many as there are colours that eyes tell apart
# A step cannot be broken off: one of this size takes a slow core two seconds.
MOST_WORK = 20_000_000_000
SLOW = 1e10  # multiply-adds a second that every processor of the last ten years does on one core
SAMPLE = 1.2  # seconds that one sample is given: making the network ready, warm-up, measurement


class Machine(BaseModel):
    """What was measured on. ``load`` is its load average before it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cpu: str
    cores: Count
    load: Measured
    gpus: tuple[str, ...]
    torch: str

    @property
    def name(self) -> str:
        """In a line."""
        parts = [self.cpu, f"{self.cores} core{'s' * (self.cores != 1)}", *self.gpus]
        return ", ".join([*parts, f"torch {self.torch}"])


class Setting(BaseModel):
    """Where and how is computed. ``label`` is the device for a person; a GPU has no ``threads``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    device: str = Field(min_length=1, max_length=100)
    label: str = Field(min_length=1, max_length=200)
    threads: Whole = Field(1, ge=1, le=1024)
    precision: Precision = "float32"

    @property
    def on_cpu(self) -> bool:
        return self.device == "cpu"

    @property
    def name(self) -> str:
        """For a legend: CPU, 2 threads, float32."""
        if not self.on_cpu:
            return f"{self.label}, {self.precision}"
        return f"CPU, {self.threads} thread{'s' * (self.threads != 1)}, {self.precision}"


class Plan(BaseModel):
    """``varies`` takes each of ``values`` in turn, in each of ``settings``; all else is fixed.

    ``pictures`` are in the training part; ``layers`` are hidden ones, of ``units`` each.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    varies: Varied = "units"
    values: tuple[Whole, ...] = Field(
        USUAL["units"],
        json_schema_extra={"allowed": f"must be 1 to {MOST_VALUES} whole numbers with commas"},
        min_length=1,
        max_length=MOST_VALUES,
    )
    units: Whole = Field(32, ge=1, le=MAX_UNITS)
    pictures: Whole = Field(10_000, ge=1, le=MOST_PICTURES)
    batch_size: Whole = Field(100, ge=1, le=10_000)
    layers: Whole = Field(1, ge=0, le=MAX_LAYERS)
    settings: tuple[Setting, ...] = Field(
        min_length=1,
        max_length=MOST_SETTINGS,
        json_schema_extra={"allowed": f"choose 1 to {MOST_SETTINGS} to compare"},
    )
    repeats: Whole = Field(3, ge=1, le=10)

    @model_validator(mode="after")
    def _check(self) -> Self:
        bounds = type(self).model_json_schema()["properties"][self.varies]
        low, high = bounds["minimum"], bounds["maximum"]
        outside = [value for value in self.values if not low <= value <= high]
        if outside:
            said = f"{TITLES[self.varies]} must be whole numbers from {low} to {high}"
            raise ConfigError([Problem("values", outside[0], said)])
        if list(self.values) != sorted(set(self.values)):
            raise ConfigError([Problem("values", self.values, "must grow, each named once")])
        if len(set(self.settings)) < len(self.settings):
            raise ConfigError([Problem("settings", "", "names one twice")])
        for value in self.values:
            if self.step(value) > MOST_WORK:
                said = (
                    f"with {TITLES[self.varies]} of {value:,} a step would be "
                    f"{self.step(value) / 1e9:,.0f} thousand million multiply-adds. "
                    f"At most {MOST_WORK / 1e9:.0f} are measured, so that a stop is soon heard: "
                    "take fewer units, layers or pictures in a batch"
                )
                raise ConfigError([Problem("values", value, said)])
        return self

    def at(self, value: int) -> dict[Varied, int]:
        """All four quantities where ``varies`` has this value."""
        fixed: dict[Varied, int] = {name: getattr(self, name) for name in TITLES}
        return {**fixed, self.varies: value}

    def work(self, value: int) -> int:
        """Multiply-adds a picture: forward, the weights' gradients, and those of what went in.

        The pictures themselves need no gradient, so the first layer counts twice and not thrice.
        """
        there = self.at(value)
        sizes = (IN_SIZE, *[there["units"]] * there["layers"], CLASSES)
        first, *others = [a * b for a, b in pairwise(sizes)]
        return 2 * first + 3 * sum(others)

    def step(self, value: int) -> int:
        """Multiply-adds of one step."""
        there = self.at(value)
        return self.work(value) * min(there["batch_size"], there["pictures"])

    @property
    def samples(self) -> int:
        """How often something is measured, each setting's peak rate included."""
        return (len(self.values) + 1) * len(self.settings) * self.repeats

    @property
    def seconds(self) -> float:
        """What all of it takes: each sample has the same time, and two steps at least."""
        steps = sum(2 * self.step(value) / SLOW for value in self.values)
        return self.samples * SAMPLE + self.repeats * len(self.settings) * steps


def parse_values(text: str) -> tuple[int, ...]:
    """Values as people type them, ``16, 32, 64``, in their order and each once.

    Raises:
        ConfigError: one is no whole number.
    """
    parts = [part.strip() for part in text.strip().removesuffix(",").split(",")]
    wrong = [
        part
        for part in parts
        if not (part.isascii() and part.isdigit() and len(part) <= MOST_DIGITS)
    ]
    if wrong:
        said = "must be whole numbers with commas between them, as 16, 32, 64"
        raise ConfigError([Problem("values", wrong[0] or text, said)])
    return tuple(sorted({int(part) for part in parts}))


def parse_plan(values: Mapping[str, Any]) -> Plan:
    """Check ``values`` (field -> value) and fill in the defaults.

    Raises:
        ConfigError: names every field that is out of bounds, its value and what is allowed.
    """
    try:
        return Plan.model_validate(values)
    except ValidationError as error:
        schema = Plan.model_json_schema()["properties"]
        takes = {
            name: allowed(field) if "allowed" in field or "minimum" in field else "not known here"
            for name, field in schema.items()
        }
        raise ConfigError(problems(error, values, takes)) from None


def choices(devices: list[tuple[str, str]], cores: int) -> list[Setting]:
    """All settings that can be compared on a machine with these (name, label) and CPU cores.

    Threads double from 1 up to the cores. Apple's GPUs have no float64.
    """
    counts = sorted({2**i for i in range(cores.bit_length()) if 2**i <= cores} | {max(cores, 1)})
    precisions: tuple[Precision, ...] = ("float32", "float64", "bfloat16")
    found, labels = [], [label for _, label in devices]
    for name, said in devices:
        label = said if labels.count(said) == 1 else f"{said} ({name})"
        for precision in precisions:
            if name == "cpu":
                found += [
                    Setting(device=name, label=label, threads=count, precision=precision)
                    for count in counts
                ]
            elif (name, precision) != ("mps", "float64"):
                found.append(Setting(device=name, label=label, precision=precision))
    return found


def usual(found: list[Setting]) -> list[Setting]:
    """What is compared unless somebody chooses.

    The CPU with one thread and with all cores against each GPU; without a GPU also one thread in
    float64.
    """
    gpus = [one for one in found if not one.on_cpu and one.precision == "float32"]
    cpu = [one for one in found if one.on_cpu]
    single = [one for one in cpu if one.threads == 1 and one.precision == "float32"]
    most = max((one.threads for one in cpu), default=1)
    all_cores = [one for one in cpu if one.threads == most > 1 and one.precision == "float32"]
    double = [one for one in cpu if one.threads == 1 and one.precision == "float64"]
    return [*single, *all_cores, *(gpus or double)][:MOST_SETTINGS]
