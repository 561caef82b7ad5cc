"""What a run can be asked: a field, a symbol and a value become a test, or an error."""

import math
import operator
from collections.abc import Callable
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any, get_args

from mnist_core.config.fields import FIELDS, parse_config
from mnist_core.data.own import is_own, own_titles
from mnist_core.errors import ConfigError, MnistLabError
from mnist_core.runs.records import Run, State

# True, False, or None where a run does not have what is asked for.
Test = Callable[[Run], bool | None]

RESULTS: dict[str, str] = {
    "val_accuracy": "validation accuracy after the last epoch, 0 to 1",
    "best_val_accuracy": "the best validation accuracy of all epochs, 0 to 1",
    "test_accuracy": "accuracy on the test pictures, 0 to 1",
    "train_loss": "training loss of the last epoch",
    "val_loss": "validation loss after the last epoch",
    "test_loss": "loss on the test pictures",
    "epoch": "epochs trained",
    "seconds": "training time",
    "parameters": "weights and biases in the network",
}
# What the table calls each field; the settings are called as in the form.
TITLES: dict[str, str] = {
    "name": "Run",
    "state": "State",
    "best_val_accuracy": "Best validation",
    "val_accuracy": "Last validation",
    "test_accuracy": "Test",
    "seconds": "Time",
    "parameters": "Size",
    "epoch": "Trained",
    "tags": "Tags",
    "note": "Note",
    "created": "Started",
    **{name: spec.label for name, spec in FIELDS.items()},
}
WORDS = {title.lower(): field for field, title in TITLES.items()}
STATES: tuple[str, ...] = get_args(State)
TEXTS = ("name", "note", "tags", "device")
COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
OPERATORS = (*COMPARE, "contains")
_YES, _NO = ("true", "yes", "1"), ("false", "no", "0")


class QueryError(MnistLabError):
    """A filter that cannot be understood; names the word, its place and what is allowed there."""


def comparison(field: str, symbol: str, value: str) -> Test:
    """The test that a field of a run compares so with a value, as it was typed.

    Raises:
        QueryError: it cannot be compared so, or no run can have that value.
    """
    kind = FIELDS[field].kind if field in FIELDS else None
    if field == "starred":
        return _compare_starred(symbol, value.lower())
    if field in TEXTS or kind == "text":
        return _compare_text(field, symbol, value)
    if field == "state" or kind == "choice":
        return _compare_choice(field, symbol, value.lower())
    if field == "created":
        return _compare_day(symbol, value)
    if kind == "sizes":
        return _compare_sizes(field, symbol, value)
    if symbol == "contains":
        raise QueryError(f"{field} contains {value}: {field} is a number; use {_list(COMPARE)}")
    number, compare = _number(field, value), COMPARE[symbol]

    def test(run: Run) -> bool | None:
        actual = run.figure(field) if field in RESULTS else run.setting(field)
        return None if actual is None else compare(actual, number)

    return test


def _number(field: str, value: str) -> float:
    """A value that some run can have, or at least lies beside one that can.

    Raises:
        QueryError: it is no number, or beyond all that there can be.
    """
    share = field.endswith("accuracy")
    low, high = (0.0, 1.0 if share else math.inf)
    if field in FIELDS:
        low, high = FIELDS[field].low or 0.0, FIELDS[field].high or math.inf
    if field == "epochs":
        high = math.inf  # the bound is that of a segment
    try:
        number = float(value[:-1]) / 100 if value.endswith("%") else float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise QueryError(f"{field}: {value!r} is not a number")
    if value.endswith("%") and high > 1:
        raise QueryError(f"{field}: {value} is a share, and {field} is none")
    if not low <= number <= high:
        meant = share and 1 < number <= 100 and not value.endswith("%")
        hint = f"; write {value}% or {number / 100:g}" if meant else ""
        limits = f"from {low:g} to {high:g}" if math.isfinite(high) else f"at least {low:g}"
        raise QueryError(f"{field}: no run can have {value}, it is {limits}{hint}")
    return number


def _compare_starred(symbol: str, value: str) -> Test:
    if symbol not in ("=", "!=") or value not in (*_YES, *_NO):
        raise QueryError(f"starred {symbol} {value}: use starred, not starred, or starred = true")
    wanted = (value in _YES) == (symbol == "=")
    return lambda run: run.starred == wanted


def _compare_text(field: str, symbol: str, value: str) -> Test:
    wanted = value.lower()

    def values(run: Run) -> list[str]:
        if field == "tags":
            return [tag.lower() for tag in run.tags]
        return [str(getattr(run.config if field in FIELDS else run, field)).lower()]

    match symbol:
        case "=":
            return lambda run: wanted in values(run)
        case "!=":
            return lambda run: wanted not in values(run)
        case "contains":
            return lambda run: any(wanted in text for text in values(run))
    raise QueryError(f"{field} {symbol} {value}: {field} is text; use =, != or contains")


def _compare_choice(field: str, symbol: str, value: str) -> Test:
    if symbol not in ("=", "!="):
        raise QueryError(f"{field} {symbol} {value}: {field} is a choice; use = or !=")
    choices = STATES if field == "state" else FIELDS[field].choices
    if value not in choices and not (field == "dataset" and is_own(value)):
        raise QueryError(f"{field}: {value!r} is not one of {_list(choices)}")
    compare = COMPARE[symbol]
    return lambda run: compare(run.state if field == "state" else getattr(run.config, field), value)


def called(field: str) -> dict[str, str]:
    """The choices of a field by what the form and the table call them, the longest name first."""
    spec = FIELDS.get(field)
    if spec is None or spec.kind != "choice":
        return {}
    found = {title.lower(): name for name, title in spec.choice_names.items()}
    if field == "dataset":
        for name, title in own_titles().items():
            found |= {f"{title} (your own)".lower(): name}
    return dict(sorted(found.items(), key=lambda item: -len(item[0])))


def _compare_day(symbol: str, value: str) -> Test:
    """By the day on which a run was started, as this machine's clock has it."""
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise QueryError(f"created: {value!r} is no day; write it as 2026-01-31") from None
    if symbol == "contains":
        raise QueryError(f"created contains {value}: created is a day; use {_list(COMPARE)}")
    compare = COMPARE[symbol]
    return lambda run: compare(datetime.fromtimestamp(run.created).date(), day)


def _compare_sizes(field: str, symbol: str, value: str) -> Test:
    if symbol not in ("=", "!=", "contains"):
        raise QueryError(f"{field} {symbol} {value}: use =, != or contains")
    try:
        typed = "" if value.lower() == "none" else value
        sizes: tuple[int, ...] = getattr(parse_config({field: typed}), field)
    except ConfigError as error:
        raise QueryError(str(error)) from None
    if symbol == "contains" and not sizes:
        raise QueryError(f"{field} contains {value}: for no hidden layer use {field} = none")
    if symbol == "contains":
        return lambda run: set(sizes) <= set(getattr(run.config, field))
    compare = COMPARE[symbol]
    return lambda run: compare(getattr(run.config, field), sizes)


def search(text: str) -> Test:
    """The test that a text is in a run's name, note or tags."""
    wanted = text.lower()
    return lambda run: (
        wanted in run.name.lower()
        or wanted in run.note.lower()
        or any(wanted in tag.lower() for tag in run.tags)
    )


KNOWN = (*FIELDS, *RESULTS, *TEXTS[:3], "created", "state", "starred")


def is_field(word: str) -> bool:
    """Whether runs can be asked for it."""
    return word in KNOWN


def check_field(field: str) -> None:
    """Raise QueryError for what is no field, with the nearest that is one."""
    if is_field(field):
        return
    close = get_close_matches(field, KNOWN, 1)
    hint = f"did you mean {close[0]}? There are" if close else "there are"
    raise QueryError(f"no field {field!r}: {hint} {_list(KNOWN)}, and what the table calls them")


def _list(words: Any) -> str:
    return ", ".join(words)
