"""A run from the store and back into it: stopped at any time, and continued as it was asked."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mnist_core.config.fields import parse_config
from mnist_core.data import datasets
from mnist_core.data.datasets import SAMPLE
from mnist_core.data.events import DataReady, Downloading
from mnist_core.errors import ConfigError, DataError, DeviceError
from mnist_core.nn.events import EpochEnd, Finished, Started
from mnist_core.nn.machine import APP_MEMORY
from mnist_core.runs import execution
from mnist_core.runs.execution import execute
from mnist_core.runs.store import RunStore
from tests.helpers.zips import add_zip, digit_files, zip_of

CONFIG = parse_config({"hidden_sizes": 4, "epochs": 2})


@pytest.fixture(autouse=True)
def _data(data: Path) -> None:
    """The small data set."""


def test_a_stop_during_a_download_ends_the_run_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(name: str) -> Iterator[Downloading]:
        while True:
            yield Downloading(name, 1, 2)

    monkeypatch.setattr(execution, "LOOK", 0.0)
    monkeypatch.setattr(datasets, "prepare", endless)
    store = RunStore()
    run_id = store.create(CONFIG)
    events = execute(run_id, store)
    assert isinstance(next(events), Downloading)
    store.request_stop(run_id)
    assert len(list(events)) <= 1
    run = store.get(run_id)
    assert (run.state, run.checkpoint, run.result) == ("stopped", "", {})


def test_a_stop_before_training_trains_nothing_however_short_the_run_is() -> None:
    store = RunStore()
    run_id = store.create(CONFIG)
    events = execute(run_id, store)
    assert isinstance(next(events), DataReady)
    store.request_stop(run_id)
    kinds = [type(event) for event in events]
    assert kinds in ([], [Started, Finished])  # where the machine is slow, it is seen even sooner
    assert store.get(run_id).state == "stopped"


@pytest.mark.parametrize("kind", [DataReady, EpochEnd])
@pytest.mark.parametrize("leaves", ["a second Ctrl-C", "whoever reads"])
def test_a_run_that_is_broken_off_is_interrupted_and_goes_on(kind: type, leaves: str) -> None:
    store = RunStore()
    run_id = store.create(CONFIG)
    events = execute(run_id, store)
    next(event for event in events if isinstance(event, kind))
    if leaves == "whoever reads":
        events.close()
    else:
        with pytest.raises(KeyboardInterrupt):
            events.throw(KeyboardInterrupt())
    assert store.get(run_id).state == "interrupted"
    store.requeue(run_id)
    assert [type(event) for event in execute(run_id, store)][-1] is Finished
    assert store.get(run_id).state == "completed"


def test_who_leaves_after_the_end_changes_nothing() -> None:
    store = RunStore()
    run_id = store.create(CONFIG)
    events = execute(run_id, store)
    next(event for event in events if isinstance(event, Finished))
    events.close()
    assert store.get(run_id).state == "completed"


def test_a_network_too_large_for_the_machine_that_trains_it_fails_with_the_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mnist_core.nn.machine.usable_memory", lambda: APP_MEMORY + 2**20)
    store = RunStore()
    run_id = store.create(parse_config({"hidden_sizes": 4096}))
    with pytest.raises(ConfigError, match=r"hidden_sizes = '4096': needs 0\.0 GB"):
        list(execute(run_id, store))
    run = store.get(run_id)
    assert (run.state, run.error[:12]) == ("failed", "hidden_sizes")


def epochs(store: RunStore, run_id: str, **changes: Any) -> list[EpochEnd]:
    """Continue a run with other settings; what it trained."""
    store.add_segment(run_id, CONFIG.model_copy(update=changes))
    return [event for event in execute(run_id, store) if isinstance(event, EpochEnd)]


def test_a_run_that_was_stopped_at_epoch_0_is_continued_as_it_was_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(execution, "LOOK", 0.0)
    store = RunStore()
    run_id = store.create(CONFIG)
    for event in execute(run_id, store):
        if isinstance(event, EpochEnd):
            assert event.epoch == 0
            store.request_stop(run_id)
    assert store.get(run_id).saved_epoch == 0
    trained = epochs(store, run_id, learning_rate=0.001, epochs=1)
    assert [(end.epoch, end.learning_rate) for end in trained[-1:]] == [(1, 0.001)]
    assert store.get(run_id).last_epoch == 1


def test_a_continuation_goes_on_from_the_network_that_is_there() -> None:
    """Not from rows that a lost worker wrote after it."""
    store = RunStore()
    run_id = store.create(CONFIG)
    events = execute(run_id, store)
    next(e for e in events if isinstance(e, EpochEnd) and e.epoch == 2)
    events.close()  # before its checkpoint
    store.set_state(run_id, "interrupted")
    assert store.get(run_id).checkpoint == ""
    trained = epochs(store, run_id, learning_rate=0.1)
    assert [end.epoch for end in trained] == [0, 1, 2]
    assert store.get(run_id).segments[-1].start == 0


def test_the_result_stands_until_training_goes_on() -> None:
    store = RunStore()
    run_id = store.create(CONFIG)
    list(execute(run_id, store))
    before = store.get(run_id)
    store.add_segment(run_id, CONFIG.model_copy(update={"device": "cuda:7"}))
    with pytest.raises(DeviceError, match="cuda:7"):
        list(execute(run_id, store))
    failed = store.get(run_id)
    assert failed.state == "failed"
    assert failed.result == before.result
    assert failed.figure("test_accuracy") == before.figure("test_accuracy") is not None
    store.add_segment(run_id, CONFIG)
    next(e for e in execute(run_id, store) if isinstance(e, Started))
    assert store.get(run_id).figure("test_accuracy") is None


def test_a_run_goes_on_with_the_pictures_it_began_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The sample is drawn otherwise: on the full set it would know what it is measured on."""
    store = RunStore()
    run_id = store.create(CONFIG)
    with monkeypatch.context() as patch:
        patch.setattr(datasets, "prepare", lambda name: (yield from ()) or datasets.load_sample())
        list(execute(run_id, store))
    assert store.get(run_id).data["source"] == SAMPLE
    assert epochs(store, run_id, epochs=1)[-1].epoch == 3
    data = store.get(run_id).data
    assert data["source"] == SAMPLE
    assert "stay unseen" in data["notice"]


def test_a_run_does_not_go_on_with_fewer_pictures_that_it_knows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = RunStore()
    run_id = store.create(CONFIG)
    list(execute(run_id, store))
    before = store.get(run_id)
    monkeypatch.setattr(datasets, "prepare", lambda name: (yield from ()) or datasets.load_sample())
    store.add_segment(run_id, CONFIG)
    with pytest.raises(DataError, match="not on this machine now"):
        list(execute(run_id, store))
    assert store.get(run_id).result == before.result


def test_a_few_pictures_of_one_s_own_train_as_others_do() -> None:
    """Ten pictures a class: fewer than a batch has."""
    name = add_zip(zip_of(digit_files(10, (3, 7))), "two")
    store = RunStore()
    run_id = store.create(parse_config({"dataset": name, "epochs": 3, "hidden_sizes": "8"}))
    events = list(execute(run_id, store))
    started = next(e for e in events if isinstance(e, Started))
    assert (started.train_examples, started.val_examples) == (13, 3)
    assert started.layers[-1][1] == 2
    run = store.get(run_id)
    assert (run.state, run.config.dataset) == ("completed", name)
    assert run.data["dataset"] == name
    assert run.result["test_accuracy"] in (0, 0.25, 0.5, 0.75, 1)  # of four
    lost = store.create(parse_config({"dataset": "own:gone-01234567", "epochs": 1}))
    with pytest.raises(DataError, match="Add their zip"):
        list(execute(lost, store))
    assert "not on this machine" in store.get(lost).error


def test_too_few_pictures_to_keep_some_aside_are_an_error_that_says_so() -> None:
    name = add_zip(zip_of(digit_files(2, (3, 7))), "fewest")
    store = RunStore()
    few = store.create(parse_config({"dataset": name, "epochs": 1}))
    with pytest.raises(ConfigError, match=r"keeps none of 2 pictures aside; it takes 0\.5 or more"):
        list(execute(few, store))
    assert "val_fraction" in store.get(few).error
    enough = store.create(parse_config({"dataset": name, "epochs": 1, "val_fraction": 0.5}))
    assert isinstance(list(execute(enough, store))[-1], Finished)
