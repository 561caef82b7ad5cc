"""Questions for what a study takes: few jobs, no loops, and nothing lost between two askers."""

from typing import Any

import pytest

from mnist_core.config.sweep import CostEstimate, SweepConfig
from mnist_core.errors import DataError, MnistLabError
from mnist_core.jobs import costs
from mnist_core.jobs.costs import Costs
from tests.helpers.studies import sweep

ANSWER = CostEstimate(trials=12, seconds=3.0, memory=1000)


class Job:
    """A job on a worker that ends when the test says so."""

    def __init__(self, config: SweepConfig, priority: int) -> None:
        self.config, self.priority = config, priority
        self.status = "pending"
        self.error: Exception | None = None

    def done(self) -> bool:
        return self.status != "pending"

    def result(self) -> CostEstimate:
        return ANSWER

    def exception(self) -> Exception | None:
        return self.error

    def cancel(self) -> None:
        self.status = "cancelled"

    def end(self, error: Exception | None = None) -> None:
        self.status, self.error = "error" if error else "finished", error


class Queue:
    def __init__(self) -> None:
        self.jobs: list[Job] = []

    def submit(self, _: Any, config: SweepConfig, priority: int, **options: Any) -> Job:
        self.jobs.append(Job(config, priority))
        return self.jobs[-1]


@pytest.fixture
def queue() -> Queue:
    return Queue()


@pytest.fixture
def asked(queue: Queue) -> Costs:
    return Costs(lambda: queue)  # type: ignore[arg-type, return-value]


def test_many_askers_of_one_study_share_a_job_and_its_answer(queue: Queue, asked: Costs) -> None:
    assert [asked.ask(sweep(name=name), name) for name in ("a", "b", "a")] == [None] * 3
    (job,) = queue.jobs
    assert job.priority < 0, "a run that waits goes first"
    job.end()
    assert [asked.ask(sweep(), who) for who in ("a", "b", "c", "a")] == [ANSWER] * 4
    assert len(queue.jobs) == 1


def test_a_new_question_cancels_the_one_before(queue: Queue, asked: Costs) -> None:
    for trials in (3, 4, 5):
        assert asked.ask(sweep(sampler="random", trials=trials), "a") is None
    assert [job.status for job in queue.jobs] == ["cancelled", "cancelled", "pending"]
    assert asked.ask(sweep(sampler="random", trials=5), "b") is None
    asked.ask(sweep(sampler="random", trials=6), "a")
    assert [job.status for job in queue.jobs[2:]] == ["pending", "pending"], "b still waits"
    queue.jobs[2].end()
    assert asked.ask(sweep(sampler="random", trials=5), "b") == ANSWER


def test_an_error_is_said_to_all_and_not_asked_for_again(
    queue: Queue, asked: Costs, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked.ask(sweep(), "a")
    asked.ask(sweep(), "b")
    queue.jobs[0].end(DataError("no such data"))
    for who in ("a", "b", "a", "c"):
        with pytest.raises(DataError, match="no such data"):
            asked.ask(sweep(), who)
    assert len(queue.jobs) == 1
    monkeypatch.setattr(costs, "ERROR_LASTS", 0.0)
    assert asked.ask(sweep(), "a") is None, "later it may be there"
    queue.jobs[1].status = "lost"
    monkeypatch.setattr(costs, "ERROR_LASTS", 60.0)
    with pytest.raises(MnistLabError, match="worker was lost"):
        asked.ask(sweep(), "a")


def test_answers_do_not_pile_up(
    queue: Queue, asked: Costs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(costs, "MOST_ANSWERS", 3)
    for trials in range(3, 20):
        asked.ask(sweep(sampler="random", trials=trials), "a")
        queue.jobs[-1].end()
        assert asked.ask(sweep(sampler="random", trials=trials), "a") == ANSWER
    assert len(asked._answers) == 3
    assert not asked._open
