"""Where things are kept and where work is done: read from the environment, once a call."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from platformdirs import user_data_path
from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from mnist_core.errors import SettingError

if TYPE_CHECKING:
    from sqlalchemy import URL


def sqlite_url(file: Path) -> str:
    """The database in a file, whatever characters its name has."""
    from sqlalchemy import URL

    return URL.create("sqlite", database=str(file)).render_as_string()


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite database; None for one on a server, and for what is none."""
    parsed = _parsed(url)
    if parsed is None or parsed.get_backend_name() != "sqlite" or not parsed.database:
        return None
    return Path(parsed.database)


def place(url: str) -> str:
    """Where a store is, as a person would say it: the file's path, or the address, no password."""
    parsed, file = _parsed(url), sqlite_file(url)
    return str(file or (url if parsed is None else parsed.render_as_string(hide_password=True)))


def _parsed(url: str) -> "URL | None":
    """None for what is no URL of a database."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(url)
    except ArgumentError:
        return None


def _at_home(path: Path) -> Path:
    """Absolute, with ``~`` for the user's home folder as in a shell.

    Raises:
        ValueError: it is blank, or there is no such user.
    """
    if not str(path).strip():
        raise ValueError("names no folder")
    try:
        return path.expanduser().absolute()
    except RuntimeError as error:
        raise ValueError("there is no such user") from error


def _place(text: str) -> str:
    """A folder, or the address of a server or database; ``~`` works in a file's name.

    Raises:
        ValueError: it is a database in memory, which ends with each process, or nobody's home.
    """
    if text.startswith("~"):
        return str(_at_home(Path(text)))
    file = sqlite_file(text)
    if text.startswith("sqlite") and str(file) in ("None", ":memory:"):
        raise ValueError("names no file: a database in memory ends with each process")
    return sqlite_url(_at_home(file)) if file and str(file).startswith("~") else text


OURS = "MNIST_LAB_"
# Those that this project's tests and benchmarks read.
BESIDE = ("MNIST_LAB_PENDIGITS", "MNIST_LAB_TEST_GATE", "MNIST_LAB_TEST_ORDER")

Folder = Annotated[Path, AfterValidator(_at_home)]
Place = Annotated[str, AfterValidator(_place)]


def _refuse_unknown(known: list[str]) -> None:
    """Raise SettingError for a variable that is called like ours and that nothing reads."""
    for name in os.environ:
        if name.upper().startswith(OURS) and name.upper() not in (*known, *BESIDE):
            ours = " and ".join(n for n in known if n.startswith(OURS))
            raise SettingError(f"{name} is set, which nothing reads: there are {ours}")


class Settings(BaseSettings):
    """The environment variables this project reads. Empty ones count as not set.

    Raises:
        SettingError: names the variable, its value and what is wrong.
    """

    model_config = SettingsConfigDict(env_ignore_empty=True)

    home: Folder = Field(
        default_factory=lambda: user_data_path("mnist-lab", appauthor=False),
        validation_alias="MNIST_LAB_HOME",
        description="the folder for everything the app keeps: runs, downloads, personal digits",
    )
    data: Folder | None = Field(
        None,
        validation_alias="MNIST_LAB_DATA",
        description="a folder with data sets in torchvision's layout, looked at first",
    )
    tracking_uri: Place | None = Field(
        None,
        validation_alias="MLFLOW_TRACKING_URI",
        description="an MLflow store to use instead of SQLite in the home folder",
    )
    scheduler_address: str | None = Field(
        None,
        validation_alias="DASK_SCHEDULER_ADDRESS",
        description="a Dask scheduler to use instead of workers on this machine",
    )
    optuna_storage: Place | None = Field(
        None,
        validation_alias="OPTUNA_STORAGE",
        description="a database for studies to use instead of SQLite in the home folder",
    )

    def __init__(self) -> None:
        _refuse_unknown([str(f.validation_alias) for f in type(self).model_fields.values()])
        try:
            super().__init__()
        except ValidationError as error:
            wrong = error.errors()[0]
            said = wrong["msg"].removeprefix("Value error, ")
            raise SettingError(f"{wrong['loc'][0]} = {wrong['input']!r}: {said}") from None

    @property
    def downloads(self) -> Path:
        return self.home / "data"

    @property
    def store_uri(self) -> str:
        return self.tracking_uri or sqlite_url(self.home / "runs.db")

    @property
    def studies_uri(self) -> str:
        return self.optuna_storage or sqlite_url(self.home / "studies.db")
