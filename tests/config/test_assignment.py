"""Assignments as links: whole and back, bounded, and refused where they were cut or changed."""

import base64
import json
import zlib
from typing import Any

import pytest

from mnist_core.config.assignment import (
    MAX_LINK,
    Assignment,
    Goal,
    parse_assignment,
    read_link,
)
from mnist_core.config.fields import FIELDS
from mnist_core.config.train import TrainConfig
from mnist_core.errors import ConfigError

FULL = Assignment(
    title="How wide? Größe *zählt*",
    group="10b",
    text="# Try\n\n- **two** widths 数\n",
    settings=TrainConfig(hidden_sizes=(64, 32), learning_rate=0.1, optimizer="adam"),
    fixed=frozenset({"learning_rate", "hidden_sizes"}),
    hidden=frozenset({"seed", "epochs"}),
    goal=Goal(accuracy=0.97, parameters=30_000, epochs=5),
)


def packed(values: object) -> str:
    written = zlib.compress(json.dumps(values).encode())
    return base64.urlsafe_b64encode(written).decode().rstrip("=")


@pytest.mark.parametrize(
    "assignment",
    [
        FULL,
        Assignment(title="t"),
        Assignment(title="all of it", hidden=frozenset(FIELDS), settings=FULL.settings),
        Assignment(title="no layer", settings=TrainConfig(hidden_sizes=()), goal=None),
    ],
)
def test_a_link_gives_back_what_was_written(assignment: Assignment) -> None:
    link = assignment.link()
    assert read_link(link) == assignment
    assert link.replace("-", "").replace("_", "").isalnum(), "an address takes it as it is"
    assert read_link(link).key == assignment.key


def test_what_is_given_is_in_the_link_even_where_it_is_the_default() -> None:
    link = Assignment(title="t", fixed=frozenset({"learning_rate"})).link()
    written = zlib.decompress(base64.urlsafe_b64decode(link + "=" * (-len(link) % 4)))
    assert json.loads(written)["settings"] == {"learning_rate": "0.5"}


def test_given_settings_come_in_the_order_of_the_form() -> None:
    assert FULL.given == {
        "hidden_sizes": (64, 32),
        "learning_rate": 0.1,
        "epochs": 5,
        "seed": 0,
    }
    assert list(FULL.given) == [name for name in FIELDS if name in FULL.given]


@pytest.mark.parametrize(
    "change", [{"group": "10c"}, {"text": "Try"}, {"goal": None}, {"fixed": frozenset()}]
)
def test_another_text_or_class_is_another_assignment(change: dict[str, Any]) -> None:
    assert FULL.model_copy(update=change).key != FULL.key


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "two\nlines"}, "title"),
        ({"title": "t" * 81}, "title"),
        ({"title": "t", "group": "g" * 41}, "class"),
        ({"title": "t", "text": "t" * 3001}, "text"),
        ({"title": "t", "text": "\0"}, "text"),
        ({"title": "t", "settings": {"epochs": -1}}, "epochs"),
        ({"title": "t", "settings": {"no_such": 1}}, "no_such"),
        ({"title": "t", "fixed": ["no_such"]}, "fixed"),
        ({"title": "t", "fixed": ["seed"], "hidden": ["seed"]}, "hidden"),
        ({"title": "t", "goal": {"accuracy": 2}}, "goal"),
        ({"title": "t", "goal": {"accuracy": True}}, "goal"),
        ({"title": "t", "goal": {"accuracy": 0.9, "epochs": 0}}, "goal"),
        ({"title": "t", "later": 1}, "later"),
        ({}, "title"),
    ],
)
def test_what_cannot_be_is_named(values: dict[str, Any], field: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse_assignment(values)
    assert raised.value.problems[0].field == field
    with pytest.raises(ConfigError):
        read_link(packed(values))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "no link at all!",
        FULL.link()[:-5],
        FULL.link()[5:],
        FULL.link() + "AAAA====",
        packed([1]),
        packed("text"),
        base64.urlsafe_b64encode(zlib.compress(b"[" * 100_000)).decode().rstrip("="),
        base64.urlsafe_b64encode(zlib.compress(b"[" * 10_000)).decode().rstrip("="),
        base64.urlsafe_b64encode(b"no zlib").decode().rstrip("="),
        "A" * (MAX_LINK + 1),
        "größe",
    ],
)
def test_a_link_that_is_cut_or_changed_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="must be copied whole"):
        read_link(text)


def test_the_longest_text_fits_into_a_link() -> None:
    """Random letters hardly become shorter."""
    letters = "".join(chr(33 + (i * i * 7919 + i // 3) % 94) for i in range(3000))
    link = Assignment(title="t" * 80, text=letters).link()
    assert read_link(link).text == letters


def test_a_text_that_does_not_fit_is_refused_with_the_numbers() -> None:
    rare = "".join(chr(0x4E00 + (i * i * 7919 + i // 3) % 20_000) for i in range(3000))
    with pytest.raises(ConfigError, match=r"must fit into a link of 8,000 characters, and takes"):
        Assignment(title="t", text=rare).link()
