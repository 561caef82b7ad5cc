"""How MLflow's runs hold ours: every tag and parameter is written and read here alone."""

import json
import math
import sys
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from mlflow.entities import Param, RunTag
from mlflow.entities import Run as MlflowRun

from mnist_core.config.fields import format_sizes
from mnist_core.config.train import TrainConfig
from mnist_core.errors import ConfigError, Problem, StoreError
from mnist_core.runs.records import (
    MAX_LABEL,
    MAX_LABELS,
    Run,
    Segment,
    State,
    Trial,
    UnreadableRun,
    check_line,
)

TAG = "mnist_lab."
NOTE = "mlflow.note.content"  # `mlflow ui` shows it as the run's description
SEGMENT, RESTART = "segment.", "restart."  # tags with a number; one for all could outgrow a tag

MAX_VALUE = 8000  # characters of a tag: what is longer, MLflow cuts without an error

# What `mlflow ui` shows for each of our states.
MLFLOW_STATUS: dict[State, str] = {
    "queued": "SCHEDULED",
    "running": "RUNNING",
    "completed": "FINISHED",
    "stopped": "FINISHED",
    "diverged": "FINISHED",
    "failed": "FAILED",
    "interrupted": "KILLED",
}
FOREIGN = "another program logged it here; `mlflow ui` shows it. It can be deleted"
DAMAGED = (
    "its record is damaged, or of another version of MNIST Lab ({}). Open it with the version "
    "that made it, or delete it"
)


def checked(tags: Mapping[str, str]) -> dict[str, str]:
    """MLflow's tags for ours.

    Raises:
        StoreError: one is longer than MLflow keeps.
    """
    for name, value in tags.items():
        if len(value) > MAX_VALUE:
            raise StoreError(
                f"{name} of a run would have {len(value):,} characters; MLflow keeps {MAX_VALUE:,}"
            )
    return {TAG + name: value for name, value in tags.items()}


def tags(**values: str) -> list[RunTag]:
    """Tags to write, see ``checked``."""
    return [RunTag(key, value) for key, value in checked(values).items()]


def tags_of(
    config: TrainConfig,
    *,
    state: State,
    owner: str,
    queued: float,
    origin: str,
    trial: Trial | None = None,
) -> dict[str, str]:
    """The tags with which a run begins."""
    begun = {
        "state": state,
        "queued": repr(queued),
        "owner": owner,
        "origin": origin,
        f"{SEGMENT}0": segment_json(Segment(0, config)),
    }
    if trial is not None:
        labels = json.dumps([trial.study[:MAX_LABEL]])
        begun |= {"study": trial.study, "trial": str(trial.number), "labels": labels}
    return checked(begun)


def params_of(config: TrainConfig) -> list[Param]:
    """A configuration as ``mlflow ui`` shows it beside the run."""
    values = {**config.model_dump(), "hidden_sizes": format_sizes(config.hidden_sizes)}
    return [Param(key, str(value)) for key, value in values.items()]


def labels_json(labels: Iterable[str]) -> str:
    """A person's tags as the text of one of MLflow's.

    Raises:
        ConfigError: one is empty or too long, or they are too many.
    """
    words = list(dict.fromkeys(label.strip() for label in labels))
    for word in words:
        check_line("tag", word, 1, MAX_LABEL)
    if len(words) > MAX_LABELS:
        raise ConfigError([Problem("tags", len(words), f"must be at most {MAX_LABELS}")])
    return json.dumps(words, ensure_ascii=False)


def segment_json(segment: Segment) -> str:
    """A segment as the text of a tag."""
    return json.dumps({"start": segment.start, "config": segment.config.model_dump()})


def number(value: float) -> float:
    """A metric's value as it was written: MLflow keeps infinity as the largest number there is."""
    return math.copysign(math.inf, value) if abs(value) >= sys.float_info.max else value


def read_run(run: MlflowRun) -> Run | UnreadableRun:
    """One of MLflow's runs as ours, or why it is none that can be read."""
    held = {k.removeprefix(TAG): v for k, v in run.data.tags.items() if k.startswith(TAG)}
    name = run.info.run_name or run.info.run_id
    if "state" not in held:
        return UnreadableRun(run.info.run_id, name, FOREIGN)
    try:
        return _read(run, name, held)
    except (LookupError, ValueError, TypeError, AttributeError, ConfigError) as error:
        what = " ".join(str(error).split())
        return UnreadableRun(run.info.run_id, name, DAMAGED.format(what))


def _read(run: MlflowRun, name: str, held: Mapping[str, str]) -> Run:
    if held["state"] not in get_args(State):
        raise ValueError(f"its state is {held['state']!r}")
    return Run(
        id=run.info.run_id,
        name=name,
        state=held["state"],  # type: ignore[arg-type]  # it is one, as was just seen
        segments=_segments(held),
        created=run.info.start_time / 1000,
        started=_object(held, "started"),
        progress=_object(held, "progress"),
        result=_object(held, "result"),
        data=_object(held, "data"),
        error=held.get("error", ""),
        owner=held.get("owner", ""),
        stop_requested="stop" in held,
        checkpoint=held.get("checkpoint", ""),
        metrics={key: number(value) for key, value in run.data.metrics.items()},
        starred=bool(held.get("starred")),
        note=run.data.tags.get(NOTE, ""),
        tags=tuple(map(str, json.loads(held.get("labels", "[]")))),
        queued=float(held.get("queued", run.info.start_time / 1000)),
        # Runs of 2026 have all restarts, and all segments, in one tag.
        restarts=tuple(json.loads(held.get("restarts", "[]")))
        + tuple(int(text) for text in numbered(held, RESTART)),
        study=held.get("study", ""),
        trial=int(held.get("trial", -1)),
        origin=held.get("origin", "fresh"),
        claim=held.get("claim", ""),
    )


def numbered(held: Mapping[str, str], kind: str) -> list[str]:
    """The values of the tags ``kind`` 0, 1, 2 ..., in order."""
    found = {int(key.removeprefix(kind)): held[key] for key in held if key.startswith(kind)}
    return [found[index] for index in sorted(found)]


def _segments(held: Mapping[str, str]) -> tuple[Segment, ...]:
    begun = dict(enumerate(json.loads(held.get("segments", "[]"))))
    for key, text in held.items():
        if key.startswith(SEGMENT):
            begun[int(key.removeprefix(SEGMENT))] = json.loads(text)
    if not begun:
        raise ValueError("it has no configuration")
    return tuple(
        Segment(int(begun[i]["start"]), TrainConfig(**begun[i]["config"])) for i in sorted(begun)
    )


def _object(held: Mapping[str, str], name: str) -> dict[str, Any]:
    """A tag that holds the fields of an event."""
    value = json.loads(held.get(name, "{}"))
    if not isinstance(value, dict):
        raise ValueError(f"{name} is no record")
    return value
