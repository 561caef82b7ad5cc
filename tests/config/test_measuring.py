"""Plans: what they take, what they compare unless somebody chooses, and how long they last."""

import pytest

from mnist_core.config.measuring import (
    MOST_SETTINGS,
    MOST_WORK,
    SAMPLE,
    TITLES,
    USUAL,
    Plan,
    Setting,
    choices,
    parse_plan,
    parse_values,
    usual,
)
from mnist_core.errors import ConfigError
from tests.helpers.measurements import DOUBLE, GPU, ONE, TWO

CPU = ("cpu", "CPU, 2 cores")


def test_values_are_typed_with_commas_and_put_in_order() -> None:
    assert parse_values("64, 16,32,16,") == (16, 32, 64)
    for text in ("", "16 32", "1.5", "-3", "16,,32", "²", "9" * 5000):
        with pytest.raises(ConfigError, match="whole numbers with commas"):
            parse_values(text)


@pytest.mark.parametrize("varies", TITLES)
def test_the_usual_values_are_allowed(varies: str) -> None:
    plan = parse_plan({"varies": varies, "values": USUAL[varies], "settings": (ONE,)})  # type: ignore[index]
    assert plan.at(plan.values[-1])[plan.varies] == plan.values[-1]
    assert {**plan.at(7), varies: 0} == {**Plan(settings=(ONE,)).at(7), "units": 32, varies: 0}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"values": (0,)}, "hidden units must be whole numbers from 1 to 8192"),
        ({"varies": "layers", "values": (1, 9)}, "hidden layers must be .* from 0 to 8"),
        ({"varies": "pictures", "values": (60_001,)}, "from 1 to 60000"),
        ({"values": (32, 16)}, "must grow"),
        ({"values": ()}, "1 to 12 whole numbers"),
        ({"settings": ()}, "choose 1 to 6"),
        ({"settings": (ONE, ONE)}, "names one twice"),
        ({"repeats": 0}, "from 1 to 10"),
        ({"depth": 3}, "no such setting"),
        ({"values": (8192,), "layers": 8}, "multiply-adds"),
    ],
)
def test_what_cannot_be_measured_is_refused(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_plan({"settings": (ONE,), **wrong})


def test_a_step_is_as_large_as_the_pictures_allow() -> None:
    plan = Plan(values=(8,), pictures=30, batch_size=100, settings=(ONE,))
    assert plan.step(8) == 30 * 2 * (784 * 8) + 30 * 3 * (8 * 10)
    assert Plan(varies="layers", values=(0,), settings=(ONE,)).work(0) == 2 * 784 * 10
    assert plan.step(8) < MOST_WORK


def test_it_takes_the_time_of_its_samples() -> None:
    plan = Plan(values=(16, 32), settings=(ONE, TWO), repeats=3)
    assert plan.samples == 3 * 2 * (1 + 2)
    assert plan.seconds == pytest.approx(plan.samples * SAMPLE, rel=0.01)
    large = Plan(values=(4096,), layers=2, settings=(ONE,), repeats=1)
    assert large.seconds == pytest.approx(2 * SAMPLE + 2 * large.step(4096) / 1e10)


def test_without_a_gpu_threads_and_precisions_are_compared() -> None:
    found = choices([CPU], cores=2)
    assert {ONE, TWO, DOUBLE} < set(found)
    assert usual(found) == [ONE, TWO, DOUBLE]
    assert usual(choices([CPU], cores=1)) == [ONE, DOUBLE]
    assert {one.threads for one in choices([CPU], cores=6)} == {1, 2, 4, 6}


def test_with_a_gpu_it_is_compared_with_one_thread_and_all() -> None:
    found = choices([("cuda:0", GPU.label), CPU], cores=2)
    assert usual(found) == [ONE, TWO, GPU]
    names = [one.name for one in choices([("cuda:0", "G"), ("cuda:1", "G"), CPU], cores=2)]
    assert len(set(names)) == len(names), "of two that are called the same, each says which it is"
    many = [(f"cuda:{i}", "G") for i in range(8)]
    assert len(usual(choices([*many, CPU], cores=2))) == MOST_SETTINGS


def test_apples_gpu_has_no_float64() -> None:
    found = choices([("mps", "Apple GPU"), CPU], cores=2)
    assert {one.precision for one in found if one.device == "mps"} == {"float32", "bfloat16"}


def test_a_setting_says_what_it_is() -> None:
    assert [one.name for one in (ONE, TWO, GPU)] == [
        "CPU, 1 thread, float32",
        "CPU, 2 threads, float32",
        "Test GPU, 8 GB, float32",
    ]
    assert isinstance(hash(ONE), int)
    assert Setting.model_validate_json(TWO.model_dump_json()) == TWO
