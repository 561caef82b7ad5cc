"""What dies in the middle of each kind of job, and what was promised then; see docs/faults.md."""

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mnist_core.config.axes import parse_axis
from mnist_core.config.fields import parse_config
from mnist_core.config.measuring import Plan
from mnist_core.config.sweep import parse_sweep
from mnist_core.data.adding import Wish, add
from mnist_core.data.own import own_titles
from mnist_core.drawing.my_digits import MyDigit, MyDigits
from mnist_core.errors import DataError, DrawingError
from mnist_core.jobs.measuring import Measurer
from mnist_core.jobs.queue import JobQueue
from mnist_core.jobs.studies import StudyQueue
from mnist_core.jobs.teaching import EPOCHS, teach
from mnist_core.runs.library import RunLibrary
from mnist_core.runs.own_digits import OWN_DIGITS
from mnist_core.runs.store import RunStore
from tests.helpers.disk import fill, small_disk
from tests.helpers.gate import Gate
from tests.helpers.measurements import DOUBLE, ONE
from tests.helpers.waiting import wait_until
from tests.helpers.workers import busy, workers_of
from tests.helpers.zips import png, zip_of

SEVEN = MyDigit.new(7, np.eye(28, dtype=np.float32))


@contextlib.contextmanager
def full_disk(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home on a disk of its own; its filler is in the way from then on that ``fill`` made it."""
    with small_disk(place, 64) as disk:
        monkeypatch.setenv("MNIST_LAB_HOME", str(disk / "home"))
        yield disk


def test_teaching_goes_on_after_its_worker_was_killed(gate: Gate, queue: JobQueue) -> None:
    store = queue.store
    base = queue.start(parse_config({"epochs": 1}))
    wait_until(lambda: store.get(base).state == "completed", "there is a network to teach")
    gate.allow(3, checkpoints=2)
    run_id = teach(queue, base, [SEVEN] * 3)
    wait_until(lambda: len(store.history(run_id)) == 4, "it is being taught")
    before = store.history(run_id)
    os.kill(busy(queue, run_id), signal.SIGKILL)
    wait_until(lambda: store.get(run_id).restarts, "it goes on")
    gate.open()
    wait_until(lambda: not store.get(run_id).active, "it ends")
    run = store.get(run_id)
    assert (run.state, run.restarts) == ("completed", (2,))
    rows = store.history(run_id)
    assert rows[: len(before)] == before
    assert [row["epoch"] for row in rows] == list(range(EPOCHS + 1))
    assert store.attached(run_id, OWN_DIGITS) is not None
    assert store.get(base).state == "completed"


def test_a_study_goes_on_after_its_worker_was_killed(gate: Gate, queue: JobQueue) -> None:
    studies = StudyQueue(lambda: queue)
    axes = [parse_axis("learning_rate", ",".join(f"0.{digits:02}" for digits in range(1, 9)))]
    gate.allow(1)
    studies.start(parse_sweep({"name": "one", "base": parse_config({"epochs": 3}), "axes": axes}))
    wait_until(lambda: len(studies.look("one").curves) == 8, "they train")
    for pid in workers_of(queue).values():
        os.kill(pid, signal.SIGKILL)
    gate.open()
    wait_until(lambda: not studies.look("one").active, "it ends")
    view = studies.look("one")
    assert (view.state, view.done) == ("completed", 8)
    assert len({row["learning_rate"] for row in view.rows}) == 8
    ended = [run for run in queue.store.newest() if run.state == "completed"]
    assert len({run.trial for run in ended}) == len(ended) == 8


def measuring(queue: JobQueue) -> Measurer:
    """In the middle of a measurement."""
    measurer = Measurer(lambda: queue, StudyQueue(lambda: queue).training)
    measurer.start(Plan(values=(4, 8), pictures=100, settings=(ONE, DOUBLE), repeats=10))
    wait_until(lambda: measurer.now is not None and measurer.now.done >= 2, "some is measured")
    return measurer


def test_a_measurement_keeps_what_was_measured_when_its_worker_is_killed(queue: JobQueue) -> None:
    measurer = measuring(queue)
    for pid in workers_of(queue).values():
        os.kill(pid, signal.SIGKILL)
    done = measurer.now.done if measurer.now is not None else 0
    wait_until(lambda: measurer.now is None or measurer.now.done > done, "it goes on or ends")
    measurer.stop()
    wait_until(lambda: measurer.now is None, "it has ended")
    ((found,), problems) = measurer.kept.all()
    assert problems == []
    assert found.done >= 2


def test_a_data_file_that_is_cut_while_a_run_trains_is_named_by_the_next(
    gate: Gate, queue: JobQueue, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = queue.store
    gate.allow(1)
    run_id = queue.start(parse_config({"epochs": 3}))
    wait_until(lambda: len(store.history(run_id)) == 2, "it trains")
    file = next(data.rglob("train-images-idx3-ubyte"))
    whole = file.read_bytes()
    try:
        os.truncate(file, len(whole) // 2)
        gate.open()
        wait_until(lambda: not store.get(run_id).active, "it ends")
        assert store.get(run_id).state == "completed"  # its pictures are in memory
        for pid in workers_of(queue).values():
            os.kill(pid, signal.SIGKILL)  # a worker keeps them for the next
        other = queue.start(parse_config({"epochs": 1}))
        wait_until(lambda: not store.get(other).active, "it ends")
        assert store.get(other).state == "failed"
        assert str(file) in store.get(other).error
        assert file.stat().st_size == len(whole) // 2  # it is left as it is
    finally:
        file.write_bytes(whole)
    queue.resume(other)
    wait_until(lambda: not store.get(other).active, "it ends")
    assert store.get(other).state == "completed"


def test_two_apps_on_one_home_leave_each_other_s_runs_alone(
    gate: Gate, queue: JobQueue, data: Path
) -> None:
    second = JobQueue(RunLibrary(RunStore()))
    try:
        gate.allow(1)
        ours, theirs = (q.start(parse_config({"epochs": 2})) for q in (queue, second))
        store = queue.store
        wait_until(
            lambda: all(len(store.history(run)) == 2 for run in (ours, theirs)), "both train"
        )
        for _ in range(3):
            queue.find_lost()
            second.find_lost()
        assert [store.get(run).state for run in (ours, theirs)] == ["running"] * 2
        second.stop(ours)  # each may stop what the other trains
        gate.open()
        wait_until(lambda: not store.active(), "both end")
        assert [store.get(run).state for run in (ours, theirs)] == ["stopped", "completed"]
    finally:
        second.close()


def test_a_full_disk_takes_no_digit_and_loses_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with full_disk(tmp_path / "disk", monkeypatch) as disk:
        digits = MyDigits()
        digits.add(SEVEN)
        filler = fill(disk)
        with pytest.raises(DrawingError, match=str(disk)):
            digits.add(*(MyDigit.new(1, SEVEN.image) for _ in range(20)))
        assert digits.all() == (SEVEN,)
        filler.unlink()
        assert digits.add(MyDigit.new(1, SEVEN.image)) == 1


def test_a_full_disk_takes_no_data_set_and_leaves_nothing_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = {
        f"{name}/{i}.png": png(np.full((9, 9), 30 * i, np.uint8)) for name in "ab" for i in range(3)
    }

    def made() -> None:
        for _ in add(zip_of(pictures), "a.zip", Wish("mine")):
            pass

    with full_disk(tmp_path / "disk", monkeypatch) as disk:
        (disk / "home").mkdir()
        filler = fill(disk)
        with pytest.raises(DataError, match=str(disk)):
            made()
        assert own_titles() == {}
        filler.unlink()
        assert [path for path in (disk / "home").rglob("*") if path.is_file()] == []
        made()
        assert list(own_titles().values()) == ["mine"]


def test_a_full_disk_ends_a_measurement_with_what_is_kept(
    tmp_path: Path, gate: Gate, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with full_disk(tmp_path / "disk", monkeypatch) as disk:
        queue = JobQueue(RunLibrary(RunStore()))
        try:
            measurer = measuring(queue)
            filler = fill(disk)
            wait_until(lambda: measurer.now is None, "it ends")
            filler.unlink()
            assert str(disk) in measurer.problem
            ((found,), problems) = measurer.kept.all()
            assert problems == []
            assert found.done >= 2
        finally:
            queue.close()


def test_a_study_on_a_disk_that_fills_goes_on_when_there_is_space(
    tmp_path: Path, gate: Gate, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with full_disk(tmp_path / "disk", monkeypatch) as disk:
        queue = JobQueue(RunLibrary(RunStore()))
        try:
            studies = StudyQueue(lambda: queue)
            axes = [parse_axis("learning_rate", "0.1,0.2,0.3,0.4")]
            base = parse_config({"epochs": 3})
            gate.allow(1)
            studies.start(parse_sweep({"name": "full", "base": base, "axes": axes}))
            wait_until(lambda: len(studies.look("full").curves) == 4, "they train")
            filler = fill(disk)
            gate.open()
            wait_until(lambda: not any(queue._client.processing().values()), "its job gives up")
            filler.unlink()
            wait_until(lambda: not studies.look("full").active, "it is seen to have ended")
            assert studies.look("full").state != "completed"
            studies.resume("full")
            wait_until(lambda: not studies.look("full").active, "it ends")
            view = studies.look("full")
            assert (view.state, view.done) == ("completed", 4)
            ended = [run for run in queue.store.newest() if run.state == "completed"]
            assert len({run.trial for run in ended}) == len(ended) == 4
        finally:
            queue.close()
