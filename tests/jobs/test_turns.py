"""Users take turns, and each has no more runs at once than are allowed."""

import pytest

from mnist_core.config.train import TrainConfig
from mnist_core.errors import ConfigError, NotYoursError, TooManyError
from mnist_core.jobs.queue import JobQueue
from mnist_core.jobs.studies import StudyQueue
from mnist_core.jobs.teaching import teach
from mnist_core.jobs.turns import Job, check_room, next_turn
from mnist_core.runs.users import SERVER
from mnist_core.sweep.study import create_study
from tests.helpers.gate import Gate
from tests.helpers.studies import sweep
from tests.helpers.waiting import wait_until

ADA, BOB, EVE = "a" * 32, "b" * 32, "e" * 32


def order(asked: list[str], serves: int = 0) -> list[str]:
    """In which order jobs are done that ``asked`` for them one after another.

    ``serves`` are done before the last of them asks.
    """
    jobs: list[tuple[int, int, str]] = []
    done: list[str] = []
    now: list[Job] = []
    for place, user in enumerate(asked):
        if place == len(asked) - 1:
            for _ in range(serves):
                turn, _, whose = jobs.pop(jobs.index(min(jobs)))
                done.append(whose)
                now = [Job(whose, turn, waits=False)]
        waiting = [Job(whose, turn, waits=True) for turn, _, whose in jobs]
        jobs.append((next_turn(user, [*now, *waiting]), place, user))
    return done + [whose for _, _, whose in sorted(jobs)]


def test_for_one_user_it_is_first_come_first_served() -> None:
    jobs: list[Job] = []
    for _ in range(5):
        jobs.append(Job(SERVER, next_turn(SERVER, jobs), waits=True))
    assert [job.turn for job in jobs] == [0, 1, 2, 3, 4]
    # Those that are left go on in the same order, whatever was done before.
    assert next_turn(SERVER, [Job(SERVER, 3, waits=False), Job(SERVER, 4, waits=True)]) == 5


def test_who_has_one_run_does_not_wait_for_all_of_who_has_ten() -> None:
    assert order([ADA] * 10 + [BOB]) == [ADA, BOB, *[ADA] * 9]
    assert order([ADA] * 5 + [BOB] * 2 + [EVE]) == [ADA, BOB, EVE, ADA, BOB, ADA, ADA, ADA]


def test_who_comes_late_gets_no_more_than_a_turn_for_it() -> None:
    """Who never asked before does not have all the turns that went by."""
    assert order([ADA] * 6 + [BOB], serves=4) == [ADA, ADA, ADA, ADA, BOB, ADA, ADA]
    late = [Job(ADA, 4, waits=False), Job(ADA, 5, waits=True)]
    assert next_turn(BOB, late) == 4
    assert next_turn(BOB, [*late, Job(BOB, 4, waits=True)]) == 5


def test_more_runs_than_are_allowed_are_refused_but_not_the_servers() -> None:
    jobs = [Job(user, 0, waits=True) for user in (ADA, ADA, BOB, SERVER, SERVER, SERVER)]
    check_room(BOB, jobs, most=2)
    check_room(SERVER, jobs, most=2)
    with pytest.raises(TooManyError, match=r"you have 2 runs waiting or training, and 2 at once"):
        check_room(ADA, jobs, most=2)
    with pytest.raises(TooManyError, match="you have 1 run waiting"):
        check_room(BOB, jobs, most=2, more=2)


def test_the_queue_shows_turns_and_the_workers_keep_them(gate: Gate, queue: JobQueue) -> None:
    store = queue.store
    gate.allow(1)
    training = [queue.start(TrainConfig(seed=seed), by=ADA) for seed in range(len(queue.workers()))]
    wait_until(lambda: all(store.get(r).state == "running" for r in training), "all train")
    hers = [queue.start(TrainConfig(epochs=1, seed=seed), by=ADA) for seed in (10, 11)]
    his = queue.start(TrainConfig(epochs=1, seed=12), by=BOB)
    assert [place.run.id for place in queue.waiting()] == [his, *hers]

    for run_id in [*training, his, hers[0]]:
        with pytest.raises(NotYoursError, match="is not yours"):
            queue.stop(run_id, EVE)
    assert not any(store.get(run_id).stop_requested for run_id in (*training, *hers, his))
    for run_id in training:
        queue.stop(run_id, ADA)
    gate.open()
    wait_until(lambda: not store.active(), "all have ended")
    with pytest.raises(NotYoursError, match="is not yours"):
        queue.extend(his, TrainConfig(epochs=1), ADA)
    with pytest.raises(NotYoursError, match="is not yours"):
        teach(queue, his, [], ADA)
    assert all(store.get(run_id).state == "completed" for run_id in (his, *hers))
    began = {
        run_id: store.client.metric(run_id, "val_loss")[0].timestamp for run_id in (his, *hers)
    }
    assert sorted(began, key=began.__getitem__) == [his, *hers]


def test_the_queue_refuses_one_run_too_many(
    gate: Gate, queue: JobQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_LAB_MOST_RUNS", "2")
    narrow = JobQueue(queue.library)
    gate.allow(0)
    try:
        first = narrow.start(TrainConfig(seed=1), by=ADA)
        narrow.start(TrainConfig(seed=2), by=ADA)
        with pytest.raises(TooManyError, match="Wait until one has ended"):
            narrow.start(TrainConfig(seed=3), by=ADA)
        assert len(queue.store.active()) == 2
        narrow.start(TrainConfig(seed=3), by=BOB)
        narrow.stop(first, ADA)
        wait_until(lambda: not queue.store.get(first).active, "it has ended")
        narrow.start(TrainConfig(seed=3), by=ADA)
    finally:
        for run in queue.store.active():
            narrow.stop(run.id)
        gate.open()
        wait_until(lambda: not queue.store.active(), "all have ended")
        narrow.close()


def test_each_verb_refuses_what_is_beyond_a_limit_and_nothing_is_there(
    queue: JobQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    studies = StudyQueue(lambda: queue)
    run_id = queue.store.create(TrainConfig(epochs=1), user=ADA)
    queue.store.set_state(run_id, "interrupted")
    axes = {"learning_rate": "0.1,0.2"}
    done = sweep(name="done", axes=axes, sampler="random", trials=2)
    create_study(done, studies.storage, ADA)
    monkeypatch.setenv("MNIST_LAB_MOST_EPOCHS", "4")
    monkeypatch.setenv("MNIST_LAB_MOST_TRIALS", "3")
    long = sweep(name="long", axes=axes, sampler="random", trials=4)
    slow = sweep(name="slow", axes=axes, trials=2, base=TrainConfig(epochs=5))
    for refused, said in (
        (lambda: queue.start(TrainConfig(epochs=5), by=ADA), "epochs = 5: 4 are the most"),
        (lambda: queue.extend(run_id, TrainConfig(epochs=5), ADA), "epochs = 5: 4 are the most"),
        (lambda: studies.start(long, ADA), "trials = 4: 3 are the most"),
        (lambda: studies.start(slow, ADA), "epochs = 5: 4 are the most"),
        (lambda: studies.extend("done", 2, ADA), "trials = 4: 3 are the most"),
    ):
        with pytest.raises(ConfigError, match=said):
            refused()
    monkeypatch.setenv("MNIST_LAB_FREE_GB", "1e9")
    for kept in (
        lambda: queue.start(TrainConfig(epochs=1), by=ADA),
        lambda: queue.resume(run_id, ADA),
        lambda: studies.start(sweep(name="one", axes=axes, trials=2), ADA),
    ):
        with pytest.raises(TooManyError, match="nearly full"):
            kept()
    assert [run.state for run in queue.store.newest()] == ["interrupted"]
    assert studies.names() == ["done"]


def test_a_sweep_is_its_users_and_so_are_its_trials(gate: Gate, queue: JobQueue) -> None:
    studies = StudyQueue(lambda: queue)
    gate.allow(0)
    config = sweep(name="hers", axes={"learning_rate": "0.1,0.2"}, sampler="grid", trials=2)
    studies.start(config, ADA)
    assert studies.look("hers").user == ADA
    for refused in (
        lambda: studies.stop("hers", BOB),
        lambda: studies.resume("hers", BOB),
        lambda: studies.extend("hers", 1, BOB),
    ):
        with pytest.raises(NotYoursError, match="the sweep 'hers' is not yours"):
            refused()
    assert not studies.look("hers").stopping
    assert queue.turns.next(ADA) == 1  # it has taken a turn
    assert queue.turns.next(BOB) == 0
    gate.open()
    wait_until(lambda: not studies.look("hers").active, "it has ended")
    assert queue.turns.next(ADA) == 0
    runs = queue.store.newest()
    assert [run.user for run in runs] == [ADA, ADA]
