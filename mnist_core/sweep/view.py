"""A study as a page shows it: every trial with its curve, how far it is, and how it stands."""

from dataclasses import dataclass
from typing import Any, Literal

from optuna.study import Study
from optuna.trial import TrialState

from mnist_core.config.sweep import SweepConfig
from mnist_core.sweep.analysis import trial_rows
from mnist_core.sweep.listed import JOB, is_hidden, user_of
from mnist_core.sweep.study import DOWNLOAD, ERROR, INSTEAD_OF, STOP, recorded_populations

StudyState = Literal["running", "completed", "stopped", "failed", "interrupted"]


@dataclass(frozen=True)
class StudyView:
    """A study at one moment.

    ``rows`` are those of ``trial_rows`` and, with their latest ``val_accuracy``, the trials under
    way (``running``) and those that a stop left unfinished (``stopped``).
    ``curves`` are trial -> (epoch, validation accuracy).
    ``share`` of the work, 0 to 1, is done: trials that have ended and epochs of the others.
    ``best`` is the row with the highest validation accuracy. ``models_per_second`` and
    ``seconds_left`` are those of its jobs together, 0 while they are not known. ``user`` is whose
    it is, ``hidden`` whether from others.
    """

    name: str
    config: SweepConfig
    state: StudyState
    stopping: bool
    error: str
    done: int
    planned: int
    share: float
    rows: list[dict[str, Any]]
    curves: dict[int, list[tuple[int, float]]]
    download: float
    models_per_second: float
    seconds_left: float
    user: str
    hidden: bool

    @property
    def active(self) -> bool:
        return self.state == "running"

    @property
    def last_epoch(self) -> int:
        """The epochs of the trial that is to train longest."""
        epochs = self.config.base.epochs
        return max((row.get("epochs", epochs) for row in self.rows), default=epochs)

    @property
    def best(self) -> dict[str, Any] | None:
        measured = [row for row in self.rows if row["val_accuracy"] is not None]
        return max(measured, key=lambda row: row["val_accuracy"], default=None)


def view(study: Study, config: SweepConfig, active: bool) -> StudyView:
    """Read a study; ``active`` says whether jobs work on it or wait for a worker."""
    attributes = study.user_attrs
    rows = trial_rows(study)
    done = len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED)))
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    curves: dict[int, list[tuple[int, float]]] = {}
    paces: dict[str, float] = {}
    for kept in recorded_populations(study):
        for number, values in kept.curves.items():
            curves[number] = [((i + 1) * kept.stride, y) for i, y in enumerate(values)]
        if active and attributes.get(JOB + kept.job) and kept.models_per_second:
            paces[kept.job] = kept.models_per_second
    # One that is being made at this moment has no values yet.
    unfinished = [
        (trial, "running") for trial in running if active and len(trial.params) == len(config.axes)
    ]
    waiting = study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
    replaced = {trial.user_attrs.get(INSTEAD_OF) for trial in waiting}
    given_back = study.get_trials(deepcopy=False, states=(TrialState.FAIL,)) if replaced else []
    unfinished += [
        (trial, "stopped")
        for trial in given_back
        if trial.number in replaced and curves.get(trial.number)
    ]
    work = float(done)
    for trial, state in unfinished:
        points = curves.get(trial.number)
        latest = None
        if points:
            epoch, latest = points[-1]
            work += epoch / trial.params.get("epochs", config.base.epochs)
        row = {"trial": trial.number, "state": state, "val_accuracy": latest}
        rows.append({**row, "parameters": None, **trial.params})
    shown = {row["trial"] for row in rows}
    pace = sum(paces.values())
    return StudyView(
        name=study.study_name,
        config=config,
        state=_state(attributes, active, done >= config.planned),
        stopping=bool(attributes.get(STOP)),
        error=str(attributes.get(ERROR) or ""),
        done=done,
        planned=config.planned,
        share=min(work / config.planned, 1.0),
        rows=rows,
        curves={trial: points for trial, points in curves.items() if trial in shown},
        download=attributes.get(DOWNLOAD, 1.0),
        models_per_second=pace,
        seconds_left=max(config.planned - work, 0.0) / pace if pace else 0.0,
        user=user_of(study),
        hidden=is_hidden(study),
    )


def _state(attributes: dict[str, Any], active: bool, complete: bool) -> StudyState:
    if active:
        return "running"
    if complete:
        return "completed"
    if attributes.get(ERROR):
        return "failed"
    return "stopped" if attributes.get(STOP) else "interrupted"
