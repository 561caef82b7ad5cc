"""Studies: what may be asked, and what it means."""

from typing import Any

import pytest

from mnist_core.config.axes import ListAxis, RangeAxis
from mnist_core.config.fields import parse_config
from mnist_core.config.sweep import SweepConfig
from mnist_core.config.train import TrainConfig
from mnist_core.errors import ConfigError
from tests.helpers.studies import sweep


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
        ({"trials": 0}, "trials", "must be a whole number from 1 to 10000"),
        ({"trials": "many"}, "trials", "must be a whole number from 1 to 10000"),
        ({"trials": True}, "trials", "must be a whole number from 1 to 10000"),
        ({"name": ""}, "name", "must have 1 to 100 characters"),
        ({"sampler": "magic"}, "sampler", "must be one of grid, random, qmc, tpe"),
        ({"base": 3}, "base", "must be a configuration"),
        ({"axes": 3}, "axes", "name at least one"),
        ({"speed": 3}, "speed", "no such setting; there are name, base, axes"),
        ({"pruner": "halving", "objective": "accuracy_vs_seconds"}, "pruner", "none"),
        ({"axes": [ListAxis(field="seed", values=(1,))] * 2}, "axes", "twice"),
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


def test_studies_of_earlier_versions_are_read() -> None:
    """As they were kept when a list and a range were one class."""
    blank = '"low":null,"high":null,"log":false'
    text = f"""{{"name":"old","base":{{}},"axes":[
        {{"field":"hidden_sizes","values":["",16,"64-32"],{blank}}},
        {{"field":"optimizer","values":["adam"],{blank}}},
        {{"field":"seed","values":[0],{blank}}},
        {{"field":"dropout","values":[],"low":0.0,"high":0.5,"log":false}},
        {{"field":"learning_rate","values":[],"low":0.01,"high":1.0,"log":true}}],
        "sampler":"random","pruner":"none","trials":64,"objective":"val_accuracy","seed":0}}"""
    config = SweepConfig.model_validate_json(text)
    assert config.axes == (
        ListAxis(field="hidden_sizes", values=("", 16, "64-32")),
        ListAxis(field="optimizer", values=("adam",)),
        ListAxis(field="seed", values=(0,)),
        RangeAxis(field="dropout", low=0, high=0.5),
        RangeAxis(field="learning_rate", low=0.01, high=1, log=True),
    )
    assert config.axes[0].setting("") == ()
    assert str(config.axes[0]) == "none,16,64-32"
    assert SweepConfig.model_validate_json(config.model_dump_json()) == config
    assert config.changed(trials=3).axes == config.axes
