"""What one user of a shared server may take. Whoever runs the server may take what there is.

``docs/limits.md`` lists all limits with their reasons; ``Settings`` has those that can be changed.
"""

import shutil
from typing import TYPE_CHECKING

from mnist_core.config.axes import ListAxis
from mnist_core.config.sweep import SweepConfig
from mnist_core.config.train import TrainConfig
from mnist_core.drawing.my_digits import MyDigits
from mnist_core.errors import ConfigError, Problem, TooManyError
from mnist_core.files import size_of
from mnist_core.runs.users import check_may_train, role_of
from mnist_core.settings import Settings

if TYPE_CHECKING:
    from mnist_core.runs.library import RunLibrary

GB = 10**9  # bytes


def unlimited(by: str) -> bool:
    """Whether a user may take what there is: whoever administers, or runs the server."""
    return role_of(by) == "administer"


def check_epochs(config: TrainConfig, by: str) -> None:
    """Refuse more epochs at once than a user may ask for. Raises ConfigError."""
    _check("epochs", config.epochs, Settings().most_epochs, by)


def check_trials(trials: int, by: str) -> None:
    """Refuse a sweep with more trials than a user's may have. Raises ConfigError."""
    _check("trials", trials, Settings().most_trials, by)


def check_sweep(config: SweepConfig, by: str) -> None:
    """``check_trials`` and ``check_epochs`` of all that a sweep will try. Raises ConfigError."""
    check_trials(config.planned, by)
    for axis in config.axes:
        if axis.field == "epochs":
            most = max(axis.values) if isinstance(axis, ListAxis) else axis.high
            _check("epochs", int(most), Settings().most_epochs, by)


def _check(field: str, value: int, most: int, by: str) -> None:
    if not unlimited(by) and value > most:
        allowed = f"{most:,} are the most that anybody may ask for here"
        raise ConfigError([Problem(field, value, allowed)])


def stored(library: "RunLibrary", user: str) -> int:
    """The bytes that a user's runs, those in the bin too, and own digits take on this machine."""
    sizes = map(library.store.files.size_here, library.of_user(user))
    return size_of(MyDigits.of_user(user).path) + sum(sizes)


def check_disk(by: str) -> None:
    """Refuse to keep more of a user's where the disk of the home folder is nearly full.

    Raises:
        TooManyError: says so.
        NotYoursError: the user may only look.
    """
    check_may_train(by)
    if unlimited(by):
        return
    settings = Settings()
    at = next(path for path in (settings.home, *settings.home.parents) if path.exists())
    if shutil.disk_usage(at).free < settings.free_gb * GB:
        raise TooManyError(
            "No more can be kept: the disk of this server is nearly full. Tell whoever runs it."
        )


def check_stored(library: "RunLibrary", by: str) -> None:
    """Refuse to keep more of a user who has as much as anybody may have. Raises TooManyError."""
    check_disk(by)
    if not unlimited(by):
        check_taken(stored(library, by))


def check_taken(taken: int) -> None:
    """Refuse to keep more beside so many bytes, see ``stored``.

    Raises:
        TooManyError: says how much there is and what to do.
    """
    most = Settings().most_gb
    if taken >= most * GB:
        raise TooManyError(
            f"No more can be kept: your runs take {taken / GB:.3g} GB, and {most:g} GB are the "
            "most that anybody may have here. Delete some on the page Runs, and empty the bin."
        )
