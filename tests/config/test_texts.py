"""Names are one line, notes are text; what nobody sees or no database takes is refused."""

import pytest

from mnist_core.config.texts import check_name, check_text, fitted, in_one_line
from mnist_core.errors import ConfigError

HIDDEN = ["two\nlines", "a\ttab", "\0", "bell\a", "\x1b[31mred", "half \udcff", "para\u2029graph"]
HIDDEN += ["a\u202egnp.exe", "a\u2067b"]  # what turns the line in which they stand
BLANK = ["", "   ", "\xa0\u3000", "\u200b", "\u2060 \ufeff"]
SEEN = [
    "0.1$ vs 0.5$ *a* <b>x</b>",
    "=1+1",
    "Größe 数字",
    "👩‍👧",
    "می‌خواهم",
    "שלום\u200f 7",
    "no-break\xa0space",
]


@pytest.mark.parametrize("name", [*HIDDEN, *BLANK, "x" * 11])
def test_a_name_is_one_line_that_is_seen(name: str) -> None:
    with pytest.raises(ConfigError) as error:
        check_name("name", name, 10)
    (problem,) = error.value.problems
    assert (problem.field, problem.value) == ("name", name)
    str(error.value).encode()  # a page can show it


def test_every_letter_of_every_script_may_be_in_a_name() -> None:
    for name in SEEN:
        assert check_name("name", name, 40) == check_text("note", name, 40) == name
        assert in_one_line(name) == name == fitted(name, 40)


def test_a_note_has_lines_and_no_control_characters() -> None:
    for note in ("", "two\r\nlines\tand a tab", "x" * 10):
        assert check_text("note", note, 30) == note
    for note in ("x" * 31, "\0", "\x1b[31m", "\udcff"):
        with pytest.raises(ConfigError, match="note = "):
            check_text("note", note, 30)


@pytest.mark.parametrize("name", HIDDEN)
def test_any_text_can_be_made_a_name(name: str) -> None:
    assert check_name("name", "n" + in_one_line(name), 40)


def test_bytes_that_are_no_text_are_written_out() -> None:
    assert fitted("/data/\udcff\0 is damaged", 100) == "/data/\\udcff\\0 is damaged"
    assert fitted("abcdef", 4) == "abc…"
