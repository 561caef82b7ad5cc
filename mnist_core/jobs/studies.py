"""Studies as Dask jobs: started, stopped, resumed, extended and looked at."""

import time
import uuid
from collections.abc import Callable
from typing import Any

from distributed import fire_and_forget
from optuna.study import Study
from optuna.trial import TrialState

from mnist_core.config.sweep import POPULATION, CostEstimate, SweepConfig
from mnist_core.errors import ConfigError, Problem
from mnist_core.jobs.cluster import WorkerInfo
from mnist_core.jobs.costs import Costs
from mnist_core.jobs.queue import JobQueue
from mnist_core.jobs.tasks import run_study_job, shared_storage
from mnist_core.runs.limits import check_sweep, check_trials
from mnist_core.runs.users import SERVER, check_may_change
from mnist_core.settings import Settings
from mnist_core.sweep.analysis import importance, summarise
from mnist_core.sweep.listed import (
    HIDDEN,
    JOB,
    Listed,
    listed_studies,
    studies_of,
    study_names,
    user_of,
)
from mnist_core.sweep.storage import Storage, storage_errors
from mnist_core.sweep.study import (
    STOP,
    config_of,
    create_study,
    extend_study,
    job_text,
    load_study,
    open_jobs,
    reopen,
    trials_left,
)
from mnist_core.sweep.view import StudyView, view

SUBMIT_TIME = 10.0  # seconds in which a job reaches the scheduler


class StudyQueue:
    """The studies in the storage that ``Settings`` names, and their jobs.

    ``queue`` gives the workers, and may wait for them: to list studies needs none. Every method
    raises StoreError if the storage cannot be used.
    """

    def __init__(self, queue: Callable[[], JobQueue]) -> None:
        self._queue = queue
        self.url = Settings().studies_uri
        self._studies: dict[str, Study] = {}
        self._costs = Costs(queue)
        self._missing: dict[str, float] = {}
        self._found: dict[tuple[str, str, int], Any] = {}

    @property
    def queue(self) -> JobQueue:
        return self._queue()

    @property
    def storage(self) -> Storage:
        return shared_storage(self.url)

    @storage_errors()
    def listed(self) -> list[Listed]:
        """The studies, the latest first."""
        return listed_studies(self.storage)

    def names(self) -> list[str]:
        """The names of all studies, the latest first."""
        return study_names(self.storage)

    @storage_errors()
    def training(self) -> list[str]:
        """The studies whose jobs our workers have, the latest first."""
        jobs = {job for worker in self.queue.workers() for job in worker.sweeps}
        return studies_of(jobs, self.storage) if jobs else []

    @storage_errors()
    def start(self, config: SweepConfig, by: str = SERVER) -> str:
        """Create a study of the user ``by`` and have workers run it; returns its name.

        Raises:
            ConfigError: there is one of this name, or this machine cannot train what its trials
                share.
            TooManyError: the user has as much under way, or kept, as is allowed.
        """
        self.queue.check(config.base, by)
        check_sweep(config, by)
        turn = self.queue.turns.next(by)
        study = create_study(config, self.storage, by)
        self._submit(study, config, turn)
        return config.name

    @storage_errors()
    def stop(self, name: str, by: str = SERVER) -> None:
        """Ask a study to stop; its trials under way are kept as of their last whole epoch.

        Raises:
            NotYoursError: it is another user's.
        """
        self._of_user(name, by)[0].set_user_attr(STOP, True)

    @storage_errors()
    def resume(self, name: str, by: str = SERVER) -> None:
        """Go on with a study; nothing happens to one that is running.

        Raises:
            ConfigError: this machine cannot train what its trials share.
            NotYoursError, TooManyError: as in ``stop`` and ``start``.
        """
        study, config = self._of_user(name, by)
        if not self._active_jobs(study):
            self.queue.check(config.base, by)
            turn = self.queue.turns.next(by)
            reopen(study)
            self._submit(study, config, turn)

    @storage_errors()
    def extend(self, name: str, trials: int, by: str = SERVER) -> None:
        """Let a study that is not running try ``trials`` more.

        Raises:
            ConfigError: it is running, or a grid, or would be too long.
            NotYoursError, TooManyError: as in ``stop`` and ``start``.
        """
        study, config = self._of_user(name, by)
        if self._active_jobs(study):
            raise ConfigError([Problem("trials", trials, "can be added when the study has ended")])
        check_trials(config.trials + trials, by)
        self.queue.turns.next(by)  # raises before anything has changed
        extend_study(name, trials, self.storage)
        self.resume(name, by)

    @storage_errors()
    def look(self, name: str) -> StudyView:
        """A study as it stands.

        Raises:
            ConfigError: there is none of this name.
        """
        study, config = self._study(name)
        return view(study, config, bool(self._active_jobs(study)))

    @storage_errors()
    def summary(self, name: str) -> str:
        """What mattered, in a sentence; made once for each number of trials."""
        study, config = self._study(name)
        done = (name, "summary", self._ended(study))
        if done not in self._found:
            self._found[done] = summarise(study, config)
        found: str = self._found[done]
        return found

    @storage_errors()
    def importance(self, name: str) -> dict[str, float]:
        """The share of the variation that each axis explains, see ``analysis.importance``."""
        study, _ = self._study(name)
        done = (name, "importance", self._ended(study))
        if done not in self._found:
            self._found[done] = importance(study)
        found: dict[str, float] = self._found[done]
        return found

    @storage_errors()
    def hide(self, name: str, hidden: bool, by: str = SERVER) -> None:
        """Hide a study and its runs from all but its user and who administers, or no longer.

        Raises:
            NotYoursError: it is another user's.
        """
        study, _ = self._of_user(name, by)
        study.set_user_attr(HIDDEN, hidden)  # first: what ends from now on is kept like this
        library = self.queue.library
        library.set_hidden([run.id for run in library.runs() if run.study == name], hidden, by)

    def cost(self, config: SweepConfig, asker: str) -> CostEstimate | None:
        """What a study will take; None until it is known, see ``Costs.ask``."""
        return self._costs.ask(config, asker)

    def _ended(self, study: Study) -> int:
        states = (TrialState.COMPLETE, TrialState.PRUNED)
        return len(study.get_trials(deepcopy=False, states=states))

    def _study(self, name: str) -> tuple[Study, SweepConfig]:
        """A study, whose object caches its trials, and its configuration as it is now."""
        if name not in self._studies:
            self._studies[name] = load_study(name, self.storage)[0]
        study = self._studies[name]
        return study, config_of(study)

    def _of_user(self, name: str, by: str) -> tuple[Study, SweepConfig]:
        """As ``_study``, of one that the user ``by`` may change. Raises NotYoursError."""
        study, config = self._study(name)
        check_may_change(by, user_of(study), f"the sweep {name!r}")
        return study, config

    def _submit(self, study: Study, config: SweepConfig, turn: int) -> None:
        left = trials_left(study, config)
        populations = -(-left // POPULATION[config.sampler])
        # A population of half the size takes nearly half the time, so that each worker gets one.
        jobs = min(len(self._workers(config.base.device)) or 1, max(populations, left // 16, 1))
        parts = []
        for number in range(jobs):
            job = uuid.uuid4().hex
            study.set_user_attr(JOB + job, job_text(self.queue.owner))
            future = self.queue.submit(
                run_study_job,
                *(study.study_name, self.queue.store.uri, self.url, job, jobs, number),
                key=f"study-{job}",
                device=config.base.device,
                priority=-turn,
            )
            fire_and_forget(future)  # the job goes on when this process lets go of it
            parts.append(future)
        self.queue.turns.took(user_of(study), turn, parts)

    def _workers(self, device: str) -> list[WorkerInfo]:
        """Those that would take a job for this device: with a GPU, its own."""
        workers = self.queue.workers()
        own = [w for w in workers if w.gpus and device in ("auto", *w.gpus)]
        return own or workers

    def _active_jobs(self, study: Study) -> list[str]:
        """The jobs that work on a study or wait for a worker, without those that were lost."""
        active = open_jobs(study)
        if not active:
            return []
        ours = [job for job, (_, owner) in active.items() if owner == self.queue.owner]
        lost = self.queue.lost([f"study-{job}" for job in ours]) if ours else set()
        found = []
        for job, (_, owner) in active.items():
            if job in ours:
                # A job that was just submitted may not be known yet: it is looked for again.
                first = self._missing.setdefault(job, time.monotonic())
                gone = f"study-{job}" in lost and time.monotonic() - first > SUBMIT_TIME
                if f"study-{job}" not in lost:
                    del self._missing[job]
            else:
                gone = self.queue.store.heart.is_gone(owner)
            if not gone:
                found.append(job)
        return found
