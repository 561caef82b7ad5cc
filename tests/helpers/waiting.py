"""Waiting for conditions, not for times."""

import time
from collections.abc import Callable

PATIENCE = 240.0  # seconds until a condition counts as never coming; busy machines are slow


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Look again and again until ``condition`` holds."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.1)  # looking all the time would take the cores from what is looked at
