"""Axes and studies: what may be asked, and what it means."""

from typing import Any

import pytest

from mnist_core.config.fields import parse_config
from mnist_core.config.sweep import Axis, parse_axis
from mnist_core.config.train import TrainConfig
from mnist_core.errors import ConfigError
from tests.helpers.studies import sweep


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("16,32, 64", {"field": "hidden_sizes", "values": (16, 32, 64)}),
        ("32,128-64", {"field": "hidden_sizes", "values": (32, "128-64")}),
        ("16:256:log", {"field": "hidden_sizes", "low": 16, "high": 256, "log": True}),
        ("0.01:1:log", {"field": "learning_rate", "low": 0.01, "high": 1, "log": True}),
        ("0:0.5", {"field": "dropout", "low": 0, "high": 0.5}),
        ("adam,sgd", {"field": "optimizer", "values": ("adam", "sgd")}),
        ("1,2,3", {"field": "seed", "values": (1, 2, 3)}),
    ],
)
def test_axes_are_read_as_people_type_them(text: str, axis: dict[str, Any]) -> None:
    assert parse_axis(axis["field"], text) == Axis(**axis)


@pytest.mark.parametrize(
    ("field", "text", "says"),
    [
        ("learning_rate", "", "empty axis"),
        ("learning_rate", " , ", "empty axis"),
        ("learning_rate", "1:0.1", "begin below its end"),
        ("learning_rate", "0:1:log", "above 0"),
        ("learning_rate", "0:1", "1e-06"),
        ("dropout", "0:0.5:log", "above 0"),
        ("learning_rate", "0.1:100", "from 1e-06 to 10"),
        ("learning_rate", "0.1:1:cubic", "0.01:1:log"),
        ("learning_rate", "0.1:b", "0.01:1:log"),
        ("learning_rate", "0.1:nan", "0.01:1:log"),
        ("learning_rate", "fast", "from 1e-06 to 10"),
        ("hidden_sizes", "16,0", "from 1 to 8192"),
        ("hidden_sizes", "1.5:3", "whole numbers"),
        ("hidden_sizes", "16,16", "twice"),
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
    ("changes", "field", "says"),
    [
        ({"axes": {}}, "axes", "at least one"),
        ({"axes": {"seed": ",".join(map(str, range(100)))}}, "trials", "100 points"),
        (
            {"axes": {a: ",".join(f"0.{i}1" for i in range(8)) for a in ("momentum", "dropout")}},
            "trials",
            "64 points",
        ),
        ({"trials": 10_000_000}, "trials", "10000"),
        ({"trials": 0}, "trials", "1"),
        ({"name": ""}, "name", "1"),
        ({"sampler": "magic"}, "sampler", "tpe"),
        ({"pruner": "halving", "objective": "accuracy_vs_seconds"}, "pruner", "none"),
        ({"axes": [Axis(field="seed", values=(1,))] * 2}, "axes", "twice"),
    ],
)
def test_a_bad_study_is_refused_by_name(changes: dict[str, Any], field: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as error:
        sweep(**changes)
    assert [p.field for p in error.value.problems] == [field]


def test_ten_million_grid_points_are_refused() -> None:
    thousand = ",".join(map(str, range(1, 3163)))
    with pytest.raises(ConfigError, match="9,998,244 points; allow at most 10,000"):
        sweep(axes={"seed": thousand, "order_seed": thousand}, trials=10_000)


def test_a_grid_shares_its_trials_between_lists_and_ranges() -> None:
    grid = sweep(trials=64, axes={"hidden_sizes": "16,32,64,128", "learning_rate": "0.01:1:log"})
    points = grid.grid()
    assert points["hidden_sizes"] == [16, 32, 64, 128]
    assert len(points["learning_rate"]) == 16
    assert points["learning_rate"][0] == 0.01
    assert points["learning_rate"][-1] == 1
    assert grid.planned == 64
    assert sweep(trials=9, axes={"hidden_sizes": "2:4", "dropout": "0:0.4"}).planned == 9


def test_trials_keep_what_the_base_says() -> None:
    config = sweep(base=parse_config({"optimizer": "adam", "learning_rate": 0.01}))
    made = config.train_config({"hidden_sizes": "64-32", "learning_rate": 0.1})
    assert made == TrainConfig(optimizer="adam", learning_rate=0.1, hidden_sizes=(64, 32))
