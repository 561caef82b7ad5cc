"""Running a study to its end, or stopping it."""

import pytest
from optuna.storages import BaseStorage

from mnist_core.data.resident import ResidentDataset
from mnist_core.nn.events import EpochEnd, Finished
from mnist_core.nn.training import train
from mnist_core.sweep.events import (
    StudyEnd,
    StudyProgress,
    StudyStarted,
    TrialEnd,
    TrialEvent,
    TrialStarted,
)
from mnist_core.sweep.run import run_study
from mnist_core.sweep.study import create_study, load_study
from tests.helpers.studies import CPU, of, run, states, sweep


@pytest.mark.parametrize("sampler", ["grid", "random", "qmc", "tpe"])
def test_every_sampler_runs_a_study_to_its_end(
    tiny: ResidentDataset, storage: BaseStorage, sampler: str
) -> None:
    config = sweep(sampler=sampler, trials=18)
    create_study(config, storage)
    events = run(config, storage, tiny)
    assert events[0] == StudyStarted("study", 18, 18)
    assert isinstance(events[-1], StudyEnd)
    started = {e.trial: e for e in of(events, TrialStarted)}
    assert len(started) == 18
    assert all(
        e.config.hidden_sizes == (e.values["hidden_sizes"],)
        and e.config.learning_rate == e.values["learning_rate"]
        and e.config.epochs == 2
        for e in started.values()
    )
    if sampler == "grid":
        assert {tuple(e.values.values()) for e in started.values()} == {
            (h, lr) for h in (4, 8, 16) for lr in config.grid()["learning_rate"]
        }
    ends = of(events, TrialEnd)
    assert len(ends) == 18
    assert states("study", storage) == ["COMPLETE"] * 18
    best = max(ends, key=lambda e: e.values[0])
    study, _ = load_study("study", storage)
    assert study.best_value == best.values[0]
    finished = {e.trial: e.event for e in of(events, TrialEvent) if isinstance(e.event, Finished)}
    assert finished[best.trial].val_accuracy == study.best_value
    assert of(run(config, storage, tiny), TrialStarted) == []


def test_a_trial_is_the_run_that_its_configuration_describes(
    tiny: ResidentDataset, storage: BaseStorage
) -> None:
    config = sweep(trials=6, objective="val_loss")
    create_study(config, storage)
    events = run(config, storage, tiny)
    ends = {e.trial: e for e in of(events, TrialEnd)}
    for start in of(events, TrialStarted):
        alone = [e for e in train(start.config, tiny, CPU) if isinstance(e, EpochEnd)][-1]
        assert ends[start.trial].values[0] == pytest.approx(alone.val_loss, abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("sampler", ["grid", "random", "tpe"])
def test_a_stopped_study_asks_again_for_what_was_under_way(
    tiny: ResidentDataset, storage: BaseStorage, sampler: str
) -> None:
    config = sweep(sampler=sampler, trials=12)
    study = create_study(config, storage)
    events = run_study(study, config, tiny, CPU)
    asked = []
    for event in events:
        if isinstance(event, TrialStarted):
            asked.append(event.values)
        if isinstance(event, TrialEvent):
            break
    events.close()
    assert set(states("study", storage)) == {"FAIL", "WAITING"}
    again = run(config, storage, tiny)
    assert [e.values for e in of(again, TrialStarted)] == asked
    assert states("study", storage).count("COMPLETE") == 12


def test_progress_counts_trials(
    tiny: ResidentDataset, storage: BaseStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mnist_core.population.train.PROGRESS_INTERVAL", 0.0)
    config = sweep(trials=6)
    study = create_study(config, storage)
    events = run_study(study, config, tiny, CPU)
    progress = next(e for e in events if isinstance(e, StudyProgress))
    events.close()
    assert progress.planned == 6
    assert progress.done == 0
    assert progress.models_per_second > 0
    assert progress.seconds_left > 0
