"""Studies in Optuna's storage: made, found, extended, and kept whole after a crash."""

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import optuna
from filelock import FileLock
from optuna.storages import BaseStorage
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState
from pydantic import TypeAdapter

from mnist_core.config.sweep import MAX_STUDY_NAME, MAX_TRIALS, NO_LONGER, SweepConfig
from mnist_core.config.texts import check_name
from mnist_core.errors import ConfigError, Problem, StoreError
from mnist_core.runs.users import SERVER
from mnist_core.settings import Settings
from mnist_core.sweep.listed import JOB, SWEEP, USER, study_names
from mnist_core.sweep.sampling import COUNTED, LIVE, distributions, make_sampler, values_of
from mnist_core.sweep.storage import storage_errors

INSTEAD_OF = "instead_of"  # a trial's attribute: the interrupted trial that it is tried for

# Attributes of a study:
CURVES = "population."  # with a number: a RecordedPopulation
STOP, ERROR = "stop", "error"  # that it is to stop; why its last job failed
DOWNLOAD = "download"  # the share of the data set that has arrived

ASKED_AT_ONCE = 8  # trials until a job looks whether others have taken the rest


@storage_errors()
def create_study(config: SweepConfig, storage: BaseStorage, user: str = SERVER) -> Study:
    """A new study of ``user``; nothing runs yet.

    Raises:
        ConfigError: there is one of this name, the name has more than a line, or the objective is
            no longer measured.
    """
    check_name("name", config.name, MAX_STUDY_NAME)
    if config.objective == NO_LONGER:
        allowed = (
            "is no longer measured, since networks that train together have no seconds of their "
            "own; take accuracy_vs_parameters"
        )
        raise ConfigError([Problem("objective", config.objective, allowed)])
    try:
        study = optuna.create_study(
            storage=storage,
            study_name=config.name,
            directions=config.directions,
            sampler=make_sampler(config),
        )
    except optuna.exceptions.DuplicatedStudyError:
        allowed = "a study of this name exists; resume it, or choose another name"
        raise ConfigError([Problem("name", config.name, allowed)]) from None
    if user != SERVER:  # first: what has no configuration is no study of ours yet
        study.set_user_attr(USER, user)
    study.set_user_attr(SWEEP, config.model_dump_json())
    return study


@contextmanager
def record_of(study: Study) -> Iterator[None]:
    """Whatever a study's attributes are instead of ours is a StoreError."""
    try:
        yield
    except (LookupError, TypeError, ValueError, ConfigError) as error:
        what = " ".join(str(error).split())
        raise StoreError(
            f"the study {study.study_name!r} cannot be read: it is damaged, or of another version "
            f"of MNIST Lab ({what}). Open it with the version that made it."
        ) from error


def config_of(study: Study) -> SweepConfig:
    """What a study explores. Raises StoreError if its record cannot be read."""
    with record_of(study):
        return SweepConfig.model_validate_json(study.user_attrs[SWEEP])


@storage_errors()
def load_study(name: str, storage: BaseStorage, worker: int = 0) -> tuple[Study, SweepConfig]:
    """A study as it stands, ready to go on, and its configuration.

    Each of several processes that run one study gives a ``worker`` number of its own.

    Raises:
        ConfigError: there is none of this name.
        StoreError: it cannot be read.
    """
    names = study_names(storage)
    if name not in names:
        allowed = "no such study; there are " + (", ".join(names) or "none yet")
        raise ConfigError([Problem("name", name, allowed)])
    study = optuna.load_study(study_name=name, storage=storage)
    config = config_of(study)
    study.sampler = make_sampler(config, len(study.get_trials(deepcopy=False)), worker)
    return study, config


@storage_errors()
def extend_study(name: str, trials: int, storage: BaseStorage) -> SweepConfig:
    """Allow a study ``trials`` more; they are run when it goes on.

    Raises:
        ConfigError: it is a grid, or would have more than MAX_TRIALS.
    """
    study, config = load_study(name, storage)
    if config.sampler == "grid":
        allowed = "a grid has no more points; duplicate the study with a finer grid"
        raise ConfigError([Problem("sampler", "grid", allowed)])
    if not 1 <= trials <= MAX_TRIALS - config.trials:
        allowed = f"must be from 1 to {MAX_TRIALS - config.trials:,}"
        raise ConfigError([Problem("trials", trials, allowed)])
    extended = config.changed(trials=config.trials + trials)
    study.set_user_attr(SWEEP, extended.model_dump_json())
    return extended


@storage_errors()
def trials_left(study: Study, config: SweepConfig) -> int:
    """Trials that are planned and neither done nor under way."""
    done = sum(t.state in COUNTED for t in study.get_trials(deepcopy=False))
    return max(config.planned - done, 0)


@contextmanager
def _turn() -> Iterator[None]:
    """Ask alone: from SQLite, two jobs could get the same waiting trial at the same moment."""
    settings = Settings()
    if settings.studies_uri.startswith("sqlite:"):
        settings.home.mkdir(parents=True, exist_ok=True)
        with FileLock(settings.home / "studies.lock"):
            yield
    else:
        yield


@storage_errors()
def ask_trials(study: Study, config: SweepConfig, count: int) -> list[optuna.Trial]:
    """At most ``count`` more trials; fewer, or none, where other jobs have taken the rest.

    However many jobs ask at once, no more are ever run than were planned: a trial that finds as
    many before it gives up, and trials are numbered in the order in which they are made.
    """
    space, kept = distributions(config), list[optuna.Trial]()
    while left := min(trials_left(study, config), count - len(kept)):
        with _turn():
            asked = [study.ask(space) for _ in range(min(left, ASKED_AT_ONCE))]
        before = {t.number: values_of(t) for t in study.get_trials(deepcopy=False, states=LIVE)}
        for trial in asked:
            earlier = [params for number, params in before.items() if number < trial.number]
            twice = config.sampler == "grid" and trial.params in earlier
            if twice or len(earlier) >= config.planned:
                study.tell(trial, state=TrialState.FAIL)
                del before[trial.number]
            else:
                kept.append(trial)
    return kept


@storage_errors()
def give_back(study: Study, trial: FrozenTrial | optuna.Trial) -> None:
    """Have the values of a trial that was interrupted asked for again, as a trial of its own."""
    config = config_of(study)
    # One whose worker was lost while it was made has no values; another is made in its place. In
    # this order, so that no other job takes the place in between.
    if len(trial.params) == len(config.axes):
        study.enqueue_trial(trial.params, user_attrs={INSTEAD_OF: trial.number})
    study.tell(trial.number, state=TrialState.FAIL)


@storage_errors()
def recover(study: Study, among: Collection[int] | None = None) -> int:
    """Give back the trials that a crash left running; returns how many.

    Only for a study that nobody is working on, or for those trials (``among``) whose job is gone.
    """
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    stale = [trial for trial in running if among is None or trial.number in among]
    for trial in stale:
        give_back(study, trial)
    return len(stale)


@storage_errors()
def value_curves(study: Study) -> dict[int, list[float]]:
    """For each trial what it has reported after epochs 1, 2, 3 ..., negative if less is better.

    Without those that were given back: the trials in their place report their epochs again.
    """
    sign = 1 if study.direction == StudyDirection.MAXIMIZE else -1
    return {
        trial.number: [sign * value for _, value in sorted(trial.intermediate_values.items())]
        for trial in study.get_trials(deepcopy=False, states=COUNTED)
    }


@dataclass(frozen=True)
class RecordedPopulation:
    """What a job writes of a population while it trains.

    ``curves`` are trial -> validation accuracy after each ``stride``-th epoch, ``left`` the runs of
    ``trials`` that a stop left unfinished.
    """

    job: str
    trials: list[int]
    stride: int
    curves: dict[int, list[float]]
    left: dict[int, str] = field(default_factory=dict)
    models_per_second: float = 0.0


POPULATION = TypeAdapter(RecordedPopulation)


def recorded_populations(study: Study) -> list[RecordedPopulation]:
    """What its jobs have written of each population. Raises StoreError if it cannot be read."""
    with record_of(study):
        kept = study.user_attrs.items()
        return [POPULATION.validate_json(v) for k, v in kept if k.startswith(CURVES)]


def job_text(owner: str) -> str:
    """A job's attribute while it is open: since when, and by whose signs of life it lives."""
    return f"{time.time():.3f} {owner}"


def open_jobs(study: Study) -> dict[str, tuple[float, str]]:
    """The jobs that have not said that they ended: since when (s since 1970), and whose they are.

    A job whose owner was killed says nothing. Raises StoreError if the record cannot be read.
    """
    jobs = {}
    with record_of(study):
        for key, value in study.user_attrs.items():
            if key.startswith(JOB) and value:
                since, owner = str(value).split(" ", 1)
                jobs[key.removeprefix(JOB)] = (float(since), owner)
    return jobs


@storage_errors()
def reopen(study: Study) -> None:
    """Make a study that nobody works on ready to go on. A job that wakes up finds itself ended."""
    for job in open_jobs(study):
        study.set_user_attr(JOB + job, "")
    recover(study)
    study.set_user_attr(STOP, False)
    study.set_user_attr(ERROR, "")
