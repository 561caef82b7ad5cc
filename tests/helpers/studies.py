"""Small studies."""

import contextlib
import sqlite3
from typing import Any

import torch
from optuna.storages import BaseStorage

from mnist_core.config.sweep import SweepConfig, parse_sweep
from mnist_core.data.resident import ResidentDataset
from mnist_core.settings import Settings, sqlite_file
from mnist_core.sweep.events import StudyEvent
from mnist_core.sweep.run import run_study
from mnist_core.sweep.study import load_study

CPU = torch.device("cpu")
BASE = {"epochs": 2, "learning_rate": 0.3, "batch_size": 50, "hidden_sizes": (8,)}
AXES = {"hidden_sizes": "4,8,16", "learning_rate": "0.01:1:log"}


def sweep(**changes: Any) -> SweepConfig:
    values: dict[str, Any] = {"name": "study", "base": BASE, "axes": AXES, "trials": 12}
    return parse_sweep({**values, **changes})


def run(config: SweepConfig, storage: BaseStorage, data: ResidentDataset) -> list[StudyEvent]:
    study, config = load_study(config.name, storage)
    return list(run_study(study, config, data, CPU))


def of(events: list[StudyEvent], kind: type) -> list[Any]:
    return [e for e in events if isinstance(e, kind)]


def states(name: str, storage: BaseStorage) -> list[str]:
    return [t.state.name for t in load_study(name, storage)[0].trials]


def change(statement: str) -> None:
    """Do something to the studies' database of the home folder that Optuna never does."""
    path = sqlite_file(Settings().studies_uri)
    assert path is not None
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        database.execute(statement)
