"""The filter of the run table: ``hidden_sizes contains 64 and val_accuracy > 0.97``.

The language, in the usual order of precedence (``not``, ``and``, ``or``):

    either     = both {"or" both}
    both       = term {["and"] term}
    term       = "not" term | "(" either ")" | comparison | text
    comparison = field ("=" | "!=" | "<" | "<=" | ">" | ">=" | "contains") value
    value      = word {"," word} | number "%" | number "s" | day | what a choice is called

A text, in quotes or not, is looked for in a run's name, note and tags. Fields are those of
``TrainConfig`` and of ``RESULTS``, or what the table calls them (``learning rate``). A comparison
with what a run does not have (yet) is neither true nor false, and neither is its opposite. Nothing
typed is ever executed.
"""

import re
from collections.abc import Callable

from mnist_core.runs.conditions import (
    COMPARE,
    OPERATORS,
    WORDS,
    QueryError,
    Test,
    called,
    check_field,
    comparison,
    is_field,
    search,
)
from mnist_core.runs.records import Run

MAX_LENGTH = 1000  # characters
MOST_WORDS = max(len(title.split()) for title in WORDS)
MAX_DEPTH = 50  # parentheses within parentheses; Python's own stack ends at 1,000 calls

# A text in single quotes ends where a word does: an apostrophe is part of its word.
_TOKEN = re.compile(
    r"""\s*(?:"([^"]*)"|'([^']*)'(?=[\s()]|$)|(<=|>=|!=|==|[=<>()≤≥≠])|([^\s()<>=!≤≥≠"]+)|(\S))"""
)
_ALIKE = {"==": "=", "≤": "<=", "≥": ">=", "≠": "!="}
_SECONDS = ("s", "sec", "seconds")  # what may stand behind a time, as in the table
# Behind a number they would be texts to search for, and nothing would be found.
_UNITS = ("s", "sec", "min", "h", "k", "m", "percent", "pct", "to", "seconds", "minutes", "hours")


def parse_query(text: str) -> Callable[[Run], bool]:
    """A function that tells whether a run matches; an empty text matches every run.

    Raises:
        QueryError: the text is not in the language.
    """
    if len(text) > MAX_LENGTH:
        raise QueryError(f"the filter has {len(text):,} characters; {MAX_LENGTH:,} are allowed")
    parser = _Parser(text)
    if parser.peek() is None:
        return lambda run: True
    try:
        test = parser.either()
        if parser.peek() is not None:
            parser.take()
            raise QueryError("')' is not expected here: there is no '(' before it")
    except QueryError as error:
        raise QueryError(f"{error} (at character {parser.place})") from None
    return lambda run: test(run) is True


class _Parser:
    """One method a rule of the grammar; each returns a test for a run."""

    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, bool]] = []  # (text, whether it was in quotes)
        self.places: list[int] = []  # where each begins, counted from 1
        for match in _TOKEN.finditer(text.rstrip()):
            double, single, symbol, word, other = match.groups(default="")
            place = match.end() - len(match[0].lstrip()) + 1
            if other:
                what = "a quote that is never closed" if other == '"' else "not known here"
                raise QueryError(f"{other!r}: {what} (at character {place})")
            symbol = _ALIKE.get(symbol, symbol)
            self.tokens.append((symbol or word or double or single, not (symbol or word)))
            self.places.append(place)
        self.places.append(len(text.rstrip()) + 1)
        self.at = 0
        self.depth = 0

    def peek(self) -> str | None:
        """The next token as it is; None at the end and (as no word of the language) in quotes."""
        if self.at == len(self.tokens):
            return None
        token, quoted = self.tokens[self.at]
        return f'"{token}"' if quoted else token

    @property
    def place(self) -> int:
        """Where the last token that was taken begins; at the end, where the text does."""
        return self.places[self.at if self.at == len(self.tokens) else max(self.at - 1, 0)]

    def next_is(self, *words: str) -> bool:
        return (self.peek() or "").lower() in words

    def compares(self) -> bool:
        """Whether the next token is a field in a comparison."""
        after, quoted = (*self.tokens, ("", True), ("", True))[self.at + 1]
        return not quoted and after.lower() in OPERATORS

    def title(self) -> str | None:
        """The field that the next tokens name as the table does, in front of an operator."""
        for count in range(MOST_WORDS, 0, -1):
            tokens = self.tokens[self.at : self.at + count + 1]
            words = " ".join(text for text, _ in tokens[:-1]).lower()
            unquoted = len(tokens) == count + 1 and not any(quoted for _, quoted in tokens)
            if unquoted and tokens[-1][0].lower() in OPERATORS and words in WORDS:
                self.at += count
                return WORDS[words]
        return None

    def choice(self, field: str) -> str | None:
        """The choice that the next tokens name as the form and the table do, in quotes or not."""
        for title, name in called(field).items():
            words = [match[0].strip() for match in _TOKEN.finditer(title)]
            tokens = self.tokens[self.at : self.at + len(words)]
            plain = [text.lower() for text, quoted in tokens if not quoted]
            count = len(words) if plain == words else 0
            if self.tokens[self.at][1] and self.tokens[self.at][0].lower() == title:
                count = 1
            if count:
                self.at += count
                return name
        return None

    def take(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1][0]

    def either(self) -> Test:
        tests = [self.both()]
        while self.next_is("or"):
            self.take()
            tests.append(self.both())
        return tests[0] if len(tests) == 1 else lambda run: _any([test(run) for test in tests])

    def both(self) -> Test:
        tests = [self.term()]
        while self.peek() is not None and not self.next_is("or", ")"):
            if self.next_is("and"):
                self.take()
            tests.append(self.term())
        return tests[0] if len(tests) == 1 else lambda run: _all([test(run) for test in tests])

    def term(self) -> Test:
        word = self.peek()
        if word is None or self.next_is("and", "or", ")", *OPERATORS):
            found = "the end" if word is None else repr(word)
            raise QueryError(
                f"{found}: here must be a field (such as val_accuracy), a word to search for, "
                "'not' or '('"
            )
        if self.next_is("not", "("):
            return self._nested()
        if (field := self.title()) is not None:
            return self.comparison(field)
        quoted = self.tokens[self.at][1]
        self.take()
        if not quoted and self.next_is(*OPERATORS):
            return self.comparison(word.lower())
        if word.lower() == "starred":
            return lambda run: run.starred
        if not quoted and "_" in word and is_field(word.lower()):  # no word that people search for
            raise QueryError(
                f"{word}: behind a field comes one of {', '.join(OPERATORS)}; to search for the "
                "word, put it in quotes"
            )
        return search(word.strip('"') if quoted else word)

    def _nested(self) -> Test:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise QueryError(f"'(' and 'not' can be {MAX_DEPTH} deep, not deeper")
        if self.take().lower() == "not":
            inner = self.term()
            result: Test = lambda run: None if (found := inner(run)) is None else not found  # noqa: E731
        else:
            result = self.either()
            if not self.next_is(")"):
                raise QueryError("a '(' is never closed: ')' is missing at the end")
            self.take()
        self.depth -= 1
        return result

    def comparison(self, field: str) -> Test:
        check_field(field)
        symbol = self.take().lower()
        if self.peek() is None or (self.next_is("(", ")", *COMPARE)):
            raise QueryError(f"{field} {symbol}: a value is missing behind it")
        value = self.choice(field) or self.take()
        while (following := self.peek()) is not None and (
            value.endswith(",") or following.startswith(",") or following == "%"
        ):
            value += self.take()
        test = comparison(field, symbol, value)
        if field == "seconds" and self.next_is(*_SECONDS) and not self.compares():
            self.take()
            following = self.peek()
        # What is left of a value must not become a text to search for.
        if following is not None and not self.next_is("and", "or", ")", "("):
            begins = following.strip('"')[:1]
            text = following.startswith('"') or begins.isalpha() or begins == "_"
            unit = value[-1].isdigit() and self.next_is(*_UNITS) and not self.compares()
            if unit or not text:
                self.take()
                raise QueryError(
                    f"{following!r} after {field} {symbol} {value}: here may be 'and', 'or' or the "
                    "end; a text to search for is put in quotes"
                )
        return test


def _any(found: list[bool | None]) -> bool | None:
    return True if True in found else None if None in found else False


def _all(found: list[bool | None]) -> bool | None:
    return False if False in found else None if None in found else True
