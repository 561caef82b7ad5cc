"""The environment variables."""

import re
from pathlib import Path

import optuna
import pytest
import torch
from platformdirs import user_data_path
from sqlalchemy.engine import make_url

from mnist_core.config.train import TrainConfig
from mnist_core.errors import SettingError, StoreError
from mnist_core.nn.state import TrainState
from mnist_core.runs.store import RunStore
from mnist_core.settings import Settings, place, sqlite_file, sqlite_url
from mnist_core.sweep.storage import open_storage

CPU = torch.device("cpu")
NAMES = [
    *("what?", "50%", "a%20b", "#1", "don't", '"b"', "jürgen", "{x}"),
    *("a+b=c&d", "$HOME", "user@host:1", "[1]", "~"),
]


def test_only_the_documented_names_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MNIST_LAB_HOME")
    monkeypatch.delenv("MNIST_LAB_DATA", raising=False)
    for name in ("HOME", "DATA"):  # the fields' own names, and somebody else's variables
        monkeypatch.setenv(name, "elsewhere")
    settings = Settings()
    assert settings.home == user_data_path("mnist-lab", appauthor=False)
    assert settings.home != Path("elsewhere")
    assert settings.data is None


@pytest.mark.parametrize(
    "name",
    ["MNIST_LAB_HOMES", "MNIST_LAB_DAT", "MNIST_LAB_FOLDER", "mnist_lab_path", "MNIST_LAB_"],
)
def test_a_variable_that_nothing_reads_is_said(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("MNIST_LAB_PENDIGITS", "elsewhere")  # benchmarks read it
    Settings()
    monkeypatch.setenv(name, "elsewhere")
    with pytest.raises(SettingError, match=f"{name} is set.*MNIST_LAB_HOME, MNIST_LAB_DATA"):
        Settings()


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_LAB_DATA", "")
    assert Settings().data is None


def test_a_tilde_is_the_users_home_in_every_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("MNIST_LAB_HOME", "~/lab")
    monkeypatch.setenv("MNIST_LAB_DATA", "~/pictures")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "~/mlruns")
    monkeypatch.setenv("OPTUNA_STORAGE", "sqlite:///~/studies.db")
    settings = Settings()
    assert settings.home == tmp_path / "lab"
    assert settings.data == tmp_path / "pictures"
    assert settings.store_uri == str(tmp_path / "mlruns")
    assert sqlite_file(settings.studies_uri) == tmp_path / "studies.db"
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    assert sqlite_file(Settings().store_uri) == tmp_path / "lab" / "runs.db"


def test_a_home_that_nobody_has_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_LAB_DATA", "~nobody-of-this-name/data")
    with pytest.raises(SettingError, match=r"MNIST_LAB_DATA = '~nobody-of.*no such user"):
        Settings()


@pytest.mark.parametrize("name", ["MNIST_LAB_HOME", "MNIST_LAB_DATA"])
def test_what_can_be_no_folder_is_named(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.touch()
    for value, said in (
        (str(file), f"{file} is no folder"),
        (str(file / "below"), f"{file} is no folder"),
        ("/" + "a" * 300, "too long"),
        ("file:///data", "is an address"),
        ("https://host/data", "is an address"),
        ("/caf\udce9", "UTF-8"),
        (f"'{tmp_path}'", "quotes around it"),
        ("$HOME/lab", "begins with a variable"),
        ("${HOME}/lab", "begins with a variable"),
        (r"%USERPROFILE%\lab", "begins with a variable"),
    ):
        monkeypatch.setenv(name, value)
        with pytest.raises(SettingError, match=f"{name} = .*{re.escape(said)}"):
            Settings()


@pytest.mark.parametrize(
    "name", ["MLFLOW_TRACKING_URI", "OPTUNA_STORAGE", "DASK_SCHEDULER_ADDRESS"]
)
def test_quotes_that_a_file_of_variables_keeps_are_said(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Docker's --env-file does: the runs were kept in a folder of that name."""
    monkeypatch.setenv(name, '"sqlite:////srv/runs.db"')
    with pytest.raises(SettingError, match=f"{name} = .*quotes around it"):
        Settings()


@pytest.mark.parametrize(
    "address", ["http://", "https:///path", "http://me:secret@host:port", "http://[::"]
)
def test_the_address_of_no_server_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    with pytest.raises(SettingError, match="MLFLOW_TRACKING_URI = ") as caught:
        Settings()
    assert "secret" not in str(caught.value)


def test_runs_and_studies_have_a_database_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    home = Settings().home
    for runs, studies, name in (
        ("postgresql+psycopg://me:secret@host/lab", "postgresql://you@host/lab", "OPTUNA_STORAGE"),
        (f"sqlite:///{tmp_path}/lab.db", "sqlite:///lab.db", "OPTUNA_STORAGE"),
        ("", f"sqlite:///{home}/runs.db", "OPTUNA_STORAGE"),
        (f"sqlite:///{home}/studies.db", "", "MLFLOW_TRACKING_URI"),
    ):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", runs)
        monkeypatch.setenv("OPTUNA_STORAGE", studies)
        with pytest.raises(SettingError, match=f"{name} = .*need a database each") as caught:
            Settings()
        assert "secret" not in str(caught.value)
    monkeypatch.setenv("OPTUNA_STORAGE", "postgresql://me@host/studies")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://me@host/runs")
    Settings()


@pytest.mark.parametrize("name", ["MLFLOW_TRACKING_URI", "OPTUNA_STORAGE"])
def test_an_address_that_cannot_be_read_is_said(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "postgresql://me:secret@host:port/lab")
    with pytest.raises(SettingError, match=f"{name} = .*is no address") as caught:
        Settings()
    assert "secret" not in str(caught.value)


def test_an_address_of_no_database_is_said_with_the_variable() -> None:
    with pytest.raises(StoreError, match="OPTUNA_STORAGE"):
        open_storage("postgres")


def test_a_database_with_tables_of_somebody_else_is_said(tmp_path: Path) -> None:
    address = sqlite_url(tmp_path / "lab.db")
    open_storage(address)
    with pytest.raises(StoreError, match=r"lab\.db"):
        RunStore(address)


def test_a_blank_home_is_no_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_LAB_HOME", "  ")
    with pytest.raises(SettingError, match="MNIST_LAB_HOME = '  ': names no folder"):
        Settings()


@pytest.mark.parametrize(
    "name", ["MLFLOW_TRACKING_URI", "OPTUNA_STORAGE", "DASK_SCHEDULER_ADDRESS"]
)
def test_a_blank_address_is_said(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, " \t")
    with pytest.raises(SettingError, match=f"{name} = .*: is blank"):
        Settings()


def test_a_tilde_leaves_the_rest_of_an_address_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("OPTUNA_STORAGE", "sqlite:///~/studies.db?timeout=30")
    url = make_url(Settings().studies_uri)
    assert url.database == str(tmp_path / "studies.db")
    assert url.query == {"timeout": "30"}
    for address in ("file:~/mlruns", "file://~/mlruns"):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
        assert Settings().store_uri == str(tmp_path / "mlruns")


def test_a_database_that_is_named_by_another_address_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for address in ("sqlite:///file:x?mode=memory&uri=true", "sqlite:///file:x.db?uri=true"):
        monkeypatch.setenv("OPTUNA_STORAGE", address)
        with pytest.raises(SettingError, match="name the file itself"):
            Settings()


def test_a_relative_home_is_below_the_folder_of_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MNIST_LAB_HOME", "lab")
    assert Settings().home == tmp_path / "lab"


@pytest.mark.parametrize(
    "address",
    ["https://host:5000", "postgresql://a:b%20c@host/runs", "sqlite:///elsewhere.db", "databricks"],
)
def test_addresses_stay_as_they_are(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, read in (
        ("MLFLOW_TRACKING_URI", "store_uri"),
        ("OPTUNA_STORAGE", "studies_uri"),
        ("DASK_SCHEDULER_ADDRESS", "scheduler_address"),
    ):
        monkeypatch.setenv(name, address)
        assert getattr(Settings(), read) == address
        monkeypatch.delenv(name)
    assert (sqlite_file(address) is None) == ("sqlite" not in address)


@pytest.mark.parametrize("address", ["sqlite://", "sqlite:///", "sqlite:///:memory:"])
def test_a_database_in_memory_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MLFLOW_TRACKING_URI", "OPTUNA_STORAGE"):
        monkeypatch.setenv(name, address)
        with pytest.raises(SettingError, match=f"{name} = '{address}'.*names no file"):
            Settings()
        monkeypatch.delenv(name)


def test_a_database_whose_driver_is_not_installed_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "mysql://me:secret@127.0.0.1:9/runs"
    for opened in (RunStore, open_storage):
        with pytest.raises(StoreError, match=r"mysql://me:\*\*\*@.*MySQLdb"):
            opened(address)


@pytest.mark.parametrize("name", [*NAMES, "a b"])
def test_a_database_is_where_its_name_says(name: str, tmp_path: Path) -> None:
    assert sqlite_file(sqlite_url(tmp_path / name / "runs.db")) == tmp_path / name / "runs.db"


def test_a_place_is_said_without_its_password() -> None:
    assert place("postgresql://me:secret@host/runs") == "postgresql://me:***@host/runs"
    assert place(sqlite_url(Path("/a b?/runs.db"))) == str(Path("/a b?/runs.db"))
    assert place("nonsense") == "nonsense"
    with pytest.raises(StoreError, match=r"me:\*\*\*@") as caught:
        open_storage("postgresql+psycopg://me:secret@127.0.0.1:9/studies")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", ["what? #1, 50%", "jürgen's {a%20b}"])
def test_everything_stays_inside_the_home(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    around = tmp_path / "around"
    home = around / name
    monkeypatch.setenv("MNIST_LAB_HOME", str(home))
    store = RunStore()
    config = TrainConfig()
    run = store.create(config)
    store.save_checkpoint(run, TrainState(config, 784, 10, CPU).checkpoint())
    assert RunStore().load_state(run, CPU) is not None
    optuna.create_study(study_name="study", storage=open_storage())
    assert optuna.get_all_study_names(open_storage()) == ["study"]
    assert [path.name for path in around.iterdir()] == [name]
    assert {"runs.db", "studies.db", "artifacts"} <= {path.name for path in home.iterdir()}
