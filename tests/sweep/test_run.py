"""Studies: what may be asked, that they survive everything, and what they conclude."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import optuna
import pytest
import torch
from optuna.storages import BaseStorage
from optuna.trial import TrialState

from mnist_core.config.fields import parse_config
from mnist_core.config.sweep import Axis, SweepConfig, parse_axis, parse_sweep
from mnist_core.config.train import TrainConfig
from mnist_core.data.pictures import ResidentDataset
from mnist_core.errors import ConfigError, StoreError
from mnist_core.nn.events import EpochEnd, Finished
from mnist_core.nn.training import train
from mnist_core.settings import Settings
from mnist_core.sweep.analysis import importance, summarise, trial_rows
from mnist_core.sweep.cost import estimate_cost
from mnist_core.sweep.events import (
    StudyEnd,
    StudyEvent,
    StudyProgress,
    StudyStarted,
    TrialEnd,
    TrialEvent,
    TrialStarted,
)
from mnist_core.sweep.run import best_trials, run_study
from mnist_core.sweep.study import (
    create_study,
    extend_study,
    load_study,
    open_storage,
    recover,
    study_names,
    trials_left,
)

CPU = torch.device("cpu")
BASE = {"epochs": 2, "learning_rate": 0.3, "batch_size": 50, "hidden_sizes": (8,)}
AXES = {"hidden_sizes": "4,8,16", "learning_rate": "0.01:1:log"}


@pytest.fixture
def storage() -> Iterator[BaseStorage]:
    opened = open_storage()
    yield opened
    opened.remove_session()
    opened.engine.dispose()


def sweep(**changes: Any) -> SweepConfig:
    values: dict[str, Any] = {"name": "study", "base": BASE, "axes": AXES, "trials": 12}
    return parse_sweep({**values, **changes})


def run(config: SweepConfig, storage: BaseStorage, data: ResidentDataset) -> list[StudyEvent]:
    study, config = load_study(config.name, storage)
    return list(run_study(study, config, data, CPU))


def of(events: list[StudyEvent], kind: type) -> list[Any]:
    return [e for e in events if isinstance(e, kind)]


def states(name: str, storage: BaseStorage) -> list[str]:
    return [t.state.name for t in load_study(name, storage)[0].trials]


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("16,32, 64", {"field": "hidden_sizes", "values": (16, 32, 64)}),
        ("32,128-64", {"field": "hidden_sizes", "values": (32, "128-64")}),
        ("16:256:log", {"field": "hidden_sizes", "low": 16, "high": 256, "log": True}),
        ("0.01:1:log", {"field": "learning_rate", "low": 0.01, "high": 1, "log": True}),
        ("0:0.5", {"field": "dropout", "low": 0, "high": 0.5}),
        ("adam,sgd", {"field": "optimizer", "values": ("adam", "sgd")}),
        ("1,2,3", {"field": "seed", "values": (1, 2, 3)}),
    ],
)
def test_axes_are_read_as_people_type_them(text: str, axis: dict[str, Any]) -> None:
    assert parse_axis(axis["field"], text) == Axis(**axis)


@pytest.mark.parametrize(
    ("field", "text", "says"),
    [
        ("learning_rate", "", "empty axis"),
        ("learning_rate", " , ", "empty axis"),
        ("learning_rate", "1:0.1", "begin below its end"),
        ("learning_rate", "0:1:log", "above 0"),
        ("learning_rate", "0:1", "1e-06"),
        ("dropout", "0:0.5:log", "above 0"),
        ("learning_rate", "0.1:100", "from 1e-06 to 10"),
        ("learning_rate", "0.1:1:cubic", "0.01:1:log"),
        ("learning_rate", "0.1:b", "0.01:1:log"),
        ("learning_rate", "0.1:nan", "0.01:1:log"),
        ("learning_rate", "fast", "from 1e-06 to 10"),
        ("hidden_sizes", "16,0", "from 1 to 8192"),
        ("hidden_sizes", "1.5:3", "whole numbers"),
        ("hidden_sizes", "16,16", "twice"),
        ("optimizer", "sgd:adam", "0.01:1:log"),
        ("optimizer", "lion", "must be one of"),
        ("learning_speed", "1,2", "no axis"),
        ("dataset", "mnist,kmnist", "no axis"),
    ],
)
def test_a_bad_axis_is_refused_by_name(field: str, text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as error:
        parse_axis(field, text)
    assert [p.field for p in error.value.problems] == [field]


@pytest.mark.parametrize(
    ("changes", "field", "says"),
    [
        ({"axes": {}}, "axes", "at least one"),
        ({"axes": {"seed": ",".join(map(str, range(100)))}}, "trials", "100 points"),
        (
            {"axes": {a: ",".join(f"0.{i}1" for i in range(8)) for a in ("momentum", "dropout")}},
            "trials",
            "64 points",
        ),
        ({"trials": 10_000_000}, "trials", "10000"),
        ({"trials": 0}, "trials", "1"),
        ({"name": ""}, "name", "1"),
        ({"sampler": "magic"}, "sampler", "tpe"),
        ({"pruner": "halving", "objective": "accuracy_vs_seconds"}, "pruner", "none"),
        ({"axes": [Axis(field="seed", values=(1,))] * 2}, "axes", "twice"),
    ],
)
def test_a_bad_study_is_refused_by_name(changes: dict[str, Any], field: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says) as error:
        sweep(**changes)
    assert [p.field for p in error.value.problems] == [field]


def test_ten_million_grid_points_are_refused() -> None:
    thousand = ",".join(map(str, range(1, 3163)))
    with pytest.raises(ConfigError, match="9,998,244 points; allow at most 10,000"):
        sweep(axes={"seed": thousand, "order_seed": thousand}, trials=10_000)


def test_a_grid_shares_its_trials_between_lists_and_ranges() -> None:
    grid = sweep(trials=64, axes={"hidden_sizes": "16,32,64,128", "learning_rate": "0.01:1:log"})
    points = grid.grid()
    assert points["hidden_sizes"] == [16, 32, 64, 128]
    assert len(points["learning_rate"]) == 16
    assert points["learning_rate"][0] == 0.01
    assert points["learning_rate"][-1] == 1
    assert grid.planned == 64
    assert sweep(trials=9, axes={"hidden_sizes": "2:4", "dropout": "0:0.4"}).planned == 9


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


@pytest.mark.parametrize("sampler", ["grid", "random", "tpe"])
def test_a_stopped_study_asks_again_for_what_was_under_way(
    tiny: ResidentDataset, storage: BaseStorage, sampler: str
) -> None:
    config = sweep(sampler=sampler, trials=12)
    study = create_study(config, storage)
    events = run_study(study, config, tiny, CPU)
    asked = [e.values for e in events if isinstance(e, TrialStarted)] if sampler == "" else []
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


def test_a_crash_leaves_trials_running_and_recover_asks_them_again(
    tiny: ResidentDataset, storage: BaseStorage
) -> None:
    config = sweep(trials=6)
    create_study(config, storage)
    study, _ = load_study("study", storage)
    from mnist_core.sweep.study import distributions

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


@pytest.mark.parametrize("cost", ["parameters", "seconds"])
def test_two_objectives_give_a_pareto_front(
    tiny: ResidentDataset, storage: BaseStorage, cost: str
) -> None:
    config = sweep(objective=f"accuracy_vs_{cost}", trials=12)
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
    assert least == 16 * 4 + 4 + 4 * 4 + 4 if cost == "parameters" else 0 < least < 60
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


def test_progress_counts_trials(tiny: ResidentDataset, storage: BaseStorage) -> None:
    config = sweep(trials=6, base={**BASE, "epochs": 60, "batch_size": 1})
    study = create_study(config, storage)
    events = run_study(study, config, tiny, CPU)
    progress = next(e for e in events if isinstance(e, StudyProgress))
    events.close()
    assert progress.planned == 6
    assert progress.done == 0
    assert progress.models_per_second > 0
    assert progress.seconds_left > 0


def test_the_cost_is_estimated_without_a_trace(tiny: ResidentDataset, storage: BaseStorage) -> None:
    small = estimate_cost(sweep(sampler="tpe"), tiny, CPU)
    large = estimate_cost(
        sweep(sampler="tpe", base={**BASE, "epochs": 200}, axes={"hidden_sizes": "512:1024"}),
        tiny,
        CPU,
    )
    assert small.trials == large.trials == 12
    assert large.seconds > small.seconds > 0
    assert large.memory > small.memory > 4 * 12 * 16 * 4
    assert study_names(storage) == []


def fake_study(storage: BaseStorage) -> tuple[optuna.Study, SweepConfig]:
    """Accuracy rises with the learning rate until it fails above 0.9, and with width until 64."""
    config = sweep(
        sampler="random",
        trials=60,
        axes={"learning_rate": "0.01:1.5", "hidden_sizes": "16,32,64,128,256"},
    )
    study = create_study(config, storage)
    from mnist_core.sweep.study import distributions

    for _ in range(60):
        trial = study.ask(distributions(config))
        rate, units = trial.params["learning_rate"], trial.params["hidden_sizes"]
        accuracy = 0.6 + 0.3 * min(rate, 0.9) + 0.01 * min(units, 64) / 64
        accuracy = 0.1 if rate > 0.9 else accuracy
        trial.set_user_attr("val_accuracy", accuracy)
        trial.set_user_attr("learned", rate <= 0.9)
        study.tell(trial, accuracy)
    return study, config


def test_the_summary_says_what_mattered(storage: BaseStorage) -> None:
    study, config = fake_study(storage)
    shares = importance(study)
    assert list(shares) == ["learning_rate", "hidden_sizes"]
    assert sum(shares.values()) == pytest.approx(1)
    text = summarise(study, config)
    assert text.startswith(
        f"Learning rate explains {100 * shares['learning_rate']:.0f} % of the variation"
    )
    highest = max(
        t.params["learning_rate"] for t in study.trials if t.params["learning_rate"] <= 0.9
    )
    assert f"above {highest:.3g} of learning rate training fails" in text
    assert "hidden units the gain is under 0.2 points" in text
    assert "the best reaches 8" in text


def test_an_empty_study_has_no_findings(storage: BaseStorage) -> None:
    study = create_study(sweep(), storage)
    assert importance(study) == {}
    assert trial_rows(study) == []
    assert "No trial" in summarise(study, sweep())


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


def test_trials_keep_what_the_base_says() -> None:
    config = sweep(base=parse_config({"optimizer": "adam", "learning_rate": 0.01}))
    made = config.train_config({"hidden_sizes": "64-32", "learning_rate": 0.1})
    assert made == TrainConfig(optimizer="adam", learning_rate=0.1, hidden_sizes=(64, 32))
