"""Axes: how they are typed, what is refused, and that they read back."""

from typing import Any

import pytest

from mnist_core.config.axes import NO_AXIS, ListAxis, RangeAxis, parse_axis, parse_range, usual_axis
from mnist_core.config.fields import FIELDS
from mnist_core.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("16,32, 64", {"field": "hidden_sizes", "values": (16, 32, 64)}),
        ("32,128-64", {"field": "hidden_sizes", "values": (32, "128-64")}),
        ("16:256:log", {"field": "hidden_sizes", "low": 16, "high": 256, "log": True}),
        ("0.01:1:log", {"field": "learning_rate", "low": 0.01, "high": 1, "log": True}),
        ("0:0.5", {"field": "dropout", "low": 0, "high": 0.5}),
        ("0:0.5:6", {"field": "dropout", "low": 0, "high": 0.5, "count": 6}),
        (
            "0.01:1:log:5",
            {"field": "learning_rate", "low": 0.01, "high": 1, "log": True, "count": 5},
        ),
        ("adam,sgd", {"field": "optimizer", "values": ("adam", "sgd")}),
        ("1,2,3", {"field": "seed", "values": (1, 2, 3)}),
    ],
)
def test_axes_are_read_as_people_type_them(text: str, axis: dict[str, Any]) -> None:
    assert parse_axis(axis["field"], text) == (ListAxis if "values" in axis else RangeAxis)(**axis)


@pytest.mark.parametrize(
    ("field", "text", "says"),
    [
        ("learning_rate", "", "empty axis"),
        ("learning_rate", " , ", "empty axis"),
        ("learning_rate", "0.1,,0.2", "between two commas"),
        ("hidden_sizes", ",16", "between two commas"),
        ("learning_rate", "0.1:1:" + "9" * 5000, "0.01:1:log"),
        ("learning_rate", "1:0.1", "begin below its end"),
        ("learning_rate", "0:1:log", "above 0"),
        ("learning_rate", "0:1", "1e-06"),
        ("dropout", "0:0.5:log", "above 0"),
        ("learning_rate", "0.1:100", "from 1e-06 to 10"),
        ("learning_rate", "0.1:1:cubic", "0.01:1:log"),
        ("learning_rate", "0.1:b", "0.01:1:log"),
        ("learning_rate", "0.1:nan", "0.01:1:log"),
        ("learning_rate", "0.1:1:5:log", "0.01:1:log"),
        ("learning_rate", "0.1:1:log:5:6", "0.01:1:log"),
        ("learning_rate", "0.1:1:log:-5", "0.01:1:log"),
        ("learning_rate", "0.1:1:1", "2 to 1,000 values"),
        ("learning_rate", "0.1:1:log:1001", "2 to 1,000 values"),
        ("learning_rate", "fast", "from 1e-06 to 10"),
        ("hidden_sizes", "16,0", "from 1 to 8192"),
        ("hidden_sizes", "1.5:3", "whole numbers"),
        ("hidden_sizes", "16,16", "twice"),
        ("hidden_sizes", "-64", "one dash between"),
        ("hidden_sizes", "16,64--32", "one dash between"),
        ("hidden_sizes", "--", "one dash between"),
        ("optimizer", "sgd:adam", "0.01:1:log"),
        ("optimizer", "lion", "must be one of"),
        ("learning_speed", "1,2", "no axis"),
        ("dataset", "mnist,kmnist", "no axis"),
    ],
)
def test_a_bad_axis_is_refused_by_name(field: str, text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as error:
        parse_axis(field, text)
    assert [p.field for p in error.value.problems] == [field]


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("hidden_sizes", "none,16,64"),
        ("hidden_sizes", "none"),
        ("hidden_sizes", "64-32,none,8"),
        ("hidden_sizes", "1:8192:log"),
        ("seed", "0:2147483647"),
        ("hidden_sizes", "1:8192:log:14"),
        ("dropout", "0.0:0.5:3"),
        ("order_seed", "2147483646,2147483647"),
        ("learning_rate", "0.1,0.30000000000000004,1e-06"),
        ("learning_rate", "1e-06:0.30000000000000004:log"),
        ("dropout", "0.0:0.123456789"),
        ("activation", "none,relu"),
        *((field, usual_axis(field)) for field in FIELDS if field not in NO_AXIS),
    ],
)
def test_an_axis_as_text_reads_back_exactly(field: str, text: str) -> None:
    axis = parse_axis(field, text)
    assert axis.field == field
    assert parse_axis(field, str(axis)) == axis
    if isinstance(axis, RangeAxis):
        assert (axis.low, axis.high) == tuple(float(end) for end in text.split(":")[:2])


def test_no_hidden_layer_is_a_value_with_a_name() -> None:
    axis = parse_axis("hidden_sizes", "none,16,64")
    assert axis.points(3) == ["none", 16, 64]
    assert [axis.setting(value) for value in axis.points(3)] == [(), (16,), (64,)]


def test_a_range_that_says_how_many_has_so_many_values_whatever_else_is_asked() -> None:
    axis = parse_axis("learning_rate", "0.01:1:log:5")
    assert axis.points(3) == axis.points(99) == pytest.approx([0.01, 0.0316, 0.1, 0.316, 1], 1e-2)
    assert parse_axis("hidden_sizes", "1:3:9").points(2) == [1, 2, 3]  # whole numbers, each once


@pytest.mark.parametrize(("low", "high", "says"), [("a", "1", "begin"), ("0.1", "inf", "end")])
def test_an_end_that_is_no_number_is_named(low: str, high: str, says: str) -> None:
    with pytest.raises(ConfigError, match=f"must {says} with a number"):
        parse_range("learning_rate", low, high, log=False)
