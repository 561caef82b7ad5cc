"""Two layers without an activation are one."""

import numpy as np
import pytest
import torch

from mnist_core.learn.merge import largest_difference, merged
from mnist_core.learn.trainer import begin


@pytest.mark.parametrize("sizes", [(20, 5), (20, 7, 5), (20, 9, 7, 5)])
def test_the_one_layer_is_what_pytorch_computes_with_all(sizes: tuple[int, ...]) -> None:
    network = begin(sizes, "none", 3)
    one = merged(network)
    assert one.sizes == (20, 5)
    rows = np.random.default_rng(0).random((50, 20), dtype=np.float32)
    given = torch.from_numpy(rows)
    for weight, bias in network.layers:
        given = torch.nn.functional.linear(given, torch.from_numpy(weight), torch.from_numpy(bias))
    np.testing.assert_allclose(one(rows), given.numpy(), atol=1e-5)
    assert largest_difference(network, one, rows) < 1e-5


def test_the_largest_difference_is_one_of_a_logit() -> None:
    first, second = begin((4, 3), "none", 0), begin((4, 3), "none", 1)
    rows = np.eye(4, dtype=np.float32)
    differences = [
        abs(float(a) - float(b)) for a, b in zip(first(rows).flat, second(rows).flat, strict=True)
    ]
    assert largest_difference(first, second, rows) == pytest.approx(max(differences))


def test_layers_that_bend_are_not_one() -> None:
    with pytest.raises(ValueError, match="relu"):
        merged(begin((4, 3, 2), "relu", 0))
