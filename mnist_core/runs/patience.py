"""Trying again while a database is locked or restarts."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

RETRY_INTERVAL = 0.5  # seconds between two attempts


def patiently(action: Callable[[], T], patience: float, passes: Callable[[Exception], bool]) -> T:
    """What ``action`` gives, tried again for ``patience`` seconds while what it raises passes."""
    deadline = time.monotonic() + patience
    while True:
        try:
            return action()
        except Exception as error:
            if time.monotonic() >= deadline or not passes(error):
                raise
        time.sleep(RETRY_INTERVAL)
