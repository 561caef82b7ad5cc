"""What to try next: what it says of numbers is so."""

import inspect

import pytest
import torch

from mnist_core.learn.experiments import EXPERIMENTS
from mnist_core.nn.model import MnistModel
from pages.ui.learn.further import IDEAS
from tests.helpers.courses import read
from tests.helpers.pages import said


def test_the_rate_that_is_called_the_default_of_adam_is() -> None:
    (adam,) = (idea for idea in IDEAS if idea.settings.get("optimizer") == "adam")
    rate = inspect.signature(torch.optim.Adam).parameters["lr"].default
    assert f"default rate for it is {rate:g};" in adam.text
    assert adam.settings["learning_rate"] == rate


def test_half_of_the_units_is_a_dropout_of_a_half() -> None:
    (forgets,) = (idea for idea in IDEAS if "dropout" in idea.settings)
    assert "half the hidden units" in forgets.text
    assert forgets.settings["dropout"] == 0.5


@pytest.mark.usefixtures("app")
def test_it_says_how_many_ideas_there_are() -> None:
    assert len(IDEAS) == 6
    assert "Six things to change" in said(read("further"))


def test_the_parameters_of_the_hint_are_those_of_the_network() -> None:
    network = MnistModel(784, (32,), 10, "relu")
    count = sum(parameter.numel() for parameter in network.parameters())
    assert f"32 units are {count:,} parameters" in EXPERIMENTS["functions"].hint
    assert "784 weights, a bias and ten weights" in EXPERIMENTS["functions"].hint
    one_more = MnistModel(784, (33,), 10, "relu")
    assert sum(p.numel() for p in one_more.parameters()) - count == 784 + 1 + 10
