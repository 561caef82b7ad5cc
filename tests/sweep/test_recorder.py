"""Studies as they are kept: every trial a run, stopped and resumed, and from the command line."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from optuna.study import Study
from optuna.trial import TrialState

from mnist_core.charts.parallel import parallel
from mnist_core.charts.sweep import accuracy_map, curves, pareto
from mnist_core.cli.main import main
from mnist_core.config.axes import parse_axis
from mnist_core.config.sweep import SweepConfig, parse_sweep
from mnist_core.data.events import DataReady
from mnist_core.errors import SupersededError
from mnist_core.runs.execution import execute
from mnist_core.runs.library import RunLibrary
from mnist_core.runs.store import RunStore
from mnist_core.sweep.events import TrialEvent, TrialStarted
from mnist_core.sweep.execution import execute_study
from mnist_core.sweep.sampling import distributions
from mnist_core.sweep.storage import open_storage
from mnist_core.sweep.study import STOP, create_study, load_study, recover, reopen, trials_left
from mnist_core.sweep.view import view
from tests.helpers.files import write_mnist
from tests.helpers.gate import Gate

SWEEP = {
    "name": "study",
    "base": {"epochs": 3, "batch_size": 5},
    "axes": {"hidden_sizes": "4,8", "learning_rate": "0.1,0.5"},
    "trials": 4,
}


@pytest.fixture(autouse=True)
def _data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_mnist(tmp_path / "data")
    monkeypatch.setenv("MNIST_LAB_DATA", str(tmp_path / "data"))


@pytest.fixture
def _reports_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """A study looks whether it should stop whenever its population reports how far it is."""
    monkeypatch.setattr("mnist_core.population.train.PROGRESS_INTERVAL", 0.0)


def run_and_stop(study: Study, config: SweepConfig, store: RunStore) -> None:
    """Run a study until every trial has been trained for an epoch."""
    waiting = set()
    for event in execute_study(study, config, store, "job"):
        if isinstance(event, TrialStarted):
            waiting.add(event.trial)
        elif isinstance(event, TrialEvent):
            waiting.discard(event.trial)
            study.set_user_attr(STOP, not waiting)


def test_every_trial_is_a_run_with_its_curve_and_its_network() -> None:
    config, store = parse_sweep(SWEEP), RunStore()
    study = create_study(config, open_storage())
    events = list(execute_study(study, config, store, "job"))
    assert any(isinstance(event, DataReady) for event in events)
    runs = {run.trial: run for run in store.newest()}
    assert sorted(runs) == [0, 1, 2, 3]
    for trial in study.trials:
        run = runs[trial.number]
        assert (run.study, run.state, run.ready) == ("study", "completed", True)
        assert run.config == config.train_config(trial.params)
        rows = store.history(run.id)
        assert [row["epoch"] for row in rows] == [1, 2, 3]
        assert rows[-1]["val_accuracy"] == trial.value == run.result["val_accuracy"]
        state = store.load_state(run.id, torch.device("cpu"))
        assert state is not None
        assert state.model.parameter_count == run.started["parameters"]
    seen = view(study, config, active=False)
    assert (seen.state, seen.done) == ("completed", 4)
    assert {trial: [y for _, y in line] for trial, line in seen.curves.items()} == {
        t: [round(row["val_accuracy"], 4) for row in store.history(run.id)]
        for t, run in runs.items()
    }


@pytest.mark.usefixtures("_reports_every_step")
def test_a_stopped_study_goes_on_with_what_is_left() -> None:
    config, store = parse_sweep(SWEEP), RunStore()
    study = create_study(config, open_storage())
    run_and_stop(study, config, store)
    assert trials_left(study, config) == 4
    assert recover(study) == 0  # those under way were given back
    left = {run.trial: run for run in store.newest()}
    assert sorted(left) == [0, 1, 2, 3]
    stopped = view(study, config, active=False)
    assert (stopped.state, stopped.done) == ("stopped", 0)
    assert {row["trial"]: row["state"] for row in stopped.rows} == dict.fromkeys(left, "stopped")
    assert sorted(stopped.curves) == sorted(left)
    for run in left.values():
        assert (run.state, run.ready) == ("interrupted", True)
        state = store.load_state(run.id, torch.device("cpu"))
        assert state is not None
        assert state.epoch == len(store.history(run.id)) >= 1


@pytest.mark.slow
@pytest.mark.usefixtures("_reports_every_step")
def test_a_trial_that_was_stopped_ends_as_if_it_had_not_been() -> None:
    """Stopped once and once more, with a pruner that must see the epochs before the stops."""
    store = RunStore()
    values = {**SWEEP, "pruner": "median", "base": {"epochs": 8, "batch_size": 5}}

    def study_of(name: str, stops: int) -> tuple[Study, SweepConfig]:
        config = parse_sweep({**values, "name": name})
        study = create_study(config, open_storage())
        for _ in range(stops):
            study.set_user_attr(STOP, False)
            run_and_stop(study, config, store)
            assert view(study, config, active=False).state == "stopped"
        study.set_user_attr(STOP, False)
        events = list(execute_study(study, config, store, "job"))
        first = {e.trial: e.event.epoch for e in reversed(events) if isinstance(e, TrialEvent)}
        assert all((epoch > 1) == (stops > 0) for epoch in first.values())
        return study, config

    whole, config = study_of("whole", 0)
    stopped, _ = study_of("stopped", 2)
    seen = view(stopped, config, active=False)
    assert (seen.state, seen.done, len(seen.rows)) == ("completed", 4, 4)
    ends = {}
    for study in (whole, stopped):
        runs = {run.trial: run for run in store.newest() if run.study == study.study_name}
        assert len(runs) == 4
        ends[study.study_name] = {
            tuple(trial.params.values()): (
                trial.state,
                trial.value,
                trial.intermediate_values,
                runs[trial.number].result["test_loss"],
                [row["train_loss"] for row in store.history(runs[trial.number].id)],
            )
            for trial in study.trials
            if trial.state != TrialState.FAIL
        }
        for run in runs.values():
            assert run.name.endswith(f"(trial {run.trial})")
            assert run.state == ("completed" if run.result["epoch"] == 8 else "stopped")
    assert ends["stopped"] == ends["whole"]


@pytest.mark.usefixtures("_reports_every_step")
def test_a_run_that_was_deleted_or_went_on_alone_is_tried_anew() -> None:
    config, store = parse_sweep(SWEEP), RunStore()
    study = create_study(config, open_storage())
    run_and_stop(study, config, store)
    left = store.newest()
    RunLibrary(store).delete([left[0].id])
    store.requeue(left[1].id)
    list(execute(left[1].id, store))
    study.set_user_attr(STOP, False)
    events = list(execute_study(study, config, store, "job"))
    started = [e for e in events if isinstance(e, TrialStarted)]
    anew = {e.instead_of for e in started if not e.rows}
    assert anew == {left[0].trial, left[1].trial}
    runs = store.newest()
    assert sorted(run.trial for run in runs) == sorted([left[1].trial, *(e.trial for e in started)])
    assert all(run.state == "completed" for run in runs)


def test_a_job_that_was_taken_for_lost_changes_nothing_when_it_wakes_up() -> None:
    """Its worker slept for so long that somebody resumed the study."""
    config, store = parse_sweep({**SWEEP, "base": {"epochs": 20, "batch_size": 5}}), RunStore()
    study = create_study(config, open_storage())
    events = execute_study(study, config, store, "asleep")
    next(event for event in events if isinstance(event, TrialEvent))
    reopen(study)
    list(execute_study(study, config, store, "awake"))
    attributes, trials, runs = study.user_attrs, study.trials, store.newest()
    with pytest.raises(SupersededError):
        list(events)
    assert (study.user_attrs, study.trials, store.newest()) == (attributes, trials, runs)
    assert len(runs) == config.planned
    assert view(study, config, active=False).state == "completed"


def test_the_trials_of_a_lost_worker_are_given_back_to_its_job() -> None:
    config, store = parse_sweep(SWEEP), RunStore()
    study = create_study(config, open_storage())
    trial = study.ask(distributions(config))
    study.ask()  # its worker was lost before it had values
    kept = {"job": "job", "trials": [trial.number, 1], "stride": 1, "curves": {}}
    study.set_user_attr("population.0", json.dumps(kept))
    list(execute_study(study, config, store, "job"))
    assert [t.state.name for t in study.trials] == ["FAIL"] * 2 + ["COMPLETE"] * 4
    assert view(study, config, active=False).done == 4


def test_the_command_line_runs_a_study(capsys: pytest.CaptureFixture[str]) -> None:
    command = "sweep --hidden-sizes 4,8 --learning-rate 0.1:0.5:log --trials 4 --epochs 1 --json"
    assert main([*command.split(), "--name", "cli"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["event"] for line in lines[:2]] == ["DataReady", "StudyStarted"]
    assert sum(line.get("event") == "TrialEnd" for line in lines) == 4
    assert lines[-1]["study"] == "cli"
    assert len(RunStore().newest()) == 4
    assert load_study("cli", open_storage())[1].base.epochs == 1


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        ("--learning-rate 1:0.1", "--learning-rate '1:0.1': must begin below its end"),
        ("--learning-rate ,", "--learning-rate '': is an empty axis"),
        ("--learning-rate 0.1,0.5 --trials 10000000", "--trials '10000000'"),
        ("--resume other", "--resume 'other': no such study; there are none yet"),
        ("--resume other --epochs 3", "--epochs '3': cannot be given with --resume"),
        ("--resume other --trials 3", "--trials '3': cannot be given with --resume"),
    ],
)
def test_the_command_line_refuses_by_flag(
    capsys: pytest.CaptureFixture[str], flags: str, says: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["sweep", *flags.split()])
    assert ended.value.code == 2
    assert says in capsys.readouterr().err
    assert RunStore().newest() == []


@pytest.mark.slow
def test_the_command_line_stops_and_goes_on(gate: Gate, capsys: pytest.CaptureFixture[str]) -> None:
    gate.allow(2)
    command = "sweep --hidden-sizes 4,8 --epochs 4 --batch-size 5 --name study --trials 2 --json"
    with subprocess.Popen(
        [sys.executable, "-m", "mnist_core", *command.split()], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = map(json.loads, process.stdout)
        ends = (line for line in lines if line["event"] == "EpochEnd" and line["epoch"] == 2)
        assert {next(ends)["trial"], next(ends)["trial"]} == {0, 1}
        with pytest.raises(SystemExit):
            main(["sweep", "--resume", "study"])
        assert "--resume 'study': is running; stop it first" in capsys.readouterr().err
        process.send_signal(signal.SIGTERM)
        rest = [json.loads(line) for line in process.stdout]
    assert process.returncode == 130
    assert [line["trial"] for line in rest if line.get("event") == "TrialLeft"] == [0, 1]
    assert main(["sweep", "--resume", "study", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    first = next(line for line in lines if line.get("event") == "EpochEnd")
    assert first["epoch"] == 3
    assert lines[-1]["summary"]
    assert sorted(run.state for run in RunStore().newest()) == ["completed"] * 2


def test_charts_of_512_trials_are_a_few_traces() -> None:
    axes = (parse_axis("hidden_sizes", "16,32"), parse_axis("learning_rate", "0.01:1:log"))
    rows = [
        {
            "trial": i,
            "state": "completed",
            "val_accuracy": i / 512,
            "parameters": i + 1,
            "hidden_sizes": 16 + 16 * (i % 2),
            "learning_rate": 0.01 + i / 600,
        }
        for i in range(512)
    ]
    lines = {i: [(1, 0.1), (2, 0.2)] for i in range(512)}
    drawn = curves(lines, rows, axes, best=511, last_epoch=2)
    assert [trace.type for trace in drawn.data] == ["scattergl", "scattergl"]
    assert list(drawn.data[1].customdata) == [511, 511, None]
    grid = accuracy_map(rows, axes[1], axes[0], axes, grid=True)
    assert set(grid.data[1].customdata) == set(range(512))
    others, best = parallel(rows, axes).data
    assert set(best.customdata) == {*range(460, 512), None}
    assert len(set(others.customdata) | set(best.customdata)) == 513
    assert pareto(rows, "parameters", "parameters", axes).data[1].customdata == tuple(range(512))


def test_parallel_coordinates_say_which_values_an_axis_has() -> None:
    axes = (parse_axis("hidden_sizes", "16,32,64-32"), parse_axis("learning_rate", "0.01:1:log"))
    rows = [
        {"trial": i, "val_accuracy": y, "hidden_sizes": h, "learning_rate": r}
        for i, (y, h, r) in enumerate(
            [(0.5, 16, 0.01), (0.9, 32, 0.1), (0.7, "64-32", 1.0), (None, 16, 0.5)]
        )
    ]
    figure = parallel(rows, axes)
    marks = {(note.x, note.y): note.text for note in figure.layout.annotations}
    assert [marks[0, y] for y in (0, 0.5, 1)] == ["16", "32", "64-32"]
    assert [marks[1, y] for y in (0, 1)] == ["0.01", "1"]
    assert [marks[2, y] for y in (0, 1)] == ["50.0%", "90.0%"]
    others, best = figure.data
    assert list(best.customdata) == [1, 1, 1, None]
    assert list(best.y[:3]) == pytest.approx([0.5, 0.5, 1.0])
    assert list(others.y[:3]) == pytest.approx([0.0, 0.0, 0.0])
