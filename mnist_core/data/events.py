"""What preparing data reports."""

from dataclasses import dataclass

from mnist_core.config.numbers import Count


@dataclass(frozen=True)
class Downloading:
    """Bytes of a data set that have arrived; ``total`` is what the server announced."""

    dataset: str
    done: Count
    total: Count

    @property
    def share(self) -> float:
        """From 0 to 1; 0 while the total is not known."""
        return min(self.done / self.total, 1.0) if self.total else 0.0


@dataclass(frozen=True)
class DataReady:
    """The data set that a run uses. ``notice`` is not empty when it is not the full one."""

    dataset: str
    source: str
    notice: str
