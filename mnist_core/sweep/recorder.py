"""Writes what a study reports where it is kept: trials as runs, and the curves as they grow.

A write into MLflow takes some 10 ms, and a round of 512 trials would take five seconds of them. So
while they train, the curves of a whole population are one attribute of the study, written once a
round; a trial becomes a run when it ends, with its rows, its figures and its network at once.
"""

import json
import time
from dataclasses import asdict
from typing import Any

from mlflow.entities import Metric, Param, RunTag
from optuna.study import Study

from mnist_core.config.fields import format_sizes
from mnist_core.config.train import TrainConfig
from mnist_core.data.events import DataReady
from mnist_core.data.pictures import ResidentDataset
from mnist_core.data.split import split_rows
from mnist_core.errors import RunNotFoundError
from mnist_core.nn.events import EpochEnd, Finished
from mnist_core.nn.state import TrainState
from mnist_core.runs.records import MLFLOW_STATUS, TAG, Run, Segment, State, run_name, segments_json
from mnist_core.runs.store import EPOCH_METRICS, RunStore, this_process
from mnist_core.sweep.events import StudyEvent, StudyProgress, TrialEvent, TrialLeft, TrialStarted
from mnist_core.sweep.population import EarlierTrial
from mnist_core.sweep.study import CURVES, recorded_populations

CURVE_POINTS = 100  # of longer curves the study keeps every second, third ... epoch
WRITE_INTERVAL = 0.5  # seconds between two writes of the same population
MAX_BATCH = 900  # metrics in one request; MLflow takes 1,000
MAX_LABEL = 50  # characters of a run's tag


class StudyRecorder:
    """Takes the events of one job of a study, in order.

    The study's attribute ``population.N`` (N is the first trial) is JSON: ``job``, ``trials``
    (their numbers), ``curves`` (trial -> validation accuracies at epochs ``stride``,
    2 ``stride`` ...), ``left`` (trial -> the id of its run, for those that a stop left unfinished)
    and, of the job at that time, ``models_per_second`` and ``seconds_left``.

    Attributes:
        states: the networks of the trials under way, which ``run_study`` keeps filled.
    """

    def __init__(
        self, study: Study, store: RunStore, job: str, ready: DataReady, data: ResidentDataset
    ) -> None:
        self.study = study
        self.store = store
        self.job = job
        self.ready = ready
        self.data = data
        self.states: dict[int, TrainState] = {}
        self._configs: dict[int, TrainConfig] = {}
        self._began: dict[int, float] = {}
        self._rows: dict[int, list[EpochEnd]] = {}
        self._open: set[int] = set()
        self._left: dict[int, str] = {}  # the runs of trials that this job leaves
        self._left_before = _left(study)
        self._runs: dict[int, str] = {}  # of trials that go on where others were left
        self._pace: dict[str, float] = {}
        self._written = 0.0

    def record(self, event: StudyEvent) -> None:
        """Take one event. A trial's run is in the store before the study knows its result."""
        match event:
            case TrialStarted():
                if self._configs and not self._open:  # the population before has ended
                    self.flush()
                    self._configs, self._began, self._rows = {}, {}, {}
                self._configs[event.trial] = event.config
                self._began[event.trial] = time.time()
                self._open.add(event.trial)
                if event.rows and event.instead_of is not None:
                    self._rows[event.trial] = list(event.rows)
                    self._runs[event.trial] = self._left_before[event.instead_of]
            case TrialEvent(trial, EpochEnd() as end):
                self._rows.setdefault(trial, []).append(end)
            case TrialEvent(trial, Finished() as end):
                self._keep(trial, end)
                self._open.remove(trial)
            case TrialLeft():
                self._left[event.trial] = self._keep(event.trial, None)
            case StudyProgress():
                self._pace = {
                    "models_per_second": event.models_per_second,
                    "seconds_left": event.seconds_left,
                }
                if time.monotonic() - self._written > WRITE_INTERVAL:
                    self.flush()

    def earlier(self, trial: int) -> EarlierTrial | None:
        """A trial that a stop left unfinished, as its run has it.

        None for any other trial, and if its run has been deleted or has gone on without us.
        """
        run = self._left_as(self._left_before.get(trial))
        state = self.store.load_state(run.id, self.data.images.device) if run else None
        if run is None or state is None:
            return None
        rows = self.store.history(run.id)
        ends = (EpochEnd(int(r["epoch"]), **{key: r[key] for key in EPOCH_METRICS}) for r in rows)
        return EarlierTrial(tuple(ends), state)

    def _left_as(self, run_id: str | None) -> Run | None:
        """A run that a stop left unfinished, if it still is."""
        try:
            run = self.store.get(run_id) if run_id else None
        except RunNotFoundError:
            return None
        return run if run is not None and run.state == "interrupted" else None

    def flush(self) -> None:
        """Write the curves as they are."""
        if not self._configs:
            return
        epochs = max(config.epochs for config in self._configs.values())
        stride = -(-epochs // CURVE_POINTS)
        curves = {
            trial: [round(row.val_accuracy, 4) for row in rows if row.epoch % stride == 0]
            for trial, rows in self._rows.items()
        }
        value = {
            "job": self.job,
            "trials": list(self._configs),
            "stride": stride,
            "curves": curves,
            "left": self._left,
            **self._pace,
        }
        self.study.set_user_attr(f"{CURVES}{min(self._configs)}", json.dumps(value))
        self._written = time.monotonic()

    def _keep(self, trial: int, end: Finished | None) -> str:
        """Make a run of a trial that has ended, or (``end`` is None) is left; returns its id.

        The run of a trial that went on where another was left is that one's, brought up to date.
        """
        config, rows = self._configs[trial], self._rows[trial]
        client, now = self.store._client, int(time.time() * 1000)
        state = self.states[trial]
        before = self._left_as(self._runs.pop(trial, None))
        if before is None:
            run_id = self._create(trial, config, state)
        else:
            run_id = before.id
            client.update_run(run_id, name=before.name.replace(_named(before.trial), _named(trial)))
        tags = {"trial": str(trial)}
        figures = {"best_val_accuracy": state.best_accuracy}
        if end is not None:
            tags["result"] = json.dumps(asdict(end))
            figures |= {"test_accuracy": end.test_accuracy, "test_loss": end.test_loss}
        checkpoint = f"checkpoints/epoch-{state.epoch:06d}-{time.time_ns()}.safetensors"
        self.store._upload(run_id, checkpoint, state.to_bytes())
        metrics = [
            Metric(key, getattr(row, key), now, row.epoch) for row in rows for key in EPOCH_METRICS
        ]
        metrics += [Metric(key, value, now, state.epoch) for key, value in figures.items()]
        for i in range(MAX_BATCH, len(metrics), MAX_BATCH):
            client.log_batch(run_id, metrics=metrics[i : i + MAX_BATCH])
        settings = {**config.model_dump(), "hidden_sizes": format_sizes(config.hidden_sizes)}
        outcome: State = "interrupted" if end is None else end.outcome
        tags |= {"checkpoint": checkpoint, "state": outcome}
        client.log_batch(
            run_id,
            metrics=metrics[:MAX_BATCH],
            params=[Param(key, str(value)) for key, value in settings.items()],
            tags=[RunTag(TAG + key, value) for key, value in tags.items()],
        )
        client.set_terminated(run_id, MLFLOW_STATUS[outcome])
        if before is not None:
            self.store._delete_checkpoints(run_id, lambda path: path != checkpoint)
        return run_id

    def _create(self, trial: int, config: TrainConfig, state: TrainState) -> str:
        """A run for a trial, without its results; returns its id."""
        tags = {
            "state": "interrupted",  # until all of it is there
            "queued": repr(self._began[trial]),
            "owner": this_process(),
            "segments": segments_json([Segment(0, config)]),
            "study": self.study.study_name,
            "labels": json.dumps([self.study.study_name[:MAX_LABEL]]),
            "data": json.dumps(asdict(self.ready)),
            "started": json.dumps(self._started(config, state)),
        }
        created = self.store._client.create_run(
            self.store._experiment,
            start_time=int(self._began[trial] * 1000),
            run_name=f"{run_name(config)} {_named(trial)}",
            tags={TAG + key: value for key, value in tags.items()},
        )
        return str(created.info.run_id)

    def _started(self, config: TrainConfig, state: TrainState) -> dict[str, Any]:
        """The fields of the event that the run would have begun with, alone."""
        train_rows, val_rows = split_rows(self.data, config.val_fraction)
        return {
            "parameters": state.model.parameter_count,
            "layers": state.model.shapes,
            "train_examples": len(train_rows),
            "val_examples": len(val_rows),
            "test_examples": len(self.data.test_labels),
            "device": str(state.device),
            "first_epoch": 0,
            "last_epoch": config.epochs,
        }


def _named(trial: int) -> str:
    """How a run's name says which trial it is."""
    return f"(trial {trial})"


def _left(study: Study) -> dict[int, str]:
    """For each trial that a stop left unfinished the id of its run."""
    return {
        int(trial): run
        for population in recorded_populations(study)
        for trial, run in population.get("left", {}).items()
    }
