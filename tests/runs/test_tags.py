"""How runs are held by MLflow: nothing is cut silently, and no record takes the others along."""

import json
import math

import pytest
from mlflow import MlflowClient

from mnist_core.config.fields import parse_config
from mnist_core.errors import ConfigError, StoreError
from mnist_core.runs.library import RunLibrary
from mnist_core.runs.records import MAX_LABELS, MAX_NAME
from mnist_core.runs.store import RunStore
from mnist_core.runs.tags import MAX_VALUE, TAG, number, tags

CONFIG = parse_config({"hidden_sizes": 4})
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
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_run_that_cannot_be_read_is_named_and_the_others_are_listed(kind: str) -> None:
    store = RunStore()
    good, bad = store.create(CONFIG, "good"), store.create(CONFIG, "bad")
    changes, said = DAMAGE[kind]
    client = MlflowClient(store.uri)
    for tag, value in changes.items():
        if value is None:
            client.delete_tag(bad, TAG + tag)
        else:
            client.set_tag(bad, TAG + tag, value)
    assert [run.id for run in store.newest()] == [run.id for run in store.active()] == [good]
    library = RunLibrary(store)
    assert [run.id for run in library.runs()] == [good]
    assert [run.id for run in library.runs()] == [good]  # the second look asks otherwise
    (unreadable,) = library.unreadable()
    assert (unreadable.id, unreadable.name) == (bad, "bad")
    assert said in unreadable.reason
    with pytest.raises(StoreError, match="'bad' cannot be read"):
        store.get(bad)
    library.delete([bad])
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
    with pytest.raises(ConfigError, match="at most 100"):
        library.set_tags(run_id, [*many, "one more"])
    store.set_state(run_id, "failed", "x" * 100_000)
    assert store.get(run_id).error.endswith("x…")


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
