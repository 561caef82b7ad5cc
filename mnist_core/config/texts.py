"""What a person may write as a name, a tag or a note, and how any text becomes one of these."""

import unicodedata

from mnist_core.errors import ConfigError, Problem

SHOWN = 50  # characters of a refused text that the error repeats
# Control characters, halves of characters, and what breaks a line: in a name nobody sees them, and
# some databases take none of them.
REFUSED = ("Cc", "Cs", "Zl", "Zp")
# What turns the direction of all that follows, beyond the name too: the line in which it stands is
# read backwards. Scripts that are written from the right need none of them.
TURNING = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
# How cells begin that a spreadsheet computes, or, where ; parts cells, cuts into ones that it does.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", ";", "＝", "＋", "－", "＠")


def check_name(field: str, text: str, most: int) -> str:
    """Give back a name: one line of 1 to ``most`` characters, of which one is seen at least.

    Raises:
        ConfigError: it is none.
    """
    allowed = ""
    if not any(unicodedata.category(character)[0] not in "CZ" for character in text):
        allowed = f"must have 1 to {most:,} characters, and one that is seen among them"
    elif len(text) > most:
        allowed = f"must have 1 to {most:,} characters, not {len(text):,}"
    elif text != in_one_line(text):
        allowed = "must be one line, without control characters and halves of characters"
    return _checked(field, text, allowed)


def check_text(field: str, text: str, most: int) -> str:
    """Give back a text of at most ``most`` characters, in as many lines as it has.

    Raises:
        ConfigError: it is longer, or has control characters other than breaks and tabs.
    """
    allowed = ""
    if len(text) > most:
        allowed = f"must have 0 to {most:,} characters, not {len(text):,}"
    elif any(_refused(character) and not character.isspace() for character in text):
        allowed = "must not have control characters or halves of characters"
    return _checked(field, text, allowed)


def in_one_line(text: str) -> str:
    """The text with a space in place of each character that a name may not have."""
    return "".join(" " if _refused(character) else character for character in text)


def fitted(text: str, most: int) -> str:
    """A text of at most ``most`` characters, which says so if it was cut.

    Bytes that are no text, as the name of a file may have, are written out.
    """
    text = text.encode(errors="backslashreplace").decode().replace("\0", "\\0")
    return text if len(text) <= most else text[: most - 1] + "…"


def in_a_cell(text: str) -> str:
    """The text for a cell of a CSV file: with a quote before it where it would be a formula.

    As OWASP's "CSV injection" says.
    """
    return f"'{text}" if text.startswith(FORMULA) else text


def _refused(character: str) -> bool:
    turns = unicodedata.bidirectional(character) in TURNING
    return turns or unicodedata.category(character) in REFUSED


def _checked(field: str, text: str, allowed: str) -> str:
    if allowed:
        raise ConfigError([Problem(field, text[:SHOWN], allowed)])
    return text
