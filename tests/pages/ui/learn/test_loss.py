"""How wrong an answer is: the chapter's numbers, computed anew with PyTorch's loss."""

import math

import numpy as np
import pytest
import torch

from mnist_core.learn.digits import digits
from mnist_core.learn.onestep import nudged
from mnist_core.learn.trainer import begin, train_epoch
from pages.ui.learn.loss import CLASS, FARTHEST, PICTURES, UNIT
from tests.helpers.courses import read
from tests.helpers.pages import said


@pytest.mark.usefixtures("app")
def test_its_figures_are_minus_the_logarithms_of_the_shares() -> None:
    page = read("loss")
    assert f"−ln 0.1 = **{-math.log(0.1):.3f}**" in said(page)
    assert f"loses ln 10 = {math.log(10):.3f}" in said(page)
    alt = page.get("plotly_chart")[0].proto.alt
    for share in (0.001, 0.1, 0.5, 1.0):
        assert f"{abs(math.log(share)):.1f}".removesuffix(".0") + f" at {100 * share:g} %" in alt


@pytest.mark.usefixtures("app")
def test_the_loss_changes_with_every_move_and_the_count_in_jumps() -> None:
    learn, valid = digits()
    network = train_epoch(begin((784, 16, 10), "relu", 1), learn, 0.1, 100, 1, 1)[0]
    batch, found, right = valid.first(PICTURES), [], []
    changes = np.linspace(-FARTHEST, FARTHEST, 121)
    for change in changes:
        logits = torch.tensor(nudged(network, CLASS, UNIT, float(change))(batch.rows))
        labels = torch.tensor(batch.labels)
        found.append(torch.nn.functional.cross_entropy(logits.double(), labels).item())
        right.append(int((logits.argmax(1) == labels).sum()))
    assert (np.abs(np.diff(found)) > 0).all()
    said_here = said(read("loss"))
    assert (
        f"all 121 positions of the slider the count of right answers has only **{len(set(right))}"
        in said_here
    )
    assert f"reads **{right[60]} of 100**" in said_here
    assert f"at a loss of **{found[60]:.4f}**" in said_here
