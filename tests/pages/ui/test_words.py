"""Names letter by letter, and labels that tell runs apart."""

import re

import pytest

from pages.ui.words import WORD_JOINER, literal, told_apart


@pytest.mark.parametrize(
    "name", ["0.1$ vs 0.5$ *a* <b>x</b>", "![x](http://host/x.png)", "a -> b", ":red[r] :smile:"]
)
def test_every_sign_that_markdown_knows_is_escaped(name: str) -> None:
    said = literal(name)
    assert re.sub(r"\\(.)", r"\1", said).replace(WORD_JOINER, "") == name
    assert not re.search(r"(?<!\\)[$*<>\[\]()!:_`~#|-]", said)


def test_a_label_does_not_change_when_another_run_gets_its_name() -> None:
    assert told_apart({"b": "32 relu", "a": "32 relu"}) == {"b": "32 relu (2)", "a": "32 relu"}
    newer = told_apart({"c": "32 relu", "b": "32 relu", "a": "32 relu"})
    assert newer == {"c": "32 relu (3)", "b": "32 relu (2)", "a": "32 relu"}


def test_a_name_that_looks_like_a_label_is_told_apart_too() -> None:
    labels = told_apart({"c": "x", "b": "x (2)", "a": "x"})
    assert len(set(labels.values())) == 3
