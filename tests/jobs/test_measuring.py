"""Measuring on real workers: to its end, stopped, waiting for a run, and when it fails."""

from collections.abc import Iterator
from typing import Any

import pytest

from mnist_core.config.measuring import Plan, Setting
from mnist_core.config.train import TrainConfig
from mnist_core.errors import MeasurementError
from mnist_core.jobs.measuring import Measurer, Underway, order
from mnist_core.jobs.queue import JobQueue
from mnist_core.jobs.studies import StudyQueue
from tests.helpers.gate import Gate
from tests.helpers.measurements import DOUBLE, ONE, measured
from tests.helpers.studies import sweep
from tests.helpers.waiting import wait_until

PLAN = Plan(values=(4, 8), pictures=100, settings=(ONE, DOUBLE), repeats=1)
LONG = PLAN.model_copy(update={"repeats": 10})


@pytest.fixture
def measurer(queue: JobQueue) -> Iterator[Measurer]:
    opened = Measurer(lambda: queue, StudyQueue(lambda: queue).training)
    yield opened
    opened.stop()
    wait_until(lambda: opened.now is None, "it has stopped")


def test_settings_take_turns_and_repeats_come_last() -> None:
    plan = PLAN.model_copy(update={"repeats": 2})
    once = [(0, None), (1, None), (0, 4), (1, 4), (0, 8), (1, 8)]
    assert list(order(plan)) == once * 2
    assert len(once * 2) == plan.samples


@pytest.mark.slow
def test_a_plan_is_measured_to_its_end_and_kept(measurer: Measurer) -> None:
    measurer.start(PLAN)
    with pytest.raises(MeasurementError, match="Another measurement"):
        measurer.start(PLAN)
    wait_until(lambda: measurer.now is None, "it is measured")
    assert measurer.problem == ""
    ((found,), problems) = measurer.kept.all()
    assert problems == []
    assert (found.id, found.plan, found.done) == (measurer.latest, PLAN, PLAN.samples)
    assert [(one.setting, one.value) for one in found.samples] == [(0, 4), (1, 4), (0, 8), (1, 8)]
    assert {one.setting for one in found.peaks} == {0, 1}
    assert all(one.seconds >= 0.5 and one.pictures >= 100 for one in found.samples)
    assert found.machine.cpu


@pytest.mark.slow
def test_a_stop_keeps_what_was_measured(measurer: Measurer) -> None:
    measurer.start(LONG)
    wait_until(lambda: measurer.now is not None and measurer.now.done >= 3, "some is measured")
    measurer.stop()
    wait_until(lambda: measurer.now is None, "it has stopped")
    ((found,), _) = measurer.kept.all()
    assert 3 <= found.done < LONG.samples
    assert measurer.problem == ""
    measurer.stop()  # a second click
    measurer.start(PLAN)
    wait_until(lambda: measurer.now is None, "the next one is measured")
    assert len(measurer.kept.all()[0]) == 2


def measured_after_patience(gate: Gate, measurer: Measurer) -> None:
    """It waits while that trains, says so, and measures when it is done."""
    measurer.start(PLAN)
    wait_until(lambda: measurer.now is not None and measurer.now.training, "it waits")
    assert measurer.now is not None
    assert measurer.now.waits == "waits until patience is done: both would be slower together"
    gate.open()
    wait_until(lambda: measurer.now is None, "it is measured")


@pytest.mark.slow
def test_it_waits_while_a_run_trains(gate: Gate, queue: JobQueue, measurer: Measurer) -> None:
    gate.allow(1)
    run_id = queue.start(TrainConfig(epochs=3), "patience")
    measured_after_patience(gate, measurer)
    assert queue.store.get(run_id).state == "completed"
    assert measurer.kept.all()[0][0].done == PLAN.samples


def test_it_waits_while_a_sweep_trains(gate: Gate, queue: JobQueue, measurer: Measurer) -> None:
    gate.allow(1)
    StudyQueue(lambda: queue).start(sweep(name="patience"))
    wait_until(measurer.training, "a worker has it")
    measured_after_patience(gate, measurer)
    assert measurer.training() == ""
    assert measurer.kept.all()[0][0].done == PLAN.samples


def test_a_stop_is_heard_while_it_waits(gate: Gate, queue: JobQueue, measurer: Measurer) -> None:
    gate.allow(1)
    run_id = queue.start(TrainConfig(epochs=3))
    measurer.start(PLAN)
    wait_until(lambda: measurer.now is not None and measurer.now.training, "it waits")
    measurer.stop()
    wait_until(lambda: measurer.now is None, "it has stopped")
    assert measurer.kept.all() == ([], [])
    queue.stop(run_id)
    wait_until(lambda: not queue.store.active(), "the run has ended")


def test_what_cannot_be_measured_is_said_and_the_rest_is_kept(measurer: Measurer) -> None:
    gone = Setting(device="cuda:7", label="No GPU")
    measurer.start(PLAN.model_copy(update={"settings": (ONE, gone)}))
    wait_until(lambda: measurer.now is None, "it has ended")
    assert measurer.problem.startswith("No GPU, float32: it cannot be measured here (")
    ((found,), _) = measurer.kept.all()
    assert (len(found.peaks), found.samples) == (1, ())


def test_a_worker_that_is_gone_ends_it(
    queue: JobQueue, measurer: Measurer, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = queue.submit

    def elsewhere(*args: Any, **options: Any) -> Any:
        if options["worker"] is not None:
            options["worker"] = "tcp://127.0.0.1:1"  # where no worker is
        return submit(*args, **options)

    workers = queue.workers
    monkeypatch.setattr(queue, "submit", elsewhere)
    monkeypatch.setattr(queue, "workers", lambda: workers()[:0])
    measurer.start(PLAN)
    wait_until(lambda: measurer.now is None, "it has ended")
    assert "The worker on which it was measured is gone" in measurer.problem


def test_the_time_left_is_the_plans_and_then_what_samples_took(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = Underway(PLAN)
    assert now.seconds_left == pytest.approx(PLAN.seconds)
    assert now.waits == "waits for a free worker"
    part = measured({ONE: {4: (1.0,), 8: (1.0,)}, DOUBLE: {4: (1.0,)}}).model_copy(
        update={"plan": PLAN}
    )
    monkeypatch.setattr("mnist_core.jobs.measuring.time.monotonic", lambda: 40.0)
    now = Underway(PLAN, part, began=10.0, resting=24.0, asked=39.0)
    assert now.seconds_left == pytest.approx((40 - 10 - 24) / 3 * (PLAN.samples - 3))
    assert now.waits == ""
    assert Underway(PLAN, part, asked=10.0).waits == "waits for a free worker"
