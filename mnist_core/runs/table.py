"""Runs as flat rows, for a table on the screen, a CSV file or a JSON file."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from mnist_core.config.fields import FIELDS, format_sizes
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
    """Column name -> one value a run; the configuration is that of the run's latest segment."""
    columns = {name: [value(run) for run in runs] for name, value in COLUMNS.items()}
    for name, spec in FIELDS.items():
        values = [getattr(run.config, name) for run in runs]
        columns[name] = [format_sizes(v) for v in values] if spec.kind == "sizes" else values
    return columns


def to_csv(runs: Sequence[Run]) -> str:
    """A header and one line a run; what a run does not have is empty, times are ISO 8601."""
    columns = {"id": [run.id for run in runs], **table(runs)}
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(columns)
    for row in zip(*columns.values(), strict=True):
        writer.writerow([v.isoformat() if isinstance(v, datetime) else v for v in row])
    return file.getvalue()


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
                {"start": s.start, "config": s.config.model_dump(mode="json")} for s in run.segments
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
