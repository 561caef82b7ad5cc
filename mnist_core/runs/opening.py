"""Opening a store: the experiment that holds our runs, and the place of their files."""

import contextlib
import logging
import sqlite3
from pathlib import Path

from mlflow.entities import Experiment

from mnist_core.runs.alone import alone
from mnist_core.runs.client import StoreClient
from mnist_core.settings import sqlite_file

EXPERIMENT = "mnist-lab"
ARTIFACTS = "artifacts"  # the folder of the runs' files, beside the database or in the home folder

log = logging.getLogger(__name__)


def open_experiment(client: StoreClient, home: Path) -> tuple[str, str | None]:
    """The id of our experiment, made if it is not there, and the root of its files.

    The root is None where MLflow alone knows it (a tracking server's, or somebody's own).
    """
    with alone(client.uri):
        path = sqlite_file(client.uri)
        if path is not None:
            _write_ahead(path)
        folder = (home if path is None else path.parent) / ARTIFACTS
        # A tracking server has its own place; all who share another database share the home folder.
        ours = None if client.uri.startswith("http") else folder.resolve().as_uri()
        found = client.find_experiment(EXPERIMENT) or _renamed(client, ours)
        if found is None:
            return client.create_experiment(EXPERIMENT, ours), ours
        experiment, known = str(found.experiment_id), str(found.artifact_location)
        revive(client, experiment)
        if ours is None or known == ours or not known.endswith(f"/{ARTIFACTS}"):
            return experiment, ours if known == ours else None
        if path is not None:
            _move(path, experiment, ours)
            return experiment, ours
        # In a database that several machines share, the path stays what it was where it works.
        local = Path(known.removeprefix("file://")).is_dir()
        return experiment, None if local else ours


def _renamed(client: StoreClient, ours: str | None) -> Experiment | None:
    """Our experiment where somebody gave it another name: by the place of its files."""
    places = ((found, str(found.artifact_location)) for found in client.experiments())
    return next((found for found, place in places if ours is not None and place == ours), None)


def revive(client: StoreClient, experiment: str) -> None:
    """Bring an experiment back that was deleted, with its runs: its name stays taken for ever."""
    if client.experiment(experiment).lifecycle_stage != "active":
        client.restore_experiment(experiment)
        log.warning("the experiment %s was deleted and has been restored", EXPERIMENT)


def _write_ahead(path: Path) -> None:
    """Readers and a writer do not block each other in this mode.

    With six writers in SQLite's default mode the slowest of our writes took over a second.
    """
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")


def _move(path: Path, experiment: str, root: str) -> None:
    """Have the database say where the files are now: it was moved, or is a copy.

    We look beside the database whatever it says; ``mlflow ui`` does not, and MLflow has no call
    for this.
    """
    with contextlib.closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "UPDATE runs SET artifact_uri = ? || '/' || run_uuid || '/artifacts' "
            "WHERE experiment_id = ?",
            (root, int(experiment)),
        )
        connection.execute(
            "UPDATE experiments SET artifact_location = ? WHERE experiment_id = ?",
            (root, int(experiment)),
        )
