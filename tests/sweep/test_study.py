"""Studies in their storage: found, extended, and whole after a crash."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import optuna
import pytest
from optuna.storages import BaseStorage
from optuna.trial import TrialState

from mnist_core.data.resident import ResidentDataset
from mnist_core.errors import ConfigError, StoreError
from mnist_core.settings import Settings
from mnist_core.sweep.analysis import summarise
from mnist_core.sweep.events import TrialStarted
from mnist_core.sweep.listed import study_names
from mnist_core.sweep.sampling import distributions
from mnist_core.sweep.storage import open_storage
from mnist_core.sweep.study import (
    ask_trials,
    create_study,
    extend_study,
    give_back,
    load_study,
    recover,
    trials_left,
)
from tests.helpers.studies import of, run, states, sweep


def test_a_study_that_exists_or_does_not(storage: BaseStorage) -> None:
    create_study(sweep(), storage)
    with pytest.raises(ConfigError, match="exists") as error:
        create_study(sweep(trials=6), storage)
    assert error.value.problems[0].field == "name"
    with pytest.raises(ConfigError, match="there are study"):
        load_study("other", storage)
    create_study(sweep().changed(name="copy", pruner="median"), storage)
    assert study_names(storage) == ["copy", "study"]
    assert load_study("copy", storage)[1].pruner == "median"


DAMAGE = {
    "damaged": '{"name": "study", "ax',
    "no text": 7,
    "of a newer version": json.dumps(json.loads(sweep().model_dump_json()) | {"budget": 3}),
    "axes that clash": json.dumps({"name": "study", "axes": []}),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_study_that_cannot_be_read_is_named_and_the_others_are_listed(
    storage: BaseStorage, kind: str
) -> None:
    create_study(sweep(name="good"), storage)
    create_study(sweep(name="bad"), storage).set_user_attr("sweep", DAMAGE[kind])
    assert study_names(storage) == ["bad", "good"]
    with pytest.raises(StoreError, match=r"the study 'bad' cannot be read.*version"):
        load_study("bad", storage)
    assert load_study("good", storage)[1] == sweep(name="good")


def test_a_name_is_one_line(storage: BaseStorage) -> None:
    for name in ("two\nlines", "a\ttab", "\x1b[31mred", "line\u2028separator"):
        with pytest.raises(ConfigError, match="must be one line") as error:
            create_study(sweep(name=name), storage)
        assert error.value.problems[0].field == "name"
    assert study_names(storage) == []
    create_study(sweep(name="Größe 学习率 🎲"), storage)


def test_seconds_are_no_objective_any_more_and_old_studies_that_have_it_go_on(
    tiny: ResidentDataset, storage: BaseStorage
) -> None:
    config = sweep(objective="accuracy_vs_seconds", trials=6)
    with pytest.raises(ConfigError, match="accuracy_vs_parameters") as error:
        create_study(config, storage)
    assert error.value.problems[0].field == "objective"
    assert study_names(storage) == []
    study = optuna.create_study(
        study_name="study", storage=storage, directions=["maximize", "minimize"]
    )
    study.set_user_attr("sweep", config.model_dump_json())
    run(config, storage, tiny)
    study, config = load_study("study", storage)
    assert states("study", storage) == ["COMPLETE"] * 6
    assert "the best reaches" in summarise(study, config).lower()


def test_a_crash_leaves_trials_running_and_recover_asks_them_again(
    tiny: ResidentDataset, storage: BaseStorage
) -> None:
    config = sweep(trials=6)
    create_study(config, storage)
    study, _ = load_study("study", storage)
    lost = [study.ask(distributions(config)).params for _ in range(4)]
    assert trials_left(study, config) == 2
    assert recover(study) == 4
    started = of(run(config, storage, tiny), TrialStarted)
    assert [e.values for e in started[:4]] == lost
    assert len({tuple(e.values.values()) for e in started}) == 6
    assert states("study", storage).count("COMPLETE") == 6


def test_an_extended_study_goes_on_with_new_values(
    tiny: ResidentDataset, storage: BaseStorage
) -> None:
    config = sweep(sampler="random", trials=4)
    create_study(config, storage)
    first = of(run(config, storage, tiny), TrialStarted)
    assert extend_study("study", 3, storage).trials == 7
    more = of(run(config, storage, tiny), TrialStarted)
    assert len(more) == 3
    rates = {e.values["learning_rate"] for e in [*first, *more]}
    assert len(rates) == 7
    with pytest.raises(ConfigError, match="trials"):
        extend_study("study", 10_000, storage)
    create_study(sweep(name="grid"), storage)
    with pytest.raises(ConfigError, match="no more points"):
        extend_study("grid", 1, storage)


def test_two_workers_on_one_study_do_not_try_the_same(
    tiny: ResidentDataset, storage: BaseStorage
) -> None:
    create_study(sweep(sampler="random", trials=8), storage)
    rates = set()
    for worker in range(2):
        study, _ = load_study("study", storage, worker)
        rates.add(study.ask({"x": optuna.distributions.FloatDistribution(0, 1)}).params["x"])
    assert len(rates) == 2


@pytest.mark.parametrize("sampler", ["random", "grid"])
def test_two_workers_at_once_try_what_was_planned_and_no_more(
    storage: BaseStorage, sampler: str
) -> None:
    """Each has its own connection, and asks as much as it can at the same moments."""
    axes = {"hidden_sizes": "1:9", "learning_rate": "0.1,0.2,0.3,0.4"}
    config = sweep(sampler=sampler, trials=36, axes=axes)
    create_study(config, storage)
    together = Barrier(2)

    def work(worker: int) -> None:
        study, _ = load_study("study", open_storage(), worker)
        together.wait()
        for round_ in range(100):
            trials = ask_trials(study, config, 8)
            if not trials:
                return
            if round_ == 1:  # it is interrupted
                give_back(study, trials.pop())
            for trial in trials:
                study.tell(trial, 0.5)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    work_left = trials_left(load_study("study", storage)[0], config)
    if work_left:  # one that was given back when the other worker had already gone
        together = Barrier(1)
        work(2)
    completed = load_study("study", storage)[0].get_trials(states=(TrialState.COMPLETE,))
    assert len(completed) == 36
    if sampler == "grid":
        assert len({tuple(trial.params.values()) for trial in completed}) == 36


def test_a_grid_has_no_hole_where_a_trial_was_lost_while_it_was_made(storage: BaseStorage) -> None:
    config = sweep(axes={"learning_rate": "0.1,0.2", "hidden_sizes": "4,8"}, trials=4)
    study = create_study(config, storage)
    (first,) = ask_trials(study, config, 1)
    study.tell(first, 0.5)
    study.ask()  # its worker is lost before it has values
    (third,) = ask_trials(study, config, 1)  # and this one's after that
    assert recover(study) == 2
    study, _ = load_study("study", storage)
    while trials := ask_trials(study, config, 2):
        for trial in trials:
            study.tell(trial, 0.5)
    completed = study.get_trials(states=(TrialState.COMPLETE,))
    points = [tuple(trial.params.values()) for trial in completed]
    assert sorted(points) == [(0.1, 4), (0.1, 8), (0.2, 4), (0.2, 8)]
    assert third.params in [trial.params for trial in completed]


def test_studies_live_in_the_home_folder_or_where_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, storage: BaseStorage
) -> None:
    assert (Settings().home / "studies.db").is_file()
    monkeypatch.setenv("OPTUNA_STORAGE", "sqlite:///elsewhere.db")
    assert Settings().studies_uri == "sqlite:///elsewhere.db"
    file = tmp_path / "file"
    file.write_text("not a folder")
    with pytest.raises(StoreError, match="studies"):
        open_storage(f"sqlite:///{file}/studies.db")
