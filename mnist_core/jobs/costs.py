"""What studies will take, measured on a worker: asked while a form is filled in."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from mnist_core.config.sweep import CostEstimate, SweepConfig
from mnist_core.errors import MnistLabError
from mnist_core.jobs.queue import JobQueue
from mnist_core.jobs.tasks import cost_job

MOST_ANSWERS = 200  # that are kept
ERROR_LASTS = 60.0  # seconds until a question that failed is put again
AFTER_TRAINING = -1_000_000_000  # Dask's priority: whatever its turn, a run that waits goes first


@dataclass
class _Question:
    """A job, and who waits for its answer."""

    future: Any
    askers: set[str] = field(default_factory=set)


class Costs:
    """Answers questions for what a study takes; each asker has one question at a time.

    A new question of the same asker cancels the one before, if nobody else waits for it.
    """

    def __init__(self, queue: Callable[[], JobQueue]) -> None:
        self._queue = queue
        self._lock = Lock()
        self._open: dict[str, _Question] = {}
        self._answers: dict[str, tuple[float, CostEstimate | MnistLabError]] = {}

    def ask(self, config: SweepConfig, asker: str) -> CostEstimate | None:
        """The answer; None until it is known.

        Raises:
            MnistLabError: the study cannot be trained, or its data are not here.
        """
        key = config.model_copy(update={"name": "cost"}).model_dump_json()
        with self._lock:
            self._collect()
            self._withdraw(asker, key)
            when, answer = self._answers.get(key, (0.0, None))
            failed = isinstance(answer, MnistLabError)
            if answer is None or (failed and time.monotonic() - when > ERROR_LASTS):
                if key not in self._open:
                    self._open[key] = _Question(self._submit(config))
                self._open[key].askers.add(asker)
                return None
        if isinstance(answer, MnistLabError):
            raise answer
        return answer

    def _submit(self, config: SweepConfig) -> Any:
        return self._queue().submit(
            cost_job,
            config,
            key=f"cost-{uuid.uuid4().hex}",
            device=config.base.device,
            priority=AFTER_TRAINING,
        )

    def _collect(self) -> None:
        """Take over the answers that have come."""
        for key in [key for key, question in self._open.items() if question.future.done()]:
            future = self._open.pop(key).future
            self._answers.pop(key, None)
            self._answers[key] = (time.monotonic(), _answer(future))
        while len(self._answers) > MOST_ANSWERS:
            del self._answers[next(iter(self._answers))]

    def _withdraw(self, asker: str, key: str) -> None:
        """Give up what an asker wanted to know before."""
        for other in [other for other in self._open if other != key]:
            question = self._open[other]
            question.askers.discard(asker)
            if not question.askers:
                question.future.cancel()
                del self._open[other]


def _answer(future: Any) -> CostEstimate | MnistLabError:
    if future.status == "finished":
        result: CostEstimate = future.result()
        return result
    error = future.exception() if future.status == "error" else "the worker was lost"
    return error if isinstance(error, MnistLabError) else MnistLabError(str(error))
