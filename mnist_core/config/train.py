"""Every hyperparameter, once: bounds, default, label and help."""

from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field

from mnist_core.config.distortion import Distortion
from mnist_core.config.numbers import Real, Whole

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
        parts = [part.split() for part in text.removesuffix(",").split(",")]
        if not all(parts):  # one that is forgotten must not become another network
            raise ValueError("there is nothing between two commas")
        try:
            return tuple(int(size) for part in parts for size in part)
        except ValueError:
            raise ValueError("sizes are whole numbers separated by commas") from None
    return value


HiddenSizes = Annotated[
    tuple[Annotated[Whole, Field(ge=1, le=MAX_UNITS)], ...],
    BeforeValidator(_parse_sizes),
]

DatasetName = Literal["mnist", "fashion_mnist", "kmnist", "cifar10", "cifar100"]
OWN = "own:"  # before the name of a data set of somebody's own pictures
OwnDatasetName = Annotated[str, Field(pattern=f"^{OWN}[a-z0-9][a-z0-9-]{{0,59}}$")]
Activation = Literal["relu", "tanh", "sigmoid", "gelu", "none"]
Optimizer = Literal["sgd", "momentum", "adam", "adamw"]
Schedule = Literal["constant", "one_cycle", "cosine"]


class TrainConfig(Distortion):
    """Everything that decides what one training run does.

    ``title`` is the label a person sees, ``description`` the help behind it, ``names`` says what
    the choices are called, ``allowed`` what a field takes whose bounds do not say it. The fields of
    ``Distortion`` say how pictures are changed in training.
    """

    dataset: DatasetName | OwnDatasetName = Field(
        "mnist",
        title="Data set",
        description="The pictures to learn from. MNIST: 70,000 handwritten digits.",
        json_schema_extra={
            "allowed": f"must be one of {', '.join(get_args(DatasetName))}, or {OWN} and the name "
            "of a data set of your own",
            "names": {
                "mnist": "MNIST (digits)",
                "fashion_mnist": "Fashion-MNIST (clothes)",
                "kmnist": "KMNIST (Japanese characters)",
                "cifar10": "CIFAR-10 (10 kinds of photo)",
                "cifar100": "CIFAR-100 (100 kinds of photo)",
            },
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
        json_schema_extra={
            "allowed": f"must be at most {MAX_LAYERS} whole numbers from 1 to {MAX_UNITS}, "
            "separated by commas (empty for no hidden layer)"
        },
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
    epochs: Whole = Field(
        5,
        ge=1,
        le=1000,
        title="Epochs",
        description="How many times the network sees every training picture.",
    )
    learning_rate: Real = Field(
        0.5,
        ge=1e-6,
        le=10,
        title="Learning rate",
        description=(
            "How far each step moves the weights. Too small learns slowly, too large jumps "
            "past the goal or blows up. SGD likes 0.1 to 0.5, Adam about 0.001."
        ),
    )
    batch_size: Whole = Field(
        100,
        ge=1,
        le=10_000,
        title="Batch size",
        description=(
            "Pictures averaged into one step. Small batches step often and noisily, "
            "large ones rarely and smoothly."
        ),
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
    momentum: Real = Field(
        0.9,
        ge=0,
        le=0.999,
        title="Momentum",
        description="The share of the last step that is kept. Used by SGD with momentum only.",
    )
    weight_decay: Real = Field(
        0.0,
        ge=0,
        le=1,
        title="Weight decay",
        description="Pulls every weight a little towards zero at each step, against overfitting.",
    )
    dropout: Real = Field(
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
    label_smoothing: Real = Field(
        0.0,
        ge=0,
        le=0.5,
        title="Label smoothing",
        description=(
            "The share of certainty given to all the other classes, so that the network is "
            "never rewarded for being absolutely sure."
        ),
    )
    val_fraction: Real = Field(
        0.2,
        ge=0.01,
        le=0.9,
        title="Validation share",
        description=(
            "The share of the training pictures that is kept aside to measure accuracy on "
            "pictures the network did not learn from."
        ),
    )
    seed: Whole = Field(
        0,
        ge=0,
        le=2**31 - 1,
        title="Seed",
        description="Decides the initial weights and the dropout. The same seed repeats the run.",
    )
    order_seed: Whole = Field(
        0,
        ge=0,
        le=2**31 - 1,
        title="Order seed",
        description="Decides the order in which the training pictures are shown in each epoch.",
    )
    device: str = Field(
        "auto",
        pattern="^(auto|cpu|mps|cuda:[0-9]+)$",
        title="Device",
        description="Where to compute. Automatic takes a GPU if there is one, else the CPU.",
        json_schema_extra={"allowed": "must be auto, cpu, mps or cuda:0, cuda:1, ..."},
    )
