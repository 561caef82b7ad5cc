"""The filter of the run table: ``hidden_sizes contains 64 and val_accuracy > 0.97``.

The language, in the usual order of precedence (``not``, ``and``, ``or``):

    either     = both {"or" both}
    both       = term {["and"] term}
    term       = "not" term | "(" either ")" | comparison | text
    comparison = field ("=" | "!=" | "<" | "<=" | ">" | ">=" | "contains") value

A text, in quotes or not, is looked for in a run's name, note and tags. Fields are those of
``TrainConfig`` and of ``RESULTS``. Nothing typed is ever executed.
"""

import operator
import re
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, NoReturn, get_args

from mnist_core.config.fields import FIELDS, parse_config
from mnist_core.errors import ConfigError, MnistLabError
from mnist_core.runs.records import Run, State

Test = Callable[[Run], bool]

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
STATES: tuple[str, ...] = get_args(State)
TEXTS = ("name", "note", "tags", "device")
MAX_LENGTH = 1000  # characters
MAX_DEPTH = 50  # parentheses within parentheses; Python's own stack ends at 1,000 calls

_TOKEN = re.compile(r'\s*(?:"([^"]*)"|(<=|>=|!=|==|[=<>()])|([^\s()<>=!"]+)|(\S))')
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_OPERATORS = (*_COMPARE, "contains")


class QueryError(MnistLabError):
    """A filter that cannot be understood; names the word and what is allowed there."""


def parse_query(text: str) -> Test:
    """A function that tells whether a run matches; an empty text matches every run.

    Raises:
        QueryError: the text is not in the language.
    """
    if len(text) > MAX_LENGTH:
        raise QueryError(f"the filter has {len(text):,} characters; {MAX_LENGTH:,} are allowed")
    parser = _Parser(text)
    if parser.peek() is None:
        return lambda run: True
    test = parser.either()
    if parser.peek() is not None:
        raise QueryError(f"{parser.peek()!r} is not expected here: there is no '(' before it")
    return test


class _Parser:
    """One method a rule of the grammar; each returns a test for a run."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, bool]] = []  # (text, whether it was in quotes)
        for quoted, symbol, word, other in _TOKEN.findall(text.rstrip()):
            if other:
                what = "a quote that is never closed" if other == '"' else "not known here"
                raise QueryError(f"{other!r}: {what}")
            symbol = "=" if symbol == "==" else symbol
            self.tokens.append((symbol or word or quoted, not (symbol or word)))
        self.at = 0
        self.depth = 0

    def peek(self) -> str | None:
        """The next token as it is; None at the end and (as no word of the language) in quotes."""
        if self.at == len(self.tokens):
            return None
        token, quoted = self.tokens[self.at]
        return f'"{token}"' if quoted else token

    def next_is(self, *words: str) -> bool:
        return (self.peek() or "").lower() in words

    def take(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1][0]

    def either(self) -> Test:
        tests = [self.both()]
        while self.next_is("or"):
            self.take()
            tests.append(self.both())
        return tests[0] if len(tests) == 1 else lambda run: any(test(run) for test in tests)

    def both(self) -> Test:
        tests = [self.term()]
        while self.peek() is not None and not self.next_is("or", ")"):
            if self.next_is("and"):
                self.take()
            tests.append(self.term())
        return tests[0] if len(tests) == 1 else lambda run: all(test(run) for test in tests)

    def term(self) -> Test:
        word = self.peek()
        if word is None or self.next_is("and", "or", ")", *_OPERATORS):
            found = "the end" if word is None else repr(word)
            raise QueryError(
                f"{found}: here must be a field (such as val_accuracy), a word to search for, "
                "'not' or '('"
            )
        if self.next_is("not", "("):
            return self._nested()
        quoted = self.tokens[self.at][1]
        self.take()
        if not quoted and self.next_is(*_OPERATORS):
            return self.comparison(word.lower(), self.take().lower())
        if word.lower() == "starred":
            return lambda run: run.starred
        return _search(word.strip('"') if quoted else word)

    def _nested(self) -> Test:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise QueryError(f"'(' and 'not' can be {MAX_DEPTH} deep, not deeper")
        if self.take().lower() == "not":
            inner = self.term()
            result: Test = lambda run: not inner(run)  # noqa: E731
        else:
            result = self.either()
            if not self.next_is(")"):
                raise QueryError("a '(' is never closed: ')' is missing at the end")
            self.take()
        self.depth -= 1
        return result

    def comparison(self, field: str, symbol: str) -> Test:
        if field not in FIELDS and field not in RESULTS and field not in (*TEXTS, "state"):
            _unknown(field)
        if self.peek() is None or (self.next_is("(", ")", *_COMPARE)):
            raise QueryError(f"{field} {symbol}: a value is missing behind it")
        value = self.take()
        while value.endswith(",") and self.peek() is not None:
            value += " " + self.take()
        return _comparison(field, symbol, value)


def _comparison(field: str, symbol: str, value: str) -> Test:
    kind = FIELDS[field].kind if field in FIELDS else None
    if field in TEXTS or kind == "text":
        return _compare_text(field, symbol, value)
    if field == "state" or kind == "choice":
        choices = STATES if field == "state" else FIELDS[field].choices
        return _compare_choice(field, symbol, value.lower(), choices)
    if kind == "sizes":
        return _compare_sizes(field, symbol, value)
    if symbol == "contains":
        raise QueryError(f"{field} contains {value}: {field} is a number; use {_list(_COMPARE)}")
    number, compare = _number(field, value), _COMPARE[symbol]

    def test(run: Run) -> bool:
        actual = run.figure(field) if field in RESULTS else getattr(run.config, field)
        return actual is not None and compare(actual, number)

    return test


def _number(field: str, value: str) -> float:
    try:
        return float(value[:-1]) / 100 if value.endswith("%") else float(value)
    except ValueError:
        raise QueryError(f"{field}: {value!r} is not a number") from None


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


def _compare_choice(field: str, symbol: str, value: str, choices: tuple[str, ...]) -> Test:
    if symbol not in ("=", "!="):
        raise QueryError(f"{field} {symbol} {value}: {field} is a choice; use = or !=")
    if value not in choices:
        raise QueryError(f"{field}: {value!r} is not one of {_list(choices)}")
    compare = _COMPARE[symbol]
    return lambda run: compare(run.state if field == "state" else getattr(run.config, field), value)


def _compare_sizes(field: str, symbol: str, value: str) -> Test:
    if symbol not in ("=", "!=", "contains"):
        raise QueryError(f"{field} {symbol} {value}: use =, != or contains")
    try:
        sizes: tuple[int, ...] = getattr(parse_config({field: value}), field)
    except ConfigError as error:
        raise QueryError(str(error)) from None
    if symbol == "contains":
        return lambda run: set(sizes) <= set(getattr(run.config, field))
    compare = _COMPARE[symbol]
    return lambda run: compare(getattr(run.config, field), sizes)


def _search(text: str) -> Test:
    wanted = text.lower()
    return lambda run: (
        wanted in run.name.lower()
        or wanted in run.note.lower()
        or any(wanted in tag.lower() for tag in run.tags)
    )


def _unknown(field: str) -> NoReturn:
    known = [*FIELDS, *RESULTS, *TEXTS[:3], "state", "starred"]
    close = get_close_matches(field, known, 1)
    hint = f"did you mean {close[0]}? There are" if close else "there are"
    raise QueryError(f"no field {field!r}: {hint} {_list(known)}")


def _list(words: Any) -> str:
    return ", ".join(words)
