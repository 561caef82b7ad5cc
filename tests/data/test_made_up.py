"""Pictures that nobody drew are of MNIST's size, on the device, and the same each time."""

import torch

from mnist_core.data.made_up import DIFFERENT, made_up
from tests.helpers.devices import META

CPU = torch.device("cpu")


def test_they_have_the_size_of_mnists() -> None:
    data = made_up(2500, CPU, torch.float64)
    assert (tuple(data.images.shape), data.images.dtype) == ((2500, 784), torch.float64)
    assert (data.in_size, data.classes, len(data.test_images)) == (784, 10, 0)
    assert torch.bincount(data.labels).tolist() == [250] * 10
    assert 0 <= data.images.min() < data.images.max() <= 1
    assert 0.1 < (data.images > 0).double().mean() < 0.25


def test_they_are_the_same_each_time_and_come_again() -> None:
    first, again = made_up(DIFFERENT + 5, CPU, torch.float32), made_up(5, CPU, torch.float32)
    assert torch.equal(first.images[DIFFERENT:], first.images[:5])
    assert torch.equal(first.images[:5], made_up(DIFFERENT, CPU, torch.float32).images[:5])
    assert len(again.images) == 5


def test_they_are_put_on_the_device() -> None:
    data = made_up(30, META, torch.bfloat16)
    assert {data.images.device, data.labels.device} == {META}
