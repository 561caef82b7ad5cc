"""Every hyperparameter, once: bounds, default, label and help.

The form, the command line, links, sweep axes and the run table are derived from these fields.
"""

from typing import Annotated, Any, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.fields import FieldInfo

from mnist_core.config.distortion import Distortion
from mnist_core.errors import ConfigError, Problem

MAX_LAYERS = 8
MAX_UNITS = 8192


def _parse_sizes(value: object) -> object:
    """Accept what people type: ``128, 64``, ``32`` or nothing (no hidden layer)."""
    if isinstance(value, int):
        return (value,)
    if isinstance(value, str):
        text = value.strip().strip("[]()").strip()
        if text.lower() in ("", "none"):
            return ()
        try:
            return tuple(int(part) for part in text.replace(" ", ",").split(",") if part)
        except ValueError:
            raise ValueError("sizes are whole numbers separated by commas") from None
    return value


HiddenSizes = Annotated[
    tuple[Annotated[int, Field(ge=1, le=MAX_UNITS)], ...],
    BeforeValidator(_parse_sizes),
]

DatasetName = Literal["mnist", "fashion_mnist", "kmnist", "cifar10", "cifar100"]
Activation = Literal["relu", "tanh", "sigmoid", "gelu", "none"]
Optimizer = Literal["sgd", "momentum", "adam", "adamw"]
Schedule = Literal["constant", "one_cycle", "cosine"]


class TrainConfig(Distortion):
    """Everything that decides what one training run does.

    ``title`` is the label a person sees, ``description`` the help behind it; ``scale: log`` marks
    numbers that are explored by factors, ``unit`` is shown after the number, ``names`` says what
    the choices are called. The fields of ``Distortion`` say how pictures are changed in training.
    """

    dataset: DatasetName = Field(
        "mnist",
        title="Data set",
        description="The pictures to learn from. MNIST: 70,000 handwritten digits.",
        json_schema_extra={
            "names": {
                "mnist": "MNIST (digits)",
                "fashion_mnist": "Fashion-MNIST (clothes)",
                "kmnist": "KMNIST (Japanese characters)",
                "cifar10": "CIFAR-10 (10 kinds of photo)",
                "cifar100": "CIFAR-100 (100 kinds of photo)",
            }
        },
    )
    hidden_sizes: HiddenSizes = Field(
        (32,),
        title="Hidden layer sizes",
        max_length=MAX_LAYERS,
        description=(
            "Units in each hidden layer, separated by commas: 32 is one layer, 128, 64 are two. "
            "Leave it empty for no hidden layer, which is logistic regression. "
            "More units can learn finer distinctions, take longer and overfit sooner."
        ),
    )
    activation: Activation = Field(
        "relu",
        title="Activation",
        description=(
            "What each hidden unit does to its sum. Without one (none), any number of layers "
            "can only do what a single layer can."
        ),
        json_schema_extra={
            "names": {
                "relu": "ReLU",
                "tanh": "tanh",
                "sigmoid": "sigmoid",
                "gelu": "GELU",
                "none": "none (stays linear)",
            }
        },
    )
    epochs: int = Field(
        5,
        ge=1,
        le=1000,
        title="Epochs",
        description="How many times the network sees every training picture.",
    )
    learning_rate: float = Field(
        0.5,
        ge=1e-6,
        le=10,
        title="Learning rate",
        description=(
            "How far each step moves the weights. Too small learns slowly, too large jumps "
            "past the goal or blows up. SGD likes 0.1 to 0.5, Adam about 0.001."
        ),
        json_schema_extra={"scale": "log"},
    )
    batch_size: int = Field(
        100,
        ge=1,
        le=10_000,
        title="Batch size",
        description=(
            "Pictures averaged into one step. Small batches step often and noisily, "
            "large ones rarely and smoothly."
        ),
        json_schema_extra={"scale": "log"},
    )
    optimizer: Optimizer = Field(
        "sgd",
        title="Optimizer",
        description=(
            "The rule that turns a gradient into a step. SGD follows it as it is, momentum "
            "keeps some of the last step, Adam and AdamW give each weight a step size of its own."
        ),
        json_schema_extra={
            "names": {
                "sgd": "SGD",
                "momentum": "SGD with momentum",
                "adam": "Adam",
                "adamw": "AdamW",
            }
        },
    )
    momentum: float = Field(
        0.9,
        ge=0,
        le=0.999,
        title="Momentum",
        description="The share of the last step that is kept. Used by SGD with momentum only.",
    )
    weight_decay: float = Field(
        0.0,
        ge=0,
        le=1,
        title="Weight decay",
        description="Pulls every weight a little towards zero at each step, against overfitting.",
        json_schema_extra={"scale": "log"},
    )
    dropout: float = Field(
        0.0,
        ge=0,
        le=0.9,
        title="Dropout",
        description=(
            "The share of hidden units switched off at random in each training step, "
            "so that no unit can rely on another."
        ),
    )
    schedule: Schedule = Field(
        "constant",
        title="Learning-rate schedule",
        description=(
            "How the learning rate changes on the way: not at all, up and then down to zero "
            "(one-cycle), or down to zero along a cosine."
        ),
        json_schema_extra={
            "names": {"constant": "constant", "one_cycle": "one-cycle", "cosine": "cosine"}
        },
    )
    label_smoothing: float = Field(
        0.0,
        ge=0,
        le=0.5,
        title="Label smoothing",
        description=(
            "The share of certainty given to all the other classes, so that the network is "
            "never rewarded for being absolutely sure."
        ),
    )
    val_fraction: float = Field(
        0.2,
        ge=0.01,
        le=0.9,
        title="Validation share",
        description=(
            "The share of the training pictures that is kept aside to measure accuracy on "
            "pictures the network did not learn from."
        ),
    )
    seed: int = Field(
        0,
        ge=0,
        le=2**31 - 1,
        title="Seed",
        description="Decides the initial weights and the dropout. The same seed repeats the run.",
    )
    order_seed: int = Field(
        0,
        ge=0,
        le=2**31 - 1,
        title="Order seed",
        description="Decides the order in which the training pictures are shown in each epoch.",
    )
    device: str = Field(
        "auto",
        pattern=r"^(auto|cpu|mps|cuda:\d+)$",
        title="Device",
        description="Where to compute. Automatic takes a GPU if there is one, else the CPU.",
    )


class FieldSpec(BaseModel):
    """One field of ``TrainConfig`` as a form, a flag or a sweep axis needs it."""

    model_config = ConfigDict(frozen=True)

    name: str
    label: str
    help: str
    kind: Literal["int", "float", "choice", "sizes", "text"]
    default: Any
    low: float | None = None
    high: float | None = None
    scale: Literal["linear", "log"] = "linear"
    distorts: bool = False
    choices: tuple[str, ...] = ()
    choice_names: dict[str, str] = {}

    @property
    def allowed(self) -> str:
        """What this field takes, as the end of a sentence."""
        match self.kind:
            case "choice":
                return "must be one of " + ", ".join(self.choices)
            case "sizes":
                return (
                    f"must be at most {MAX_LAYERS} whole numbers from 1 to {MAX_UNITS}, "
                    "separated by commas (empty for no hidden layer)"
                )
            case "text":
                return "must be auto, cpu, mps or cuda:0, cuda:1, ..."
            case "int":
                return f"must be a whole number from {self.low:.0f} to {self.high:.0f}"
            case "float":
                return f"must be a number from {self.low:g} to {self.high:g}"


def _spec(name: str, info: FieldInfo) -> FieldSpec:
    annotation = info.annotation
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    low = high = None
    for rule in info.metadata:
        if isinstance(rule, Ge | Gt):
            low = rule.ge if isinstance(rule, Ge) else rule.gt
        if isinstance(rule, Le | Lt):
            high = rule.le if isinstance(rule, Le) else rule.lt
    kind: Any = {int: "int", float: "float", str: "text"}.get(annotation, "sizes")  # type: ignore[arg-type]
    choices: tuple[str, ...] = ()
    if get_origin(annotation) is Literal:
        kind, choices = "choice", get_args(annotation)
    return FieldSpec.model_validate(
        {
            "name": name,
            "label": info.title,
            "help": info.description,
            "kind": kind,
            "default": info.default,
            "low": low,
            "high": high,
            "scale": extra.get("scale", "linear"),
            "distorts": name in Distortion.model_fields,
            "choices": choices,
            "choice_names": extra.get("names", {}),
        }
    )


FIELDS: dict[str, FieldSpec] = {
    name: _spec(name, info)
    # A subclass lists inherited fields first; people want the network's own first.
    for name, info in sorted(
        TrainConfig.model_fields.items(), key=lambda item: item[0] in Distortion.model_fields
    )
}


def parse_config(values: dict[str, Any]) -> TrainConfig:
    """Check ``values`` (field name -> value, strings welcome) and fill in the defaults.

    Raises:
        ConfigError: names every field that is out of bounds or unknown, its value and what is
            allowed.
    """
    try:
        return TrainConfig.model_validate(values)
    except ValidationError as error:
        problems: dict[str, Problem] = {}
        for detail in error.errors():
            name = str(detail["loc"][0])
            allowed = (
                FIELDS[name].allowed
                if name in FIELDS
                else "no such setting; there are " + ", ".join(FIELDS)
            )
            problems.setdefault(name, Problem(name, values.get(name), allowed))
        raise ConfigError(list(problems.values())) from None


def format_sizes(sizes: tuple[int, ...]) -> str:
    """Hidden sizes as people type them: ``(128, 64)`` -> ``128, 64``; no layer -> empty."""
    return ", ".join(map(str, sizes))


DISTORTED: dict[str, Any] = {  # what both networks that read handwriting well are trained with
    "optimizer": "adamw",
    "schedule": "one_cycle",
    "label_smoothing": 0.05,
    "val_fraction": 0.1,
    "shift": 1,
    "scale": 0.15,
    "rotation": 12,
    "slant": 15,
    "elastic": 0.8,
    "smoothness": 4,
}

PRESETS: dict[str, TrainConfig] = {
    "The tutorial's settings": TrainConfig(),
    "Logistic regression (no hidden layer)": TrainConfig(hidden_sizes=(), learning_rate=0.1),
    # Simard, Steinkraus and Platt (2003) reached 99.3 % with one hidden layer and distortions.
    "Accurate (one hidden layer, two minutes)": TrainConfig(
        hidden_sizes=(1600,), learning_rate=2e-3, batch_size=256, epochs=60, **DISTORTED
    ),
    "Handwriting (as the network that comes with the app)": TrainConfig(
        hidden_sizes=(1200, 800),
        learning_rate=1.5e-3,
        weight_decay=0.01,
        batch_size=512,
        epochs=30,
        **DISTORTED,
    ),
}
