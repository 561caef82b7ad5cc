"""Which studies there are, whose they are, and who may look at them."""

from collections.abc import Collection
from typing import Any, NamedTuple, Protocol

from optuna.storages import BaseStorage

from mnist_core.runs.users import SERVER, may_change
from mnist_core.sweep.storage import storage_errors

# Attributes of a study; ``study`` has the others.
SWEEP = "sweep"  # its SweepConfig
JOB = "job."  # with each job that works on it: since when and whose; empty at its end
USER = "user"  # whose it is
HIDDEN = "hidden"  # whether from others


class HasAttributes(Protocol):
    """A study of Optuna's, open or listed."""

    @property
    def user_attrs(self) -> dict[str, Any]: ...


def user_of(study: HasAttributes) -> str:
    """Whose a study is."""
    return str(study.user_attrs.get(USER, SERVER))


def is_hidden(study: HasAttributes) -> bool:
    """Whether a study, and each run that comes of it, is hidden from others."""
    return bool(study.user_attrs.get(HIDDEN))


class Listed(NamedTuple):
    """A study's name, whose it is, and whether it is hidden from others."""

    name: str
    user: str
    hidden: bool

    def seen_by(self, user: str) -> bool:
        """Whether a user may look at it."""
        return not self.hidden or may_change(user, self.user)


@storage_errors()
def listed_studies(storage: BaseStorage) -> list[Listed]:
    """The studies in a storage that this library made, the latest first."""
    return [
        Listed(s.study_name, user_of(s), is_hidden(s))
        for s in reversed(storage.get_all_studies())
        if SWEEP in s.user_attrs
    ]


def study_names(storage: BaseStorage) -> list[str]:
    """The names of ``listed_studies``."""
    return [study.name for study in listed_studies(storage)]


@storage_errors()
def studies_of(jobs: Collection[str], storage: BaseStorage) -> list[str]:
    """The names of the studies on which these jobs work, the latest first; none of hidden ones."""
    keys = {JOB + job for job in jobs}
    return [
        "a hidden sweep" if is_hidden(s) else s.study_name
        for s in reversed(storage.get_all_studies())
        if keys & s.user_attrs.keys()
    ]
