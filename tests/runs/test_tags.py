"""How runs are held by MLflow: nothing is cut silently, and no record takes the others along."""

import json
import math
import re
from dataclasses import asdict

import pytest
from mlflow import MlflowClient

from mnist_core.config.fields import parse_config
from mnist_core.config.knobs import Knobs
from mnist_core.data.events import Downloading
from mnist_core.errors import ConfigError, StoreError
from mnist_core.nn.events import Finished, Progress, Started
from mnist_core.runs.library import RunLibrary
from mnist_core.runs.records import MAX_LABELS, MAX_NAME
from mnist_core.runs.store import RunStore
from mnist_core.runs.tags import MAX_VALUE, TAG, number, tags

CONFIG = parse_config({"hidden_sizes": 4})
RESULT = asdict(Finished("completed", 3, 0.9, 0.9, 3, 0.9, 0.3, 1.5))
STARTED = asdict(Started(3190, ((784, 4), (4, 10)), 480, 120, 100, "cpu", 0, 3))
# What somebody did to a run's tags -> a part of what is said about it.
DAMAGE = {
    "no state": ({"state": None}, "another program"),
    "another state": ({"state": "dreaming"}, "dreaming"),
    "no settings": ({"segment.0": None}, "no configuration"),
    "cut settings": ({"segment.0": '{"start": 0, "config": {"hid'}, "damaged"),
    "settings of another shape": ({"segment.0": "[1, 2]"}, "damaged"),
    "settings out of bounds": (
        {"segment.0": json.dumps({"start": 0, "config": {"learning_rate": 1e9}})},
        "another version",
    ),
    "settings of a newer version": (
        {"segment.0": json.dumps({"start": 0, "config": {"attention_heads": 8}})},
        "another version",
    ),
    "no number": ({"queued": "yesterday"}, "yesterday"),
    "no record": ({"result": "[]"}, "result"),
    "no labels": ({"labels": "7"}, "damaged"),
    "labels that are one text": ({"labels": '"abc"'}, "labels"),
    "a text for a number": ({"result": json.dumps(RESULT | {"test_accuracy": "97 %"})}, "test_acc"),
    "nothing for a number": ({"result": json.dumps(RESULT | {"seconds": None})}, "seconds"),
    "another outcome": ({"result": json.dumps(RESULT | {"outcome": "dreamt"})}, "outcome"),
    "a number is missing": ({"result": '{"epoch": 3}'}, "outcome"),
    "sizes that are none": ({"started": json.dumps(STARTED | {"layers": "784"})}, "layers"),
    "a size that is a text": ({"started": json.dumps(STARTED | {"parameters": "many"})}, "param"),
    "progress of another kind": ({"progress": '{"share": 0.5}'}, "progress"),
    "data of another kind": ({"data": '{"dataset": 1, "source": "", "notice": ""}'}, "dataset"),
    "no checkpoint's name": ({"checkpoint": "model.pt"}, "model.pt"),
    "a path to elsewhere": ({"checkpoint": "checkpoints/../epoch-1-2.safetensors"}, "epoch-1-2"),
    "restarts that are texts": ({"restarts": '["a"]'}, "restarts"),
    "a restart that is none": ({"restart.0": "soon"}, "soon"),
    "a change that is none": ({"change.0": "soon"}, "change"),
    "a change of a text": (
        {"change.0": json.dumps({"start": 1, "knobs": {"learning_rate": "low"}})},
        "change.knobs",
    ),
    "a change before the beginning": (
        {"change.0": json.dumps({"start": -1, "knobs": asdict(Knobs.of(CONFIG))})},
        "change.start",
    ),
    "a wish of another kind": ({"wanted": "[0.1]"}, "wanted"),
    "a time that is none": ({"queued": "nan"}, "damaged"),
    "a time in another unit": ({"queued": "1.8e18"}, "damaged"),
    "a time without end": ({"queued": "inf"}, "damaged"),
    "JSON too deep to read": ({"segment.0": "[" * 8000}, "damaged"),
    "a start beyond all numbers": (
        {"segment.0": json.dumps({"start": 1, "config": {}}).replace("1", "1e999")},
        "damaged",
    ),
    "a number that is none": ({"result": json.dumps(RESULT | {"seconds": math.nan})}, "seconds"),
    "a share without end": ({"result": json.dumps(RESULT | {"val_accuracy": math.inf})}, "val_acc"),
    "a number beyond a table's": ({"result": json.dumps(RESULT | {"epoch": 10**40})}, "epoch"),
    "a size beyond a table's": ({"started": json.dumps(STARTED | {"parameters": 10**30})}, "param"),
    "no layers": ({"started": json.dumps(STARTED | {"layers": []})}, "layers"),
    "progress without end": (
        {"progress": json.dumps(asdict(Progress(1, 0.5, 9.0, math.inf)))},
        "seconds_left",
    ),
    "a download of less than nothing": (
        {"progress": json.dumps(asdict(Downloading("mnist", -5, 10)))},
        "progress",
    ),
}


def test_runs_that_cannot_be_read_are_named_and_the_others_are_listed() -> None:
    store = RunStore()
    good = store.create(CONFIG, "good")
    bad = {kind: store.create(CONFIG, kind) for kind in DAMAGE}
    client = MlflowClient(store.uri)
    for kind, (changes, _) in DAMAGE.items():
        for tag, value in changes.items():
            if value is None:
                client.delete_tag(bad[kind], TAG + tag)
            else:
                client.set_tag(bad[kind], TAG + tag, value)
    assert [run.id for run in store.newest()] == [run.id for run in store.active()] == [good]
    library = RunLibrary(store)
    assert [run.id for run in library.runs()] == [good]
    assert [run.id for run in library.runs()] == [good]  # the second look asks otherwise
    unreadable = {run.name: run for run in library.unreadable()}
    assert {kind: run.id for kind, run in unreadable.items()} == bad
    for kind, (_, said) in DAMAGE.items():
        assert said in unreadable[kind].reason, kind
        with pytest.raises(StoreError, match=re.escape(f"{kind!r} cannot be read")):
            store.get(bad[kind])
    library.delete(list(bad.values()))
    assert library.unreadable() == []


def test_a_run_that_a_notebook_logged_beside_ours_is_left_alone() -> None:
    store = RunStore()
    theirs = MlflowClient(store.uri).create_run(store.experiment, run_name="notebook").info.run_id
    library = RunLibrary(store)
    assert store.newest() == store.active() == library.runs() == []
    assert "another program" in library.unreadable()[0].reason
    assert MlflowClient(store.uri).get_run(theirs).info.lifecycle_stage == "active"


def test_what_is_too_long_is_refused_before_it_is_written() -> None:
    assert len(tags(error="x" * MAX_VALUE)) == 1
    with pytest.raises(StoreError, match="error of a run would have 8,001"):
        tags(error="x" * (MAX_VALUE + 1))
    store = RunStore()
    for name in ("", "x" * (MAX_NAME + 1)):
        with pytest.raises(ConfigError, match="1 to 250 characters"):
            store.create(CONFIG, name)
    assert store.newest() == []
    run_id = store.create(CONFIG)
    many = [f"{i:050d}" for i in range(MAX_LABELS)]
    library = RunLibrary(store)
    library.set_tags(run_id, many)
    assert store.get(run_id).tags == tuple(many)
    with pytest.raises(ConfigError, match="at most 8,000 characters together"):
        library.set_tags(run_id, ['"' * 48 + f"{i:02d}" for i in range(MAX_LABELS)])
    with pytest.raises(ConfigError, match="at most 100"):
        library.set_tags(run_id, [*many, "one more"])
    store.set_state(run_id, "failed", "x" * 100_000)
    assert store.get(run_id).error.endswith("x…")


def test_nobody_writes_what_is_not_seen_into_a_list() -> None:
    store, hidden = RunStore(), "two\nlines"
    for name in (hidden, " "):
        with pytest.raises(ConfigError, match="name = "):
            store.create(CONFIG, name)
    run_id = store.create(CONFIG)
    library = RunLibrary(store)
    for edit in (
        lambda: library.rename(run_id, hidden),
        lambda: library.set_tags(run_id, [hidden]),
        lambda: library.set_note(run_id, "\0"),
    ):
        with pytest.raises(ConfigError, match="control characters"):
            edit()


def test_an_error_may_hold_any_bytes() -> None:
    """A file's name need not be text."""
    store = RunStore()
    run_id = store.create(CONFIG)
    store.set_state(run_id, "failed", "/data/\udcff\0 is damaged")
    assert store.get(run_id).error == "/data/\\udcff\\0 is damaged"


def test_what_a_newer_version_adds_to_a_record_is_left_out() -> None:
    store = RunStore()
    run_id = store.create(CONFIG)
    values = {name: json.dumps(fields | {"new": [1]}) for name, fields in
              (("result", RESULT), ("started", STARTED))}  # fmt: skip
    store.client.log(run_id, tags=tags(**values))
    run = store.get(run_id)
    assert (run.result, run.started) == (RESULT, STARTED)
    assert run.figure("test_accuracy") == 0.9


def test_any_number_of_segments_is_kept() -> None:
    store = RunStore()
    run_id = store.create(CONFIG)
    for epoch in range(1, 31):
        store.client.log(run_id, tags=tags(checkpoint=f"checkpoints/epoch-{epoch:06d}-1.x"))
        store.set_state(run_id, "completed")
        store.add_segment(run_id, CONFIG.model_copy(update={"seed": epoch}))
    run = store.get(run_id)
    assert [s.start for s in run.segments] == list(range(31))
    assert [s.config.seed for s in run.segments] == list(range(31))


def test_infinity_comes_back_as_infinity() -> None:
    assert number(1.7976931348623157e308) == math.inf
    assert number(-1.7976931348623157e308) == -math.inf
    assert number(1e300) == 1e300
    assert math.isnan(number(math.nan))
