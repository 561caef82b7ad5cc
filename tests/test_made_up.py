"""Bad input, made up by Hypothesis: thousands of cases, none of which ends in a traceback.

Each kind of input is turned into an answer or into an error that is meant for people. The cases are
the same each time (``derandomize``), so a failure is found again.
"""

import base64
import contextlib
import io
import json
import zipfile
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save

from mnist_core.cli.main import _chosen, _Parser
from mnist_core.config.assignment import parse_assignment, read_link
from mnist_core.config.fields import FIELDS, parse_config
from mnist_core.config.share import EXPLORE, LINKED, from_query, sweep_from_query
from mnist_core.config.train import TrainConfig
from mnist_core.data.zipped import open_zip
from mnist_core.drawing.my_digits import parse_digits
from mnist_core.drawing.prepare import prepare_strokes
from mnist_core.errors import MnistLabError
from mnist_core.exchange.weights import read_network
from mnist_core.runs.query import parse_query
from tests.helpers.made_up import ANY, NESTED, as_many
from tests.helpers.zips import png, zip_of

# PyTorch says so of a file that was written with another Python; it is read or refused as well.
pytestmark = pytest.mark.filterwarnings("ignore:Detected pickle protocol")

LEAST = 5000  # cases in all

VALUE = st.one_of(ANY, ANY, st.lists(ANY, max_size=3), NESTED)
FIELD = st.sampled_from(sorted(FIELDS))
WORDS = st.one_of(ANY.map(str), st.sampled_from(["mnist", "adam", "32, 16", "0.01:1:log", "auto"]))


def json_of(value: object) -> bytes:
    return json.dumps(value).encode()


def cut(whole: bytes) -> st.SearchStrategy[bytes]:
    """A file with some of its bytes changed, and perhaps its end gone."""

    def spoil(changes: dict[int, int], length: int) -> bytes:
        data = bytearray(whole)
        for at, byte in changes.items():
            data[at] = byte
        return bytes(data[:length])

    places = st.integers(0, len(whole) - 1)
    changes = st.dictionaries(places, st.integers(0, 255), max_size=6)
    return st.builds(spoil, changes, st.one_of(st.just(len(whole)), st.integers(0, len(whole))))


def mapping(names: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(st.one_of(names, st.text(max_size=8)), VALUE, max_size=3)


def link_of(values: object) -> str:
    return base64.urlsafe_b64encode(zlib.compress(json_of(values))).decode().rstrip("=")


def torch_file() -> bytes:
    held = io.BytesIO()
    torch.save({"a.weight": torch.ones(3, 4), "a.bias": torch.ones(3)}, held)
    return held.getvalue()


WEIGHTS = save({"a.weight": torch.ones(3, 4), "a.bias": torch.ones(3)})
PICTURES = zip_of(
    {f"{name}/{i}.png": png(np.full((9, 9), 30 * i, np.uint8)) for name in "ab" for i in range(3)},
    zipfile.ZIP_STORED,
)
NUMBER = st.one_of(st.floats(-50, 350), st.integers(0, 280))
COMMAND = st.one_of(
    st.tuples(st.sampled_from("ML"), NUMBER, NUMBER).map(list),
    st.tuples(st.just("Q"), NUMBER, NUMBER, NUMBER, NUMBER).map(list),
)
PATHS = st.lists(st.one_of(st.sampled_from(["M", "L", "Q", "Z"]), NESTED), max_size=6)
SHAPE = st.fixed_dictionaries(
    {},
    optional={
        "type": st.one_of(*[st.just("path")] * 4, ANY),
        "path": st.one_of(
            *[st.lists(COMMAND, min_size=1, max_size=6)] * 4, st.lists(PATHS), NESTED
        ),
        "strokeWidth": st.one_of(*[st.floats(1, 60)] * 4, ANY),
    },
)
POINTS = st.lists(st.lists(st.one_of(st.floats(), ANY), max_size=3), max_size=5)
DIGIT = mapping(st.sampled_from(["digit", "strokes", "pixels", "points", "width", "created"]))
ASSIGNMENT = mapping(st.sampled_from(["title", "text", "goal", "settings", "fixed", "group"]))
FILTER = st.lists(
    st.one_of(
        st.sampled_from(["and", "or", "not", "(", ")", '"', ">", "=", "!=", "~", "tag:", "status"]),
        FIELD,
        WORDS,
    ),
    max_size=12,
).map(" ".join)
ARGUMENTS = st.lists(
    st.one_of(
        st.sampled_from(["train", "sweep", "predict", "data", "bench", "score-drawings", "--json"]),
        FIELD.map(lambda name: "--" + name.replace("_", "-")),
        WORDS.map(lambda word: word.replace("-h", "")),
    ),
    max_size=6,
)


class Kind(NamedTuple):
    count: int
    cases: st.SearchStrategy[Any]
    work: Callable[[Any], object]


KINDS = {
    "values of a form": Kind(500, mapping(FIELD), parse_config),
    "links to Train": Kind(600, st.dictionaries(FIELD, WORDS, max_size=6), from_query),
    "links to Sweep": Kind(
        400,
        st.dictionaries(
            st.one_of(FIELD, FIELD.map(EXPLORE.__add__), st.sampled_from(LINKED)), WORDS, max_size=5
        ),
        lambda query: sweep_from_query(query, "made up"),
    ),
    "assignments": Kind(300, ASSIGNMENT, parse_assignment),
    "links to an assignment": Kind(
        300,
        st.one_of(ASSIGNMENT.map(link_of), NESTED.map(link_of), st.text(max_size=60)),
        read_link,
    ),
    "filters": Kind(1000, st.one_of(FILTER, st.text(max_size=40)), parse_query),
    "drawings": Kind(
        600,
        st.one_of(
            st.lists(SHAPE, max_size=3),
            st.lists(POINTS, max_size=3),
            st.fixed_dictionaries({"objects": st.lists(SHAPE, max_size=3)}),
        ),
        prepare_strokes,
    ),
    "files of digits": Kind(
        300,
        st.one_of(
            st.fixed_dictionaries({"digits": st.lists(DIGIT, max_size=3)}).map(json_of),
            NESTED.map(json_of),
            st.binary(max_size=60),
        ),
        lambda data: parse_digits(data, "made up.json"),
    ),
    "zips of pictures": Kind(
        900, st.one_of(cut(PICTURES), st.binary(max_size=60)), lambda data: open_zip(data, "a.zip")
    ),
    "files of networks": Kind(
        400, st.one_of(cut(WEIGHTS), cut(torch_file()), st.binary(max_size=60)), read_network
    ),
}


def test_there_are_enough() -> None:
    assert sum(kind.count for kind in KINDS.values()) >= LEAST


@pytest.mark.parametrize("share", [0.1, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", KINDS)
def test_bad_input_ends_in_an_answer_or_a_sentence(
    name: str, share: float, capsys: pytest.CaptureFixture[str]
) -> None:
    """All cases, and before that a tenth of them for those who do not wait."""
    count, cases, work = KINDS[name]
    count = int(share * count)
    tried = refused = 0

    @as_many(count)
    @given(cases)
    def attempt(case: Any) -> None:
        nonlocal tried, refused
        tried += 1
        try:
            work(case)
        except MnistLabError:
            refused += 1

    attempt()
    assert tried >= count
    with capsys.disabled():
        print(f"\n{name}: {tried} tried, {refused} refused", end=" ")


def test_a_command_line_ends_in_a_command_or_a_line_of_help(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tried = 0

    @as_many(100)
    @given(ARGUMENTS)
    def attempt(arguments: list[str]) -> None:
        nonlocal tried
        tried += 1
        with contextlib.suppress(SystemExit, MnistLabError):
            _chosen(_Parser(prog="mnist-lab"), arguments)

    attempt()
    with capsys.disabled():
        print(f"\ncommand lines: {tried} tried", end=" ")


def test_what_is_right_is_taken() -> None:
    """The oracle of the others: not all is refused."""
    assert parse_config({}) == TrainConfig() == from_query({})[0]
    assert open_zip(PICTURES, "a.zip")
    assert read_network(WEIGHTS)
    assert read_network(torch_file())
    assert parse_query("learning_rate > 0.1")
