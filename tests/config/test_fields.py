"""Every field, its bounds, and what is said about values outside them."""

import math
from typing import Any

import pytest
from pydantic import ValidationError

from mnist_core.config.fields import FIELDS, format_sizes, parse_config
from mnist_core.config.train import MAX_LAYERS, MAX_UNITS, TrainConfig
from mnist_core.errors import ConfigError

NUMBERS = [name for name, field in FIELDS.items() if field.kind in ("int", "float")]
CHOICES = [name for name, field in FIELDS.items() if field.kind == "choice"]


def problem_of(values: dict[str, Any]) -> str:
    with pytest.raises(ConfigError) as caught:
        parse_config(values)
    (problem,) = caught.value.problems
    assert problem.field in values
    assert problem.value == values[problem.field] or math.isnan(problem.value)  # type: ignore[arg-type]
    assert problem.field in str(caught.value)
    assert repr(problem.value) in str(caught.value)
    assert problem.allowed in str(caught.value)
    return problem.allowed


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_has_a_label_help_and_a_default(name: str) -> None:
    field = FIELDS[name]
    assert field.label[0].isupper()
    assert len(field.help) > 20
    assert field.help.endswith(".")
    assert field.default == getattr(TrainConfig(), name)
    assert field.allowed.startswith("must be ")


def test_the_defaults_are_the_tutorials() -> None:
    config = TrainConfig()
    assert (config.hidden_sizes, config.batch_size, config.epochs) == ((32,), 100, 5)
    assert (config.learning_rate, config.optimizer, config.val_fraction) == (0.5, "sgd", 0.2)


@pytest.mark.parametrize("name", NUMBERS)
def test_bounds_are_allowed_and_nothing_beyond_them(name: str) -> None:
    field = FIELDS[name]
    assert field.low is not None
    assert field.high is not None
    kind = int if field.kind == "int" else float
    for bound in (kind(field.low), kind(field.high)):
        assert getattr(parse_config({name: bound}), name) == bound
        assert getattr(parse_config({name: str(bound)}), name) == bound
    step = 1 if field.kind == "int" else 1e-7
    for beyond in (kind(field.low) - step, kind(field.high) + step):
        assert problem_of({name: beyond}) == field.allowed
    assert f"{field.low:.0f}" in field.allowed or f"{field.low:g}" in field.allowed
    assert f"{field.high:.0f}" in field.allowed or f"{field.high:g}" in field.allowed


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", ["", "many", math.nan, math.inf, None, [1], True])
def test_what_is_no_number_is_refused(name: str, value: object) -> None:
    assert problem_of({name: value}) == FIELDS[name].allowed


@pytest.mark.parametrize("name", [n for n in NUMBERS if FIELDS[n].kind == "int"])
def test_whole_numbers_are_whole(name: str) -> None:
    assert problem_of({name: 1.5}) == FIELDS[name].allowed


@pytest.mark.parametrize("name", CHOICES)
def test_choices(name: str) -> None:
    field = FIELDS[name]
    assert set(field.choice_names) == set(field.choices)
    for choice in field.choices:
        assert getattr(parse_config({name: choice}), name) == choice
        assert choice in field.allowed
    for wrong in ("other", field.choices[0].upper(), 3, None):
        assert problem_of({name: wrong}) == field.allowed


@pytest.mark.parametrize("device", ["auto", "cpu", "mps", "cuda:0", "cuda:11"])
def test_devices(device: str) -> None:
    assert parse_config({"device": device}).device == device


@pytest.mark.parametrize("device", ["gpu", "cuda", "cuda:", "cuda:-1", "cpu:0 ", "cuda:٣", 0])
def test_what_is_no_device(device: object) -> None:
    assert problem_of({"device": device}) == FIELDS["device"].allowed


@pytest.mark.parametrize(
    ("written", "sizes"),
    [
        ("32", (32,)),
        (32, (32,)),
        ("128, 64", (128, 64)),
        ("128,64", (128, 64)),
        ("128 64", (128, 64)),
        ("[128, 64]", (128, 64)),
        ("(128, 64,)", (128, 64)),
        ([128, 64], (128, 64)),
        ("", ()),
        ("  ", ()),
        ("none", ()),
        ((), ()),
        (str(MAX_UNITS), (MAX_UNITS,)),
        ([1] * MAX_LAYERS, (1,) * MAX_LAYERS),
    ],
)
def test_hidden_sizes_as_people_write_them(written: object, sizes: tuple[int, ...]) -> None:
    assert parse_config({"hidden_sizes": written}).hidden_sizes == sizes


@pytest.mark.parametrize(
    "written",
    [
        "0",
        "-3",
        "32; 64",
        "many",
        "1.5",
        "16,,32",
        ",16",
        ",",
        MAX_UNITS + 1,
        [1] * (MAX_LAYERS + 1),
        None,
        [None],
        True,
        [True],
    ],
)
def test_what_are_no_hidden_sizes(written: object) -> None:
    assert problem_of({"hidden_sizes": written}) == FIELDS["hidden_sizes"].allowed


@pytest.mark.parametrize("sizes", [(), (32,), (128, 64), (8192, 1, 7)])
def test_sizes_as_text_and_back(sizes: tuple[int, ...]) -> None:
    assert parse_config({"hidden_sizes": format_sizes(sizes)}).hidden_sizes == sizes


def test_every_problem_is_named_once() -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config({"epochs": 0, "hidden_sizes": [0, -1], "speed": 3, "momentum": 0.5})
    assert [p.field for p in caught.value.problems] == ["hidden_sizes", "epochs", "speed"]
    assert "no such setting" in caught.value.problems[-1].allowed


@pytest.mark.parametrize("values", [[], [1], "epochs", None, 3])
def test_what_are_no_settings_at_all(values: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(values)
    (problem,) = caught.value.problems
    assert problem.value == values
    assert "names with values" in str(caught.value)


def test_a_name_that_is_no_text() -> None:
    with pytest.raises(ConfigError, match="no such setting"):
        parse_config({3: 4})  # type: ignore[dict-item]


def test_a_configuration_does_not_change() -> None:
    with pytest.raises(ValidationError):
        TrainConfig().epochs = 3  # type: ignore[misc]
    assert TrainConfig() == TrainConfig()
    assert len({TrainConfig(), TrainConfig(), TrainConfig(epochs=6)}) == 2


def test_a_configuration_as_json_and_back() -> None:
    config = parse_config({"hidden_sizes": "64, 32", "optimizer": "adam", "learning_rate": 1e-3})
    assert TrainConfig.model_validate_json(config.model_dump_json()) == config
