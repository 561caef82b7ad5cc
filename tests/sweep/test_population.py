"""Trials that are trained together: cut, diverged, and what the study is told."""

import pytest
from optuna.storages import BaseStorage
from optuna.trial import TrialState

from mnist_core.data.resident import ResidentDataset
from mnist_core.nn.events import EpochEnd
from mnist_core.sweep.analysis import summarise, trial_rows
from mnist_core.sweep.events import TrialEnd, TrialEvent
from mnist_core.sweep.run import best_trials
from mnist_core.sweep.study import create_study, load_study
from tests.helpers.studies import BASE, of, run, sweep


@pytest.mark.slow
@pytest.mark.parametrize("pruner", ["halving", "median"])
def test_losers_are_cut_between_epochs_and_the_rest_completes(
    tiny: ResidentDataset, storage: BaseStorage, pruner: str
) -> None:
    config = sweep(
        sampler="random",
        trials=80,
        pruner=pruner,
        objective="val_loss",
        base={**BASE, "epochs": 4, "hidden_sizes": (4,)},
        axes={"learning_rate": "0.0001:1:log"},
    )
    create_study(config, storage)
    events = run(config, storage, tiny)
    ends = {e.trial: e for e in of(events, TrialEnd)}
    cut = {i for i, e in ends.items() if e.outcome == "pruned"}
    assert 5 < len(cut) < 80
    epochs: dict[int, int] = {}
    for e in of(events, TrialEvent):
        if isinstance(e.event, EpochEnd):
            epochs[e.trial] = e.event.epoch
    assert all((epochs[i] < 4) == (i in cut) for i in ends)
    study, _ = load_study("study", storage)
    assert {t.number for t in study.trials if t.state == TrialState.PRUNED} == cut
    assert best_trials(study)[0] not in cut


@pytest.mark.slow
@pytest.mark.parametrize(("pruner", "left"), [("median", 16), ("halving", 10)])
def test_the_first_population_of_a_study_is_pruned(
    tiny: ResidentDataset, storage: BaseStorage, pruner: str, left: int
) -> None:
    """A study of the default size or less is one population: its members end together."""
    config = sweep(
        sampler="qmc",
        trials=32,
        pruner=pruner,
        objective="val_loss",
        base={**BASE, "epochs": 2, "hidden_sizes": (4,)},
        axes={"learning_rate": "0.0001:1:log"},
    )
    create_study(config, storage)
    ends = [e.outcome for e in of(run(config, storage, tiny), TrialEnd)]
    assert ends.count("completed") == left


def test_two_objectives_give_a_pareto_front(tiny: ResidentDataset, storage: BaseStorage) -> None:
    config = sweep(objective="accuracy_vs_parameters", trials=12)
    create_study(config, storage)
    events = run(config, storage, tiny)
    front = events[-1].best
    values = {e.trial: e.values for e in of(events, TrialEnd)}
    assert front
    for i in front:
        assert not any(
            a > values[i][0] and p <= values[i][1] for j, (a, p) in values.items() if j != i
        )
    least = min(c for _, c in values.values())
    assert least == 16 * 4 + 4 + 4 * 4 + 4
    study, config = load_study("study", storage)
    assert {"objective_0", "objective_1"} <= set(trial_rows(study)[0])
    assert "the best reaches" in summarise(study, config).lower()


def test_a_diverged_trial_is_pruned_and_said_so(
    tiny: ResidentDataset, storage: BaseStorage
) -> None:
    wild = ResidentDataset(
        tiny.images * 1e4, tiny.labels, tiny.test_images * 1e4, tiny.test_labels, 4
    )
    config = sweep(
        base={**BASE, "epochs": 3, "activation": "none", "batch_size": 10},
        axes={"learning_rate": "0.000001,10"},
        trials=2,
        objective="val_loss",
    )
    create_study(config, storage)
    ends = {e.outcome for e in of(run(config, storage, wild), TrialEnd)}
    assert ends == {"completed", "diverged"}
    study, _ = load_study("study", storage)
    assert {row["state"] for row in trial_rows(study)} == ends
