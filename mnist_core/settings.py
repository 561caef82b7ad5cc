"""Where things are kept and where work is done: read from the environment, once a call."""

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

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
    return str(file or (_hidden(url) if parsed is None else parsed.render_as_string()))


def _hidden(address: str) -> str:
    """An address, be it one or not, without its password."""
    return re.sub(r"(://[^:/@]*):[^/@]*@", r"\1:***@", address)


def _parsed(url: str) -> "URL | None":
    """None for what is no URL of a database."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(url)
    except (ArgumentError, ValueError):  # a port that is no number
        return None


def _check_shell(text: str) -> None:
    """Raise ValueError for what a shell would have replaced: a file of variables goes past it."""
    if re.fullmatch(r"'.*'|\".*\"", text):
        raise ValueError("has quotes around it, which belong to a shell: leave them out")
    if re.match(r"\$\w|\${|%\w+%", text):
        raise ValueError("begins with a variable, which a shell would replace: write its value")


def _at_home(path: Path) -> Path:
    """Absolute, with ``~`` for the user's home folder as in a shell.

    Raises:
        ValueError: it is blank, an address, no text, what a shell would have replaced, or there is
            no such user.
    """
    if not str(path).strip():
        raise ValueError("names no folder")
    if re.match(r"[A-Za-z][\w+.-]+:/", str(path)):
        raise ValueError("is an address; name a folder")
    _check_shell(str(path))
    try:
        str(path).encode()
        return path.expanduser().absolute()
    except UnicodeEncodeError as error:
        raise ValueError("has bytes that are no text in UTF-8; name another folder") from error
    except RuntimeError as error:
        raise ValueError("there is no such user") from error


def _folder(path: Path) -> Path:
    """A folder, which need not be there yet, see ``_at_home``.

    Raises:
        ValueError: it cannot be one.
    """
    path = _at_home(path)
    try:
        found = next(p for p in (path, *path.parents) if p.exists())
    except PermissionError:  # whoever uses it says which part it is
        return path
    except OSError as error:
        raise ValueError(str(error.strerror)) from error
    if not found.is_dir():
        raise ValueError(f"{found} is no folder")
    return path


def _said(text: str) -> str:
    """Raises ValueError for what is blank or meant for a shell."""
    if not text.strip():
        raise ValueError("is blank: leave the variable out, or name a place")
    _check_shell(text.strip())
    return text.strip()


def _place(text: str) -> str:
    """A folder, or the address of a server or database; ``~`` works in a file's name.

    Raises:
        ValueError: it is blank, a database that is no file of its own, or nobody's home.
    """
    text = _said(text)
    folder = text.removeprefix("file:").removeprefix("//")
    if folder.startswith("~"):
        return str(_at_home(Path(folder)))
    if text.startswith(("http:", "https:")):
        _check_server(text)
    url = _parsed(text)
    if "://" in text and url is None:
        raise ValueError("is no address, as postgresql+psycopg://user@host:5432/name")
    if not text.startswith("sqlite"):
        return text
    if url is None or not url.database or url.database == ":memory:":
        raise ValueError("names no file: a database in memory ends with each process")
    if "uri" in url.query:
        raise ValueError("has uri=…, by which a file is not found again: name the file itself")
    if not url.database.startswith("~"):
        return text
    file = _at_home(Path(url.database))
    return url.set(database=str(file)).render_as_string(hide_password=False)


def _check_server(address: str) -> None:
    """Raise ValueError for the address of no server: MLflow would look for it for minutes."""
    found = urlsplit(address)
    if not found.hostname:
        raise ValueError("names no server")
    _ = found.port  # raises it too


def _same_database(one: str, other: str) -> bool:
    a, b = _parsed(one), _parsed(other)
    if a is None or b is None or a.get_backend_name() != b.get_backend_name():
        return False
    if file := sqlite_file(one):
        return file.absolute() == Path(b.database or "").absolute()
    return (a.host, a.port, a.database, a.query) == (b.host, b.port, b.database, b.query)


OURS = "MNIST_LAB_"
# Those that this project's tests and benchmarks read.
BESIDE = ("MNIST_LAB_PENDIGITS", "MNIST_LAB_TEST_GATE", "MNIST_LAB_TEST_ORDER")


def _people(text: str) -> str:
    """Raises ValueError for what is no list of addresses and domains."""
    if not re.fullmatch(r"\s*([^\s,@<>*]*@[^\s,@<>*]+\s*(,\s*|$))*", text):
        raise ValueError(
            "names people as ada@school.example or @school.example, several between commas"
        )
    return text


People = Annotated[str, AfterValidator(_people)]
Folder = Annotated[Path, AfterValidator(_folder)]
Place = Annotated[str, AfterValidator(_place)]
Address = Annotated[str, AfterValidator(_said)]


def _refuse_unknown(known: list[str]) -> None:
    """Raise SettingError for a variable that is called like ours and that nothing reads."""
    for name in os.environ:
        if name.upper().startswith(OURS) and name.upper() not in (*known, *BESIDE):
            ours = ", ".join(n for n in known if n.startswith(OURS))
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
    scheduler_address: Address | None = Field(
        None,
        validation_alias="DASK_SCHEDULER_ADDRESS",
        description="a Dask scheduler to use instead of workers on this machine",
    )
    most_runs: int = Field(
        10,
        ge=1,
        validation_alias="MNIST_LAB_MOST_RUNS",
        description="how many runs and sweeps a visitor over the network may have waiting or "
        "training at once",
    )
    most_epochs: int = Field(
        500,
        ge=1,
        validation_alias="MNIST_LAB_MOST_EPOCHS",
        description="how many epochs a visitor over the network may ask for at once",
    )
    most_trials: int = Field(
        500,
        ge=1,
        validation_alias="MNIST_LAB_MOST_TRIALS",
        description="how many trials a sweep of a visitor over the network may have",
    )
    most_gb: float = Field(
        2,
        gt=0,
        allow_inf_nan=False,
        validation_alias="MNIST_LAB_MOST_GB",
        description="how many GB the runs and own digits of a visitor over the network may take",
    )
    free_gb: float = Field(
        1,
        ge=0,
        allow_inf_nan=False,
        validation_alias="MNIST_LAB_FREE_GB",
        description="how many GB of the disk visitors over the network leave free",
    )
    may_look: People = Field(
        "",
        validation_alias="MNIST_LAB_MAY_LOOK",
        description="who of those who log in may look; all if nobody is named",
    )
    may_train: People = Field(
        "",
        validation_alias="MNIST_LAB_MAY_TRAIN",
        description="who of those who log in may train, too; all who may look if nobody is named",
    )
    may_administer: People = Field(
        "",
        validation_alias="MNIST_LAB_MAY_ADMINISTER",
        description="who of those who log in may change what others made, and sees the status",
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
            given = _hidden(repr(wrong["input"]))
            raise SettingError(f"{wrong['loc'][0]} = {given}: {said}") from None
        if _same_database(self.store_uri, self.studies_uri):
            name = "OPTUNA_STORAGE" if self.optuna_storage else "MLFLOW_TRACKING_URI"
            raise SettingError(
                f"{name} = {place(self.studies_uri)!r}: runs and studies need a database each"
            )

    @property
    def downloads(self) -> Path:
        return self.home / "data"

    @property
    def roots(self) -> list[Path]:
        """Where data sets are looked for: the folder that MNIST_LAB_DATA names, then downloads."""
        return [root for root in (self.data, self.downloads) if root is not None]

    @property
    def store_uri(self) -> str:
        return self.tracking_uri or sqlite_url(self.home / "runs.db")

    @property
    def studies_uri(self) -> str:
        return self.optuna_storage or sqlite_url(self.home / "studies.db")
