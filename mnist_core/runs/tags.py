"""How MLflow's runs hold ours: every tag and parameter is written and read here alone."""

import json
import math
import re
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any, TypeVar, get_args

from mlflow.entities import Metric, Param, RunTag
from mlflow.entities import Run as MlflowRun
from pydantic import TypeAdapter, ValidationError

from mnist_core.config.fields import format_sizes
from mnist_core.config.knobs import Knobs
from mnist_core.config.texts import check_name
from mnist_core.config.train import TrainConfig
from mnist_core.data.events import DataReady, Downloading
from mnist_core.errors import ConfigError, Problem, StoreError
from mnist_core.nn.events import Finished, Progress, Started
from mnist_core.runs.records import (
    MAX_LABEL,
    MAX_LABELS,
    Change,
    Pupil,
    Run,
    Segment,
    State,
    Trial,
    UnreadableRun,
)
from mnist_core.runs.users import SERVER

T = TypeVar("T")

TAG = "mnist_lab."
EDITED = "edited"  # a metric, because MLflow compares tags with nothing but = and LIKE
NOTE = "mlflow.note.content"  # `mlflow ui` shows it as the run's description
# Tags with a number; one for all could outgrow a tag.
SEGMENT, RESTART, CHANGE = "segment.", "restart.", "change."

# What other tags hold, as JSON.
STARTED, RESULT, DATA = TypeAdapter(Started), TypeAdapter(Finished), TypeAdapter(DataReady)
PROGRESS: TypeAdapter[Progress | Downloading] = TypeAdapter(Progress | Downloading)
KNOBS, CHANGES = TypeAdapter(Knobs), TypeAdapter(Change)
LABELS, RESTARTS = TypeAdapter(tuple[str, ...]), TypeAdapter(tuple[int, ...])
CHECKPOINT = re.compile(r"checkpoints/epoch-\d+-\d+\.\w+")

END_OF_TIME = 253_402_300_800  # seconds from 1970 to the year 10,000
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
# What reading a record raises that somebody else wrote.
UNREADABLE = (
    *(LookupError, ValueError, TypeError, AttributeError),
    *(ArithmeticError, RecursionError, ConfigError),  # numbers beyond all numbers, JSON too deep
)
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


def edited() -> Metric:
    """The time, which other processes ask for: they look at this run again.

    It belongs to every change but those by which a run begins to wait or train, or ends.
    """
    now = time.time()
    return Metric(EDITED, now, int(now * 1000), 0)


def tags_of(
    config: TrainConfig,
    *,
    state: State,
    owner: str,
    queued: float,
    origin: str,
    trial: Trial | None = None,
    pupil: Pupil | None = None,
    user: str = SERVER,
    turn: int = 0,
    hidden: bool = False,
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
    if pupil is not None:
        begun |= {"assignment": pupil.assignment, "pupil": pupil.name}
    if user != SERVER:
        begun["user"] = user
    if turn:
        begun["turn"] = str(turn)
    if hidden:
        begun["hidden"] = "1"
    return checked(begun)


def params_of(config: TrainConfig) -> list[Param]:
    """A configuration as ``mlflow ui`` shows it beside the run."""
    values = {**config.model_dump(), "hidden_sizes": format_sizes(config.hidden_sizes)}
    return [Param(key, str(value)) for key, value in values.items()]


def labels_json(labels: Iterable[str]) -> str:
    """A person's tags as the text of one of MLflow's.

    Raises:
        ConfigError: one is empty, too long or not one line, or they are too many or, together, too
            long.
    """
    words = list(dict.fromkeys(label.strip() for label in labels))
    for word in words:
        check_name("tag", word, MAX_LABEL)
    if len(words) > MAX_LABELS:
        raise ConfigError([Problem("tags", len(words), f"must be at most {MAX_LABELS}")])
    text = json.dumps(words, ensure_ascii=False)
    if len(text) > MAX_VALUE:  # of many that are full of quotes, each of which is two characters
        allowed = f"must have at most {MAX_VALUE:,} characters together"
        raise ConfigError([Problem("tags", f"{len(text):,} characters", allowed)])
    return text


def segment_json(segment: Segment) -> str:
    """A segment as the text of a tag."""
    return json.dumps({"start": segment.start, "config": segment.config.model_dump()})


def change_json(change: Change) -> str:
    """A change as the text of a tag."""
    return json.dumps(asdict(change))


def knobs_json(knobs: Knobs) -> str:
    """What somebody asked a run to go on with, as the text of a tag."""
    return json.dumps(asdict(knobs))


def wanted_knobs(held: Mapping[str, str]) -> Knobs | None:
    """What a run was last asked to go on with, by its tags without ``TAG``; None if nothing.

    Raises:
        ValueError: the tag holds something else.
    """
    return _json(held["wanted"], "wanted", KNOBS) if "wanted" in held else None


def number(value: float) -> float:
    """A metric's value as it was written: MLflow keeps infinity as the largest number there is."""
    return math.copysign(math.inf, value) if abs(value) >= sys.float_info.max else value


def own_tags(held: Mapping[str, str]) -> dict[str, str]:
    """Our tags among MLflow's, without ``TAG`` before their names."""
    return {key.removeprefix(TAG): held[key] for key in held if key.startswith(TAG)}


def read_run(run: MlflowRun) -> Run | UnreadableRun:
    """One of MLflow's runs as ours, or why it is none that can be read."""
    held = own_tags(run.data.tags)
    name = run.info.run_name or run.info.run_id
    if "state" not in held:
        return UnreadableRun(run.info.run_id, name, FOREIGN)
    try:
        return _read(run, name, held)
    except UNREADABLE as error:
        what = " ".join(str(error).split())
        return UnreadableRun(run.info.run_id, name, DAMAGED.format(what))


def _read(run: MlflowRun, name: str, held: Mapping[str, str]) -> Run:
    if held["state"] not in get_args(State):
        raise ValueError(f"its state is {held['state']!r}")
    segments, wanted = _segments(held), wanted_knobs(held)
    return Run(
        id=run.info.run_id,
        name=name,
        state=held["state"],  # type: ignore[arg-type]  # it is one, as was just seen
        segments=segments,
        created=_time(run.info.start_time / 1000),
        started=_fields(held, "started", STARTED),
        progress=_fields(held, "progress", PROGRESS),
        result=_fields(held, "result", RESULT),
        data=_fields(held, "data", DATA),
        error=held.get("error", ""),
        owner=held.get("owner", ""),
        stop_requested="stop" in held,
        checkpoint=_checkpoint(held.get("checkpoint", "")),
        metrics={key: number(value) for key, value in run.data.metrics.items()},
        starred=bool(held.get("starred")),
        note=run.data.tags.get(NOTE, ""),
        tags=_json(held.get("labels", "[]"), "labels", LABELS),
        queued=_time(float(held.get("queued", run.info.start_time / 1000))),
        # Runs of 2026 have all restarts, and all segments, in one tag.
        restarts=_json(held.get("restarts", "[]"), "restarts", RESTARTS)
        + tuple(int(text) for text in numbered(held, RESTART)),
        study=held.get("study", ""),
        trial=int(held.get("trial", -1)),
        origin=held.get("origin", "fresh"),
        claim=held.get("claim", ""),
        pupil=Pupil(held["assignment"], held.get("pupil", "")) if "assignment" in held else None,
        wanted=None if wanted == Knobs.of(segments[-1].latest) else wanted,
        user=held.get("user", SERVER),
        hidden=bool(held.get("hidden")),
        turn=int(held.get("turn", 0)),
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
    segments = [
        Segment(int(begun[i]["start"]), TrainConfig(**begun[i]["config"])) for i in sorted(begun)
    ]
    for text in numbered(held, CHANGE):
        change = _json(text, "change", CHANGES)
        within = sum(s.start <= change.start for s in segments) - 1  # the last that had begun
        segment = segments[within]
        TrainConfig.model_validate(change.knobs.applied(segment.config).model_dump())  # its bounds
        segments[within] = replace(segment, changes=(*segment.changes, change))
    return tuple(segments)


def _fields(held: Mapping[str, str], name: str, kind: TypeAdapter[Any]) -> dict[str, Any]:
    """A tag that holds the fields of an event, each of its kind; empty if there is none yet."""
    return asdict(_json(held[name], name, kind)) if name in held else {}


def _json(text: str, name: str, kind: TypeAdapter[T]) -> T:
    """What a tag holds as JSON, without what a newer version may have added to it."""
    try:
        return kind.validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, (name, *first["loc"])))
        raise ValueError(f"{where}: {first['msg']}") from None


def _checkpoint(name: str) -> str:
    if name and not CHECKPOINT.fullmatch(name):
        raise ValueError(f"its checkpoint is called {name!r}")
    return name


def _time(seconds: float) -> float:
    """Seconds since 1970 that are a date."""
    if not 0 <= seconds < END_OF_TIME:
        raise ValueError(f"{seconds!r} seconds since 1970 are no date")
    return seconds
