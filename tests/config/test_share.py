"""Links: what goes in comes out, and what makes no sense is clamped and said."""

import pytest

from mnist_core.config.fields import FIELDS, parse_config
from mnist_core.config.measuring import Plan
from mnist_core.config.presets import PRESETS
from mnist_core.config.questions import QUESTIONS
from mnist_core.config.share import (
    from_query,
    plan_from_query,
    plan_to_query,
    sweep_from_query,
    sweep_to_query,
    to_query,
)
from mnist_core.config.sweep import SweepConfig, parse_sweep
from mnist_core.config.train import TrainConfig
from tests.helpers.measurements import DOUBLE, GPU, ONE, TWO

CHANGED = {
    "int": lambda spec: spec.high,
    "float": lambda spec: spec.high,
    "choice": lambda spec: spec.choices[-1],
    "sizes": lambda spec: (7, 5),
    "text": lambda spec: "cpu",
}


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_survives_a_link(name: str) -> None:
    spec = FIELDS[name]
    if spec.kind not in CHANGED:
        value: object = not spec.default
    else:
        value = CHANGED[spec.kind](spec)
    config = parse_config({name: value})
    assert from_query(to_query(config)) == (config, [])


@pytest.mark.parametrize("config", [*PRESETS.values(), parse_config({"learning_rate": 1 / 3})])
def test_a_link_carries_only_what_differs_and_carries_it_exactly(config: TrainConfig) -> None:
    query = to_query(config)
    assert set(query) == {n for n in FIELDS if getattr(config, n) != FIELDS[n].default}
    assert from_query(query) == (config, [])


@pytest.mark.parametrize(
    ("name", "text", "became"),
    [
        ("learning_rate", "1000", 10.0),
        ("learning_rate", "-1", 1e-6),
        ("learning_rate", "inf", 10.0),
        ("learning_rate", "nan", 0.5),
        ("learning_rate", "fast", 0.5),
        ("learning_rate", "1,2", 0.5),
        ("epochs", "1e9", 1000),
        ("epochs", "0", 1),
        ("epochs", "2.6", 3),
        ("epochs", "", 5),
        ("batch_size", "9" * 400, 10_000),
        ("hidden_sizes", "0,99999", (1, 8192)),
        ("hidden_sizes", "1,2,3,4,5,6,7,8,9", (1, 2, 3, 4, 5, 6, 7, 8)),
        ("hidden_sizes", "<script>", (32,)),
        ("optimizer", "magic", "sgd"),
        ("device", "toaster", "auto"),
        ("device", "3", "auto"),
    ],
)
def test_bad_values_are_clamped_and_named(name: str, text: str, became: object) -> None:
    config, notes = from_query({name: text, "epochs" if name != "epochs" else "seed": "7"})
    assert getattr(config, name) == became
    assert config.epochs == 7 or config.seed == 7
    (note,) = notes
    assert FIELDS[name].label in note
    assert repr(text) in note
    assert "must be" in note


def test_what_is_no_field_is_left_alone() -> None:
    assert from_query({"run": "abc", "embed": "true"}) == (TrainConfig(), [])


SWEEPS = [
    *QUESTIONS.values(),
    parse_sweep(
        {
            "name": "all else",
            "base": {"activation": "tanh", "hidden_sizes": (), "device": "cpu"},
            "axes": {"dropout": "0:0.5:7", "optimizer": "adam,sgd", "seed": "1:9"},
            "sampler": "tpe",
            "pruner": "halving",
            "trials": 33,
            "objective": "val_loss",
        }
    ),
]


@pytest.mark.parametrize("config", SWEEPS, ids=lambda config: config.name)
def test_a_study_survives_a_link(config: SweepConfig) -> None:
    assert sweep_from_query(sweep_to_query(config), config.name) == (config, [])


def test_a_link_says_what_of_a_study_could_not_be_taken() -> None:
    query = {
        "explore.learning_rate": "fast",
        "explore.device": "cpu",
        "explore.epochs": "1,2",
        "sampler": "dice",
        "trials": "many",
        "epochs": "0",
    }
    config, notes = sweep_from_query(query, "linked")
    base = parse_config({"epochs": 1})
    assert config == parse_sweep({"name": "linked", "base": base, "axes": {"epochs": "1,2"}})
    said = " ".join(notes)
    for wrong in ("Learning rate", "'device'", "'dice'", "'many'", "'0'"):
        assert wrong in said
    assert len(notes) == 5


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({}, []),
        ({"sampler": "tpe", "filter": "x"}, []),
        ({"explore.seed": "0:100:100"}, ["Trials: the grid has 100 points"]),
        ({"explore.seed": ""}, ["Seed"]),
    ],
)
def test_a_link_without_a_study_is_none(query: dict[str, str], said: list[str]) -> None:
    config, notes = sweep_from_query(query, "linked")
    assert config is None
    assert len(notes) == len(said)
    assert all(text in note for text, note in zip(said, notes, strict=True))


@pytest.mark.parametrize(
    "plan",
    [
        {},
        {"varies": "layers", "values": (0, 3), "units": 64, "repeats": 1},
        {"values": (4,), "pictures": 100, "settings": (GPU, DOUBLE)},
    ],
)
def test_a_measurement_s_plan_survives_a_link(plan: dict[str, object]) -> None:
    made = Plan.model_validate({"settings": (ONE, TWO)} | plan)
    query = plan_to_query(made, (ONE, TWO))
    assert set(query) == set(plan)
    compared = (
        {"settings": [setting.name for setting in made.settings]} if "settings" in plan else {}
    )
    assert plan_from_query(query) == (plan | compared, [])


def test_a_link_says_what_of_a_plan_could_not_be_taken() -> None:
    said, notes = plan_from_query({"values": "0, 4", "units": "x", "repeats": "99", "layers": "2"})
    assert said == {"layers": 2}
    assert {note.split(":")[0] for note in notes} == {"Values", "Hidden units", "Repeats"}
    assert all(wrong in " ".join(notes) for wrong in ("'0, 4'", "'x'", "'99'", "from 1 to 8192"))
    assert plan_from_query({"varies": "dice", "filter": "x"})[0] == {}
    said, notes = plan_from_query({"units": "8192", "batch_size": "10000", "layers": "8"})
    assert said == {}
    assert "multiply-adds" in notes[0]
    assert notes[0].endswith("so all of it was left out.")
