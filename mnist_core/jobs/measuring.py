"""Measuring training time on a worker: one sample a job, and never while something trains.

A sample takes about a second. A run that is started meanwhile waits for that one at most, since
jobs of a measurement come after all others; the measurement goes on when nothing trains any more.
Each sample is in the file as soon as it is known.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from mnist_core.config.measuring import SAMPLE, SLOW, Plan, Setting
from mnist_core.errors import MeasurementError, MnistLabError
from mnist_core.insight.measurements import Measurement, Measurements, Peak, Sample
from mnist_core.jobs.costs import AFTER_TRAINING
from mnist_core.jobs.queue import JobQueue
from mnist_core.jobs.tasks import machine_job, peak_job, sample_job

log = logging.getLogger(__name__)

LATE = 10.0  # seconds beyond a sample's own after which its worker has something else to do
LOOK = 1.0  # seconds between two looks at whether others train, and whether the worker is there


@dataclass(frozen=True)
class Underway:
    """A measurement that is being made.

    ``measurement`` is None until its machine is known; ``training`` is the name of the run or sweep
    for whose end it waits, if it does, and ``resting`` the seconds in which it did; ``began`` and
    ``asked`` are the clock's (``time.monotonic``) when the first and the last sample was asked for.
    """

    plan: Plan
    measurement: Measurement | None = None
    training: str = ""
    resting: float = 0.0
    began: float | None = None
    asked: float | None = None
    stopping: bool = False

    @property
    def waits(self) -> str:
        """For what it waits, in words; empty while it measures."""
        if self.training:
            return f"waits until {self.training} is done: both would be slower together"
        longest = SAMPLE + 2 * max(map(self.plan.step, self.plan.values)) / SLOW + LATE
        late = self.asked is not None and time.monotonic() - self.asked > longest
        return "waits for a free worker" if self.measurement is None or late else ""

    @property
    def done(self) -> int:
        """Samples, of the plan's."""
        return self.measurement.done if self.measurement else 0

    @property
    def seconds_left(self) -> float:
        """By what those took that are done, and by the plan before there are enough of them."""
        left = self.plan.samples - self.done
        if self.began is None or self.done <= len(self.plan.settings):
            return self.plan.seconds * left / self.plan.samples
        return (time.monotonic() - self.began - self.resting) / self.done * left


class _Stopped(Exception):
    """Somebody asked for it."""


def order(plan: Plan) -> Iterator[tuple[int, int | None]]:
    """(place of the setting, value) of each sample in turn, None for the setting's peak.

    Settings take turns and repeats come last, so that a machine that grows slower meanwhile is so
    for all of them.
    """
    for _ in range(plan.repeats):
        for value in (None, *plan.values):
            for setting in range(len(plan.settings)):
                yield setting, value


class Measurer:
    """Makes one measurement at a time and keeps it; whoever looks sees the same one.

    ``queue`` gives the workers, and may wait for them; ``sweeps`` the names of those that train.

    Attributes:
        problem: why the last one ended before its time, in words; empty if it did not, or was
            stopped.
        latest: the id of the last one that has ended and is kept; empty while there is none.
    """

    def __init__(self, queue: Callable[[], JobQueue], sweeps: Callable[[], list[str]]) -> None:
        self._queue, self._sweeps = queue, sweeps
        self.kept = Measurements()
        self.problem = self.latest = ""
        self._lock = threading.Lock()
        self._now: Underway | None = None
        self._changed = threading.Event()  # a job is done, or a stop is asked for

    @property
    def now(self) -> Underway | None:
        """The measurement that is being made."""
        return self._now

    def training(self) -> str:
        """What trains, or waits to, on the workers that measure: a name, empty if nothing does.

        Raises:
            ClusterError: the scheduler does not answer.
        """
        queue = self._queue()
        names = [run.name for run in queue.library.active() if run.owner == queue.owner]
        return next(iter(names or self._sweeps()), "")

    def start(self, plan: Plan) -> None:
        """Begin to measure.

        Raises:
            MeasurementError: another measurement is being made.
        """
        with self._lock:
            if self._now is not None:
                raise MeasurementError(
                    "Another measurement is being made; two at once would disturb each other."
                )
            self._now, self.problem = Underway(plan), ""
        threading.Thread(target=self._run, args=(plan,), daemon=True, name="measure").start()

    def stop(self) -> None:
        """End the measurement that is being made, if there is one; what it has is kept."""
        with self._lock:
            if self._now is not None:
                self._now = replace(self._now, stopping=True)
                self._changed.set()

    def _run(self, plan: Plan) -> None:
        try:
            self._measure(plan)
        except _Stopped:
            pass
        except MnistLabError as error:
            self.problem = str(error)
        except Exception as error:  # whatever it was, it is said on the page
            log.exception("a measurement ended early")
            self.problem = f"{type(error).__name__}: {error}"
        finally:
            made = self._now.measurement if self._now else None
            if made is not None and made.done:
                self.latest = made.id
            self._now = None

    def _measure(self, plan: Plan) -> None:
        queue = self._queue()
        self._wait_for_training()
        address, machine = self._ask(queue, None, machine_job)
        measurement = Measurement.new(plan, machine)
        self._update(measurement=measurement, began=time.monotonic())
        for place, value in order(plan):
            self._wait_for_training()
            measurement = measurement.adding(self._sample(queue, address, plan, place, value))
            self.kept.write(measurement)
            self._update(measurement=measurement)

    def _sample(
        self, queue: JobQueue, address: str, plan: Plan, place: int, value: int | None
    ) -> Sample | Peak:
        setting = plan.settings[place]
        if value is None:
            return Peak(setting=place, rate=self._ask(queue, address, peak_job, setting))
        timed = self._ask(queue, address, sample_job, plan, value, setting)
        return Sample(setting=place, value=value, seconds=timed.seconds, pictures=timed.pictures)

    def _wait_for_training(self) -> None:
        """Both would be slower, and the numbers would mean little."""
        began = time.monotonic()
        while name := self.training():
            self._update(training=name)
            self._listen()
        if self._now is not None and self._now.training:
            self._update(training="", resting=self._now.resting + time.monotonic() - began)

    def _ask(
        self, queue: JobQueue, address: str | None, job: Callable[..., Any], *args: Any
    ) -> Any:
        """A job's answer, from the worker at this address or from any."""
        self._update(asked=time.monotonic())
        future = queue.submit(
            job,
            *args,
            key=f"measure-{uuid.uuid4().hex}",
            priority=AFTER_TRAINING,
            worker=address,
        )
        future.add_done_callback(lambda _: self._changed.set())
        try:
            while not future.done():
                self._listen()
                if address and all(worker.address != address for worker in queue.workers()):
                    raise MeasurementError(
                        "The worker on which it was measured is gone. What was measured until "
                        "then is kept."
                    )
            if future.status == "finished":
                return future.result()
            error = future.exception() if future.status == "error" else "the worker was lost"
            if isinstance(error, MnistLabError):
                raise error
            setting = next((f"{a.name}: " for a in args if isinstance(a, Setting)), "")
            raise MeasurementError(f"{setting}it cannot be measured here ({error})")
        finally:
            future.cancel()

    def _listen(self) -> None:
        """Wait until something has happened, for a moment at most; raise if a stop is asked for."""
        self._changed.wait(LOOK)
        self._changed.clear()
        if self._now is not None and self._now.stopping:
            raise _Stopped

    def _update(self, **changes: Any) -> None:
        with self._lock:
            assert self._now is not None
            self._now = replace(self._now, **changes)
