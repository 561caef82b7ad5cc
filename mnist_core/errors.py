"""Every error this library raises on purpose; each message says what was wrong and what to do."""

from dataclasses import dataclass

MOST_SHOWN = 100  # characters of a refused value


class MnistLabError(Exception):
    """Base of all errors that are meant for the person in front of the screen."""


@dataclass(frozen=True)
class Problem:
    """A value that a configuration cannot take: where it was given, and what is allowed."""

    field: str
    value: object
    allowed: str

    @property
    def shown(self) -> str:
        """The value as it was written, cut where it is long."""
        text = repr(self.value)
        return text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + " …"

    def __str__(self) -> str:
        return f"{self.field} = {self.shown}: {self.allowed}"


class ConfigError(MnistLabError):
    """A configuration with one or more values out of bounds (see ``problems``)."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems)  # as it was given: an error that crosses processes is made anew
        self.problems = problems

    def __str__(self) -> str:
        return "; ".join(map(str, self.problems))


class SettingError(MnistLabError):
    """An environment variable that cannot be used; names it, its value and what is wrong."""


class DataError(MnistLabError):
    """A data set is missing, incomplete or damaged; names the file or folder."""


class DownloadError(DataError):
    """A data set could not be fetched; the copy that was there before, if any, is untouched."""


class DeviceError(MnistLabError):
    """The device asked for is not on this machine; lists the ones that are."""


class NetworkError(MnistLabError):
    """A network that has no answers, as one that diverged; says what to do."""


class DrawingError(MnistLabError):
    """A drawing or picture that cannot be turned into a digit image; says why."""


class StoreError(MnistLabError):
    """The folder or database that keeps the runs cannot be used; names the path and the remedy."""


class NotYoursError(MnistLabError):
    """What belongs to somebody else cannot be changed; says what can be done with it."""


class TooManyError(MnistLabError):
    """More at once, or more kept, than one user may have; says how much is allowed."""


class RunNotFoundError(StoreError):
    """No run has this id."""


class StoreUnavailableError(StoreError):
    """The store does not answer now but may in a moment: it is locked, or its server restarts."""


class SupersededError(StoreError):
    """Another worker trains this run now, so this one leaves it alone."""


class ClusterError(MnistLabError):
    """The Dask scheduler cannot be reached; names its address."""


class MeasurementError(MnistLabError):
    """A measurement that cannot be started, read or kept; says why."""


class ExportError(MnistLabError):
    """A run that cannot be turned into the file asked for; says why."""


class ImportRefusedError(MnistLabError):
    """A file that is not taken in as a network; says why, and it was not executed."""
