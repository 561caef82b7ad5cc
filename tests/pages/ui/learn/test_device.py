"""The device: what the chapter says of a step's operations is counted in training's own steps."""

from collections import Counter
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from mnist_core.config.train import TrainConfig
from mnist_core.data.made_up import made_up
from mnist_core.nn.state import TrainState
from mnist_core.nn.training import Parts, epoch_steps
from pages.ui.learn.device import milliseconds
from tests.helpers.courses import read
from tests.helpers.pages import said

CPU = torch.device("cpu")


class Counted(TorchDispatchMode):
    """Counts the operations that PyTorch is asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Counter[str] = Counter()

    def __torch_dispatch__(self, op: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.asked[str(op)] += 1
        return op(*args, **(kwargs or {}))


def operations(steps: int) -> int:
    """Those of an epoch of so many steps with the tutorial's network."""
    state = TrainState(TrainConfig(hidden_sizes=(32,), batch_size=100), 784, 10, CPU)
    parts = Parts(made_up(100 * steps, CPU, torch.float32), val_fraction=0.0)
    with Counted() as counted:
        for _ in epoch_steps(state, parts):
            pass
    return counted.asked.total()


@pytest.mark.usefixtures("app")
def test_a_step_has_as_many_operations_as_it_says() -> None:
    assert (operations(12) - operations(2)) / 10 == pytest.approx(25, abs=2)
    assert "each of the some 25 operations of a step" in said(read("device"))


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.000314, "0.31"), (0.0042, "4.2"), (0.0099, "9.9"), (1.234, "1,234")]
)
def test_milliseconds_are_written_out(seconds: float, said: str) -> None:
    assert milliseconds(seconds) == said


@pytest.mark.usefixtures("app")
def test_the_multiplications_of_a_step_are_those_of_its_two_products() -> None:
    assert f"= **{100 * (784 * 32 + 32 * 10):,}** times" in said(read("device"))
