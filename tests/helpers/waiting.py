"""Waiting for conditions, not for times."""

import time
from collections.abc import Callable

PATIENCE = 240.0  # seconds until a condition counts as never coming; busy machines are slow
SHORTEST, LONGEST = 0.1, 0.5  # seconds between two looks; the longer it takes, the fewer


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Look again and again until ``condition`` holds."""
    began = time.monotonic()
    while not condition():
        waited = time.monotonic() - began
        assert waited < PATIENCE, f"waited in vain until {what}"
        # Looking all the time would take the cores from what is looked at. On a busy machine a
        # wait of half a minute was 300 looks of 10 ms, or of a whole page.
        time.sleep(min(max(SHORTEST, waited / 10), LONGEST))
