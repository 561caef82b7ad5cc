"""The time of a step by the size of the network: what is counted, not how long it takes."""

import pytest

from mnist_core.config.device import multiplications
from mnist_core.learn import work
from mnist_core.learn.digits import digits
from mnist_core.learn.work import Measured, measure


def test_the_first_step_warms_up_and_the_middle_one_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    # Each step takes as long as it is said to: the first nine seconds, then 1, 2, ... 7.
    times = iter([0, 9, 0, 4, 0, 1, 0, 7, 0, 3, 0, 2, 0, 6, 0, 5])
    monkeypatch.setattr(work.time, "perf_counter", lambda: next(times))
    _, valid = digits()
    found = measure(16, valid.first(20))
    assert found == Measured(16, 20, median=4, least=1, most=7)
    assert found.work == 3 * multiplications((784, 16, 10), 20) == 3 * 20 * (784 * 16 + 160)
    assert found.rate == found.work / 4
