"""Writes what a study reports where it is kept: trials as runs, and the curves as they grow.

A write into MLflow takes some 10 ms, and a round of 512 trials would take five seconds of them. So
while they train, the curves of a whole population are one attribute of the study, written once a
round; a trial becomes a run when it ends, with its rows, its figures and its network at once.
"""

import json
import time
from dataclasses import asdict

from optuna.study import Study

from mnist_core.config.train import TrainConfig
from mnist_core.data.events import DataReady
from mnist_core.data.resident import ResidentDataset
from mnist_core.data.split import split_rows
from mnist_core.errors import RunNotFoundError
from mnist_core.nn.events import EpochEnd, Finished, Started
from mnist_core.nn.state import TrainState
from mnist_core.runs.claim import ROW_METRICS
from mnist_core.runs.records import Run, Trial, run_name
from mnist_core.runs.store import RunStore
from mnist_core.sweep.events import StudyEvent, StudyProgress, TrialEvent, TrialLeft, TrialStarted
from mnist_core.sweep.listed import is_hidden, user_of
from mnist_core.sweep.population import EarlierTrial
from mnist_core.sweep.study import CURVES, RecordedPopulation, recorded_populations

CURVE_POINTS = 100  # of longer curves the study keeps every second, third ... epoch
WRITE_INTERVAL = 0.5  # seconds between two writes of the same population


class StudyRecorder:
    """Takes the events of one job of a study, in order.

    The study's attribute ``population.N`` (N is the first trial) is JSON: ``job``, ``trials``
    (their numbers), ``curves`` (trial -> validation accuracies at epochs ``stride``,
    2 ``stride`` ...), ``left`` (trial -> the id of its run, for those that a stop left unfinished)
    and, of the job at that time, ``models_per_second``.

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
        self._pace = 0.0
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
                self._pace = event.models_per_second
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
        ends = (EpochEnd(int(r["epoch"]), **{key: r[key] for key in ROW_METRICS}) for r in rows)
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
        kept = RecordedPopulation(
            self.job, list(self._configs), stride, curves, self._left, self._pace
        )
        self.study.set_user_attr(f"{CURVES}{min(self._configs)}", json.dumps(asdict(kept)))
        self._written = time.monotonic()

    def _keep(self, trial: int, end: Finished | None) -> str:
        """Make a run of a trial that has ended, or (``end`` is None) is left; returns its id.

        The run of a trial that went on where another was left is that one's, brought up to date.
        """
        config, state = self._configs[trial], self.states[trial]
        before = self._left_as(self._runs.pop(trial, None))
        name = f"{run_name(config)} {_named(trial)}"
        if before is not None:  # a person may have given it another name
            name = before.name.replace(_named(before.trial), _named(trial))
        return self.store.add_finished_run(
            config,
            name,
            state,
            self._rows[trial],
            end,
            ready=self.ready,
            started=self._started(config, state),
            begun=self._began[trial],
            trial=Trial(self.study.study_name, trial),
            instead_of=None if before is None else before.id,
            user=user_of(self.study),
            hidden=is_hidden(self.study),
        )

    def _started(self, config: TrainConfig, state: TrainState) -> Started:
        """The event that the run would have begun with, alone."""
        train_rows, val_rows = split_rows(self.data, config.val_fraction)
        return Started(
            parameters=state.model.parameter_count,
            layers=state.model.shapes,
            train_examples=len(train_rows),
            val_examples=len(val_rows),
            test_examples=len(self.data.test_labels),
            device=str(state.device),
            first_epoch=0,
            last_epoch=config.epochs,
        )


def _named(trial: int) -> str:
    """How a run's name says which trial it is."""
    return f"(trial {trial})"


def _left(study: Study) -> dict[int, str]:
    """For each trial that a stop left unfinished the id of its run."""
    return {
        trial: run
        for population in recorded_populations(study)
        for trial, run in population.left.items()
    }
