"""A gate that holds training until the test lets it go on, however fast or slow the machine is."""

import os
from math import inf
from pathlib import Path

import pytest

GATED = Path(__file__).with_name("gated")  # a folder for PYTHONPATH


class Gate:
    """Holds whatever trains in other processes between two epochs; it still listens to a stop.

    Processes that start after ``install`` pass it. It is open until the first ``allow``.
    """

    def __init__(self, file: Path) -> None:
        self.file = file

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let the processes that start from now on find it."""
        monkeypatch.setenv("MNIST_LAB_TEST_GATE", str(self.file))
        monkeypatch.setenv("PYTHONPATH", str(GATED), prepend=os.pathsep)

    def allow(self, epochs: float, checkpoints: float = inf) -> None:
        """Let every run and study train to the end of this epoch, and no further.

        Those that are trained alone keep a checkpoint after each epoch up to ``checkpoints``.
        """
        new = self.file.with_suffix(".new")
        new.write_text(f"{epochs} {checkpoints}")
        new.replace(self.file)

    def open(self) -> None:
        """Let everything train to its end."""
        self.file.unlink(missing_ok=True)
