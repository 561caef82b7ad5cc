"""Where things are kept and where work is done: read from the environment, once a call."""

from pathlib import Path
from urllib.parse import unquote

from platformdirs import user_data_path
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """The environment variables this project reads. Empty ones count as not set."""

    model_config = SettingsConfigDict(env_ignore_empty=True)

    home: Path = Field(
        default_factory=lambda: user_data_path("mnist-lab", appauthor=False),
        validation_alias="MNIST_LAB_HOME",
        description="the folder for everything the app keeps: runs, downloads, personal digits",
    )
    data: Path | None = Field(
        None,
        validation_alias="MNIST_LAB_DATA",
        description="a folder with data sets in torchvision's layout, looked at first",
    )
    tracking_uri: str | None = Field(
        None,
        validation_alias="MLFLOW_TRACKING_URI",
        description="an MLflow store to use instead of SQLite in the home folder",
    )
    scheduler_address: str | None = Field(
        None,
        validation_alias="DASK_SCHEDULER_ADDRESS",
        description="a Dask scheduler to use instead of workers on this machine",
    )
    optuna_storage: str | None = Field(
        None,
        validation_alias="OPTUNA_STORAGE",
        description="a database for studies to use instead of SQLite in the home folder",
    )

    @property
    def downloads(self) -> Path:
        return self.home / "data"

    @property
    def store_uri(self) -> str:
        return self.tracking_uri or _sqlite(self.home / "runs.db")

    @property
    def studies_uri(self) -> str:
        return self.optuna_storage or _sqlite(self.home / "studies.db")


SQLITE = "sqlite:///"


def _sqlite(file: Path) -> str:
    """A database file's address, in which some characters of a path would mean something else."""
    path = str(file)
    for character in "%?#":  # the first one first: the others' codes begin with it
        path = path.replace(character, f"%{ord(character):X}")
    return SQLITE + path


def sqlite_file(uri: str) -> Path | None:
    """The file of a SQLite database's address; None for any other."""
    return Path(unquote(uri.removeprefix(SQLITE))) if uri.startswith(SQLITE) else None
