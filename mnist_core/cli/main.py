"""The command line. Its training flags are the fields of ``TrainConfig``, one by one.

PyTorch takes seconds to load, so each command imports what it needs when its arguments are right.
"""

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, get_args

from mnist_core.cli.common import (
    BAD_USAGE,
    FAILED,
    INTERRUPTED,
    as_json_fields,
    first_interrupt,
    flag,
    load_predictor,
    print_json,
)
from mnist_core.config.fields import FIELDS, format_sizes, parse_config
from mnist_core.config.train import DatasetName
from mnist_core.data.events import DataReady, Downloading
from mnist_core.errors import ConfigError, DrawingError, MnistLabError
from mnist_core.nn.events import EpochEnd, Event, Finished, Progress, Started

if TYPE_CHECKING:
    pass


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong with a command; ``--help`` says the rest."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_USAGE, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m mnist_core", description="Train and use digit readers.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    train = commands.add_parser("train", help="train a network and keep it", allow_abbrev=False)
    for name, field in FIELDS.items():
        default = format_sizes(field.default) if field.kind == "sizes" else field.default
        text = f"{field.label}: {field.help} It {field.allowed}. Default: {default}"
        # Strings all: the configuration checks them, and says the same as the form does.
        train.add_argument(flag(name), dest=name, metavar="X", help=text.replace("%", "%%"))

    sweep = commands.add_parser("sweep", help="try many settings at once", allow_abbrev=False)
    from mnist_core.cli.sweep import add_flags

    add_flags(sweep)

    predict = commands.add_parser("predict", help="read the digit in a picture")
    predict.add_argument("image", metavar="IMAGE", help="a PNG or JPEG with one digit")
    predict.add_argument("--run", required=True, help="id of the run whose network reads")

    score = commands.add_parser("score-drawings", help="measure how well pen strokes are read")
    from mnist_core.cli import scoring as cli_scoring

    cli_scoring.add_flags(score)

    data = commands.add_parser("data", help="say where a data set is, or download it")
    data.add_argument(
        "name",
        nargs="?",
        default="mnist",
        metavar="NAME",
        choices=get_args(DatasetName),
        help=", ".join(get_args(DatasetName)),
    )
    bench = commands.add_parser("bench", help="measure speed against the tutorial's loop")
    for command in (train, sweep, predict, score, data, bench):
        command.add_argument("--json", action="store_true", help="one JSON object a line")
    return parser


def main(arguments: list[str]) -> int:
    """Run one command; its exit status."""
    parser = _parser()
    options = vars(parser.parse_args(arguments))
    command, as_json = options.pop("command"), options.pop("json")
    try:
        return COMMANDS[command](options, as_json)
    except ConfigError as error:
        problem = error.problems[0]
        parser.error(f"{flag(problem.field)} {problem.value!r}: {problem.allowed}")
    except MnistLabError as error:
        print(f"{parser.prog}: {' '.join(str(error).split())}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


def _as_line(event: Event) -> str | None:
    """The event for a person; None where a line would be too much."""
    match event:
        case Downloading():
            return _download_line(event)
        case DataReady():
            return event.notice or f"Data: {event.source}"
        case Started():
            sizes = "-".join(str(size) for size, _ in event.layers)
            return (
                f"{sizes}-{event.layers[-1][1]}, {event.parameters:,} parameters, on "
                f"{event.device}; {event.train_examples:,} pictures to train, "
                f"{event.val_examples:,} to validate"
            )
        case EpochEnd():
            return (
                f"Epoch {event.epoch}: training loss {event.train_loss:.4f}, validation loss "
                f"{event.val_loss:.4f}, validation accuracy {event.val_accuracy:.2%}, "
                f"{event.seconds:.2f} s"
            )
        case Finished():
            return f"{event.outcome.capitalize()}: test accuracy {event.test_accuracy:.2%}"
        case Progress():
            return None


def _download_line(event: Downloading) -> str:
    return f"Downloading {event.dataset}: {event.done / 1e6:.1f} MB, {event.share:.0%}"


def _train(options: dict[str, Any], as_json: bool) -> int:
    config = parse_config({name: value for name, value in options.items() if value is not None})

    from mnist_core.runs.execution import execute
    from mnist_core.runs.store import RunStore

    store = RunStore()
    run_id = store.create(config)
    result: Finished | None = None
    with first_interrupt() as interrupted:
        for event in execute(run_id, store):
            if as_json:
                print_json(as_json_fields(event))
            elif line := _as_line(event):
                print(line, flush=True)
            if isinstance(event, Finished):
                result = event
            elif interrupted and isinstance(event, Downloading):
                store.set_state(run_id, "stopped")
                return INTERRUPTED
            elif interrupted:
                store.request_stop(run_id)  # execute() looks, and keeps what was learnt
    assert result is not None, "a run that raises nothing finishes"
    if as_json:
        print_json(
            {"run": run_id, "test_accuracy": result.test_accuracy, "seconds": result.seconds}
        )
    else:
        print(f"Run {run_id}, {result.seconds:.2f} s of training")
    return INTERRUPTED if result.outcome == "stopped" else 0


def _predict(options: dict[str, Any], as_json: bool) -> int:
    from mnist_core.drawing.scans import image_to_mnist

    image = image_to_mnist(Path(options["image"]))
    if not image.any():
        raise DrawingError(f"{options['image']} is blank: there is no digit to read")
    try:
        prediction = load_predictor(options["run"])(image)
    except ValueError as error:
        raise DrawingError(str(error)) from error
    if as_json:
        probabilities = prediction.probabilities.tolist()
        print_json({"digit": prediction.digit, "probabilities": probabilities})
    else:
        print(f"{prediction.digit} ({prediction.confidence:.1%})")
    return 0


def _data(options: dict[str, Any], as_json: bool) -> int:
    from mnist_core.data.datasets import load_dataset

    def arrived(event: Downloading) -> None:
        if as_json:
            print_json(as_json_fields(event))
        else:
            print(_download_line(event), flush=True)

    dataset = load_dataset(options["name"], arrived)
    ready = DataReady(dataset.name, dataset.source, dataset.notice)
    if as_json:
        print_json(as_json_fields(ready))
    else:
        print(
            f"{dataset.name}: {len(dataset.labels):,} pictures to train and "
            f"{len(dataset.test_labels):,} to test, in {dataset.source}"
        )
        if dataset.notice:
            print(dataset.notice)
    return 0


def _bench(_options: dict[str, Any], as_json: bool) -> int:
    from mnist_core.cli.bench import bench, report

    result = bench()
    if as_json:
        print_json(dataclasses.asdict(result))
    else:
        print(report(result))
    return 0


def _sweep(options: dict[str, Any], as_json: bool) -> int:
    from mnist_core.cli.sweep import sweep

    return sweep(options, as_json)


def _score_drawings(options: dict[str, Any], as_json: bool) -> int:
    from mnist_core.cli.scoring import score

    return score(options, as_json)


COMMANDS = {
    "train": _train,
    "sweep": _sweep,
    "predict": _predict,
    "score-drawings": _score_drawings,
    "data": _data,
    "bench": _bench,
}
