"""Links: what goes in comes out, and what makes no sense is clamped and said."""

import pytest

from mnist_core.config.fields import FIELDS, parse_config
from mnist_core.config.presets import PRESETS
from mnist_core.config.share import from_query, to_query
from mnist_core.config.train import TrainConfig

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
