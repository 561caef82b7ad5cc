"""Runs as flat rows, for a table on the screen, a CSV file or a JSON file."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from mnist_core.config.fields import FIELDS, format_sizes
from mnist_core.config.texts import in_a_cell
from mnist_core.runs.records import Run

# In the order of the columns; the configuration's fields follow.
COLUMNS: dict[str, Callable[[Run], Any]] = {
    "starred": lambda run: run.starred,
    "name": lambda run: run.name,
    "state": lambda run: run.state,
    "best_val_accuracy": lambda run: run.figure("best_val_accuracy"),
    "val_accuracy": lambda run: run.figure("val_accuracy"),
    "test_accuracy": lambda run: run.figure("test_accuracy"),
    "seconds": lambda run: run.figure("seconds"),
    "parameters": lambda run: run.started.get("parameters"),
    "epoch": lambda run: run.result.get("epoch"),
    "tags": lambda run: ", ".join(run.tags),
    "note": lambda run: run.note,
    "created": lambda run: datetime.fromtimestamp(run.created, UTC).replace(microsecond=0),
}


def table(runs: Sequence[Run]) -> dict[str, list[Any]]:
    """Column name -> one value a run; settings are those of ``Run.setting``."""
    columns = {name: [value(run) for run in runs] for name, value in COLUMNS.items()}
    for name, spec in FIELDS.items():
        values = [run.setting(name) for run in runs]
        columns[name] = [format_sizes(v) for v in values] if spec.kind == "sizes" else values
    return columns


@dataclass(frozen=True)
class Trials:
    """What there is of a study among some runs, to be one row."""

    study: str
    runs: tuple[Run, ...]

    @property
    def best(self) -> Run:
        """The trial with the highest validation accuracy; the first where none has any."""
        return max(self.runs, key=lambda run: run.figure("best_val_accuracy") or -1.0)


def fold(runs: Sequence[Run]) -> list[Run | Trials]:
    """Runs in their order, but a study's trials as one entry, where the first of them stands."""
    studies: dict[str, list[Run]] = {}
    for run in runs:
        if run.study:
            studies.setdefault(run.study, []).append(run)
    folded: list[Run | Trials] = []
    for run in runs:
        trials = studies.get(run.study, [])
        if len(trials) < 2:
            folded.append(run)
        elif run is trials[0]:
            folded.append(Trials(run.study, tuple(trials)))
    return folded


def folded_table(rows: Sequence[Run | Trials]) -> dict[str, list[Any]]:
    """As ``table``; trials have the figures of their best, and nothing where settings differ."""
    columns = table([row.best if isinstance(row, Trials) else row for row in rows])
    for i, row in enumerate(rows):
        if not isinstance(row, Trials):
            continue
        columns["name"][i] = f"{row.study}: {len(row.runs):,} trials"
        active = next((run.state for run in row.runs if run.active), None)
        columns["state"][i] = active or columns["state"][i]
        columns["starred"][i] = any(run.starred for run in row.runs)
        columns["tags"][i] = columns["note"][i] = ""
        for name in FIELDS:
            if len({run.setting(name) for run in row.runs}) > 1:
                columns[name][i] = None
    return columns


def to_csv(runs: Sequence[Run]) -> bytes:
    """A header and one line a run; what a run does not have is empty, times are ISO 8601.

    A spreadsheet opens it as it is: UTF-8 with a mark, by which it is known, and a quote before a
    text that would be a formula.
    """
    columns = {"id": [run.id for run in runs], **table(runs)}
    cells = {name: [_cell(value) for value in values] for name, values in columns.items()}
    # As objects: whole numbers would become 12.0 in a column where one is missing.
    text: str = pd.DataFrame(cells, dtype=object).to_csv(index=False, lineterminator="\r\n")
    return text.encode("utf-8-sig")


def _cell(value: Any) -> Any:
    match value:
        case datetime():
            return value.isoformat()
        case str():
            return in_a_cell(value)
    return value


def to_json(runs: Sequence[Run], histories: Sequence[Sequence[dict[str, float]]]) -> str:
    """A list with all there is to know about each run, its rows under ``epochs``.

    Numbers that are none (the loss of a run that diverged) are ``null``, as JSON wants it.
    """
    entries = [
        {
            "id": run.id,
            "name": run.name,
            "state": run.state,
            "created": datetime.fromtimestamp(run.created, UTC).isoformat(),
            "starred": run.starred,
            "tags": run.tags,
            "note": run.note,
            "segments": [
                {
                    "start": s.start,
                    "config": s.config.model_dump(mode="json"),
                    "changes": [asdict(change) for change in s.changes],
                }
                for s in run.segments
            ],
            "data": run.data,
            "started": run.started,
            "result": run.result,
            "epochs": rows,
        }
        for run, rows in zip(runs, histories, strict=True)
    ]
    return json.dumps(_finite(entries), indent=1, allow_nan=False)


def _finite(value: Any) -> Any:
    match value:
        case float() if value != value or abs(value) == float("inf"):
            return None
        case dict():
            return {key: _finite(v) for key, v in value.items()}
        case list() | tuple():
            return [_finite(v) for v in value]
    return value
