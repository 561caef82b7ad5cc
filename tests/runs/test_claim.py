"""Who no longer has the right to train a run changes nothing of it any more."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from mnist_core.config.fields import parse_config
from mnist_core.config.knobs import Knobs
from mnist_core.config.train import TrainConfig
from mnist_core.data.events import DataReady, Downloading
from mnist_core.errors import SupersededError
from mnist_core.nn.events import EpochEnd, Finished, Progress, Started
from mnist_core.nn.state import TrainState
from mnist_core.runs.claim import ATTACHMENTS, CHECKPOINTS, Claim
from mnist_core.runs.execution import execute
from mnist_core.runs.records import Change
from mnist_core.runs.store import RunStore

CPU = torch.device("cpu")
CONFIG = parse_config({"hidden_sizes": 4})
STATE = TrainState(CONFIG, 16, 4, CPU)
STARTED = Started(10, ((16, 4),), 1, 1, 1, "cpu", 3, 5)
ROW = EpochEnd(1, 0.5, 0.5, 0.5, 0.5, 0.1, 1.0, 1.0)
END = Finished("completed", 1, 0.5, 0.5, 1, 0.5, 0.5, 1.0)

VERBS: dict[str, Callable[[Claim], object]] = {
    "asked": lambda claim: claim.asked(),
    "download": lambda claim: claim.progress(Downloading("mnist", 1, 2)),
    "progress": lambda claim: claim.progress(Progress(1, 0.5, 1.0, 1.0)),
    "data": lambda claim: claim.data(DataReady("mnist", "here", "")),
    "started": lambda claim: claim.started(STARTED),
    "change": lambda claim: claim.change(Change(1, Knobs.of(CONFIG))),
    "rows": lambda claim: claim.rows([ROW], 0.5),
    "save": lambda claim: claim.save(STATE),
    "attach": lambda claim: claim.attach("file", b"content"),
    "finish": lambda claim: claim.finish(END),
    "end": lambda claim: claim.end("failed", "no memory"),
}


def everything(store: RunStore, run_id: str) -> object:
    """All that is kept of a run."""
    run = store.client.run(run_id)
    names = [store.files.names(run_id, folder) for folder in (CHECKPOINTS, ATTACHMENTS)]
    return run.data.tags, run.data.metrics, run.data.params, run.info.status, names


def claimed_by_another(store: RunStore, run_id: str) -> None:
    store.claim(run_id).save(STATE)


def given_up(store: RunStore, run_id: str) -> None:
    assert store.give_up(store.get(run_id))


def resumed(store: RunStore, run_id: str) -> None:
    store.set_state(run_id, "interrupted")
    store.requeue(run_id)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> RunStore:
    return RunStore(f"sqlite:///{tmp_path_factory.mktemp('store') / 'runs.db'}")


@pytest.mark.parametrize("happened", [claimed_by_another, given_up, resumed])
@pytest.mark.parametrize("verb", VERBS)
def test_a_superseded_worker_changes_nothing(
    shared: RunStore, verb: str, happened: Callable[[RunStore, str], None]
) -> None:
    run_id = shared.create(CONFIG)
    claim = shared.claim(run_id)
    happened(shared, run_id)
    before = everything(shared, run_id)
    with pytest.raises(SupersededError):
        VERBS[verb](claim)
    assert everything(shared, run_id) == before


@pytest.mark.parametrize("verb", VERBS)
def test_whoever_has_the_claim_may(shared: RunStore, verb: str) -> None:
    VERBS[verb](shared.claim(shared.create(CONFIG)))


def test_an_error_of_a_superseded_worker_does_not_end_the_run(
    small_mnist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_LAB_DATA", str(small_mnist))
    store = RunStore()
    run_id = store.create(TrainConfig(hidden_sizes=(4,)))
    events = execute(run_id, store)
    next(events)
    store.claim(run_id)
    with pytest.raises(MemoryError) as caught:
        events.throw(MemoryError("no memory"))  # type: ignore[attr-defined]
    assert "another worker" in caught.value.__notes__[0]
    assert (store.get(run_id).state, store.get(run_id).error) == ("running", "")


def test_giving_up_what_has_changed_since_it_was_read_does_nothing(shared: RunStore) -> None:
    run_id = shared.create(CONFIG)
    seen = shared.get(run_id)
    claim = shared.claim(run_id)
    assert not shared.give_up(seen)
    claim.end("stopped")
    assert shared.get(run_id).state == "stopped"


def test_any_number_of_restarts_is_kept(shared: RunStore) -> None:
    run_id = shared.create(CONFIG)
    shared.claim(run_id).started(STARTED)
    for _ in range(12):
        shared.claim(run_id).started(STARTED)
    assert shared.get(run_id).restarts == (3,) * 12
