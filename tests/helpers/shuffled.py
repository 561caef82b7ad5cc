"""Tests in random order: ``python -m pytest -p tests.helpers.shuffled``.

The seed is printed; ``MNIST_LAB_TEST_ORDER=<seed>`` repeats an order.
"""

import os
import random

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    seed = int(os.environ.get("MNIST_LAB_TEST_ORDER") or random.randrange(10**6))
    print(f"\nMNIST_LAB_TEST_ORDER={seed}")
    random.Random(seed).shuffle(items)
