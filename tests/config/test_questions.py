"""The questions to begin with are studies that can be run as they stand."""

from mnist_core.config.axes import RangeAxis
from mnist_core.config.questions import QUESTIONS
from mnist_core.config.train import TrainConfig


def parameters(units: int) -> int:
    return (784 + 1) * units + (units + 1) * 10


def test_each_plans_what_it_says() -> None:
    planned = {name: study.planned for name, study in QUESTIONS.items()}
    assert planned == {
        "Which learning rate?": 16,
        "How wide?": 7,
        "Width by rate": 64,
        "Best within 50,000 parameters": 48,
    }
    assert {study.base for study in QUESTIONS.values()} == {TrainConfig()}


def test_the_limit_of_parameters_is_where_the_range_ends() -> None:
    (widths,) = [
        axis
        for axis in QUESTIONS["Best within 50,000 parameters"].axes
        if axis.field == "hidden_sizes"
    ]
    assert isinstance(widths, RangeAxis)
    assert parameters(int(widths.high)) <= 50_000 < parameters(int(widths.high) + 1)
