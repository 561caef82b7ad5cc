"""A worker that is killed in mid-epoch: its run goes on by itself and says so."""

import os
import signal

import torch

from mnist_core.config.fields import parse_config
from mnist_core.data.datasets import load_dataset
from mnist_core.jobs.queue import JobQueue
from mnist_core.nn.events import EpochEnd
from mnist_core.nn.training import train
from mnist_core.runs.store import RunStore
from tests.helpers.gate import Gate
from tests.helpers.waiting import wait_until
from tests.helpers.workers import busy


def test_a_run_goes_on_after_its_worker_was_killed(gate: Gate, queue: JobQueue) -> None:
    config = parse_config({"epochs": 9, "optimizer": "adam"})
    gate.allow(4, checkpoints=2)
    store, run_id = queue.store, queue.start(config)
    wait_until(lambda: len(store.history(run_id)) == 5, "there are rows after the checkpoint")
    assert int(store.get(run_id).checkpoint.split("-")[1]) == 2
    worker = busy(queue, run_id)
    shown = store.history(run_id)
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: store.get(run_id).restarts, "the run goes on")
    assert store.get(run_id).restarts == (2,)
    gate.allow(7)
    wait_until(lambda: store.history(run_id)[-1]["epoch"] == 7, "it has got further")
    queue.stop(run_id)
    wait_until(lambda: not store.get(run_id).active, "it stops")

    rows = store.history(run_id)
    assert store.get(run_id).state == "stopped"
    assert rows[: len(shown)] == shown
    assert [row["epoch"] for row in rows] == list(range(len(rows)))
    steps = [m.step for m in store.client.metric(run_id, "val_loss")]
    assert steps == list(range(len(rows)))
    whole = [row for row in rows if row["fraction"] == 1]
    assert [row["val_loss"] for row in whole] == uninterrupted(config.model_dump(), len(whole))


def uninterrupted(settings: dict[str, object], rows: int) -> list[float]:
    """The validation losses of the same run, trained here in one go."""
    device = torch.device("cpu")
    data = load_dataset("mnist").to(device)
    losses: list[float] = []
    for event in train(parse_config(settings), data, device):
        if isinstance(event, EpochEnd):
            losses.append(event.val_loss)
            if len(losses) == rows:
                break
    return losses


def test_a_worker_that_comes_back_leaves_the_run_to_its_successor(
    gate: Gate, queue: JobQueue
) -> None:
    """It was away for so long that somebody else claimed the run: it must not write any more."""
    store = queue.store
    gate.allow(2)
    run_id = queue.start(parse_config({}))
    wait_until(lambda: len(store.history(run_id)) == 3, "it trains")
    store.claim(run_id)
    future = queue._futures[run_id]
    wait_until(future.done, "the first worker gives up")
    assert "another worker" in str(future.exception())
    assert store.get(run_id).error == ""


def test_a_run_whose_process_is_gone_is_found(queue: JobQueue) -> None:
    """On a host that is no more, under a name that was changed, in a container made anew."""
    store = RunStore()
    run_id = store.create(parse_config({}), owner="old-host:4880:1795676446")
    wait_until(lambda: store.get(run_id).state == "interrupted", "it is marked")


def test_a_run_that_the_scheduler_does_not_know_is_found(queue: JobQueue) -> None:
    run_id = queue.store.create(parse_config({}), owner=queue.owner)
    wait_until(lambda: queue.store.get(run_id).state == "interrupted", "it is marked")
