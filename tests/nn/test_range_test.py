"""The learning-rate range test: it sees where training fails, and its advice trains."""

import pytest
import torch

from mnist_core.charts.range import range_chart
from mnist_core.config.fields import parse_config
from mnist_core.data.resident import ResidentDataset
from mnist_core.nn.events import Finished
from mnist_core.nn.range_test import BROKEN, HIGHEST, LOWEST, range_test
from mnist_core.nn.training import train

CPU = torch.device("cpu")


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam", "adamw"])
def test_the_suggested_rate_trains(tiny: ResidentDataset, optimizer: str) -> None:
    config = parse_config({"optimizer": optimizer, "epochs": 20, "batch_size": 20})
    found = range_test(config, tiny, CPU)
    assert LOWEST <= found.suggested < HIGHEST
    chosen = config.model_copy(update={"learning_rate": found.suggested})
    end = list(train(chosen, tiny, CPU))[-1]
    assert isinstance(end, Finished)
    assert end.val_accuracy > 0.8


def test_rates_grow_and_it_ends_where_the_loss_breaks_out(tiny: ResidentDataset) -> None:
    found = range_test(parse_config({"optimizer": "adam"}), tiny, CPU)
    assert list(found.rates) == sorted(found.rates)
    assert found.rates[0] == LOWEST
    assert len(found.losses) == len(found.rates)
    lowest = found.losses.index(min(found.losses))
    assert max(found.losses[lowest:]) <= BROKEN * min(found.losses)
    assert found.suggested == pytest.approx(found.rates[lowest] / 10, rel=0.1)


def test_it_says_the_same_twice(tiny: ResidentDataset) -> None:
    config = parse_config({"dropout": 0.2, "shift": 1, "label_smoothing": 0.1})
    assert range_test(config, tiny, CPU) == range_test(config, tiny, CPU)


def test_the_chart_marks_the_suggestion() -> None:
    figure = range_chart([0.1, 1.0], [2.0, 1.0], 0.1)
    assert figure.layout.shapes[0].x0 == 0.1
    assert "0.1" in figure.layout.annotations[0].text
