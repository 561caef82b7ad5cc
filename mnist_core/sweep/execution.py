"""One job of a study, from its storage and back into it: what a worker or the command line does."""

from collections.abc import Generator
from contextlib import closing

import torch
from optuna.study import Study

from mnist_core.config.sweep import SweepConfig
from mnist_core.data.datasets import prepare, resident
from mnist_core.data.events import DataReady, Downloading
from mnist_core.errors import MnistLabError, SupersededError
from mnist_core.nn.device import resolve_device
from mnist_core.nn.events import Finished
from mnist_core.runs.store import RunStore
from mnist_core.sweep.cost import study_threads
from mnist_core.sweep.events import StudyEvent, TrialEvent, TrialLeft
from mnist_core.sweep.listed import JOB
from mnist_core.sweep.recorder import StudyRecorder
from mnist_core.sweep.run import run_study
from mnist_core.sweep.study import (
    DOWNLOAD,
    ERROR,
    STOP,
    job_text,
    open_jobs,
    recorded_populations,
    recover,
)


def execute_study(
    study: Study,
    config: SweepConfig,
    store: RunStore,
    job: str,
    device: str | None = None,
    jobs: int = 1,
) -> Generator[StudyEvent | Downloading | DataReady, None, None]:
    """Work on a study here and now until nothing is left or a stop is asked for.

    Yields each event after it is recorded; every trial becomes a run in ``store``. Called again
    for the same ``job`` after its worker was lost, it first gives back that job's trials.
    ``device`` is what ``auto`` means here; ``jobs`` is how many work on this study.

    Raises:
        SupersededError: somebody took this job for lost and reopened the study; nothing more is
            recorded.
        MnistLabError: the data, the device or the store cannot be used. Like any other error it
            is recorded with the study before it is raised.
    """
    if job not in open_jobs(study):
        study.set_user_attr(JOB + job, job_text(store.heart.name))
    _, owner = open_jobs(study)[job]
    with store.heart.tending(owner):
        try:
            with closing(_execute(study, config, store, job, device, jobs)) as events:
                for event in events:
                    yield event
                    if isinstance(event, Downloading):
                        study.set_user_attr(DOWNLOAD, event.share)
                        if study.user_attrs.get(STOP):
                            break
        except Exception as error:
            check_open(study, job)
            known = isinstance(error, MnistLabError)
            study.set_user_attr(ERROR, str(error) if known else f"{type(error).__name__}: {error}")
            raise
        finally:
            study.set_user_attr(JOB + job, "")


def check_open(study: Study, job: str) -> None:
    """Raise SupersededError if somebody took a job for lost and reopened the study."""
    if job not in open_jobs(study):
        raise SupersededError(f"others work on the study {study.study_name!r} now")


def _execute(
    study: Study, config: SweepConfig, store: RunStore, job: str, auto: str | None, jobs: int
) -> Generator[StudyEvent | Downloading | DataReady, None, None]:
    recover(study, _trials_of(study, job))
    wanted = config.base.device
    device = resolve_device(auto if auto and wanted == "auto" else wanted)
    dataset = yield from prepare(config.base.dataset)
    ready = DataReady(dataset.name, dataset.source, dataset.notice)
    yield ready
    data = resident(dataset.name, dataset.source, str(device))
    torch.set_num_threads(study_threads(config, data))
    recorder = StudyRecorder(study, store, job, ready, data)

    def stop() -> bool:
        check_open(study, job)
        return bool(study.user_attrs.get(STOP))

    events = run_study(
        study,
        config,
        data,
        device,
        jobs=jobs,
        stop=stop,
        earlier=recorder.earlier,
        states=recorder.states,
    )
    for event in events:
        match event:
            case TrialLeft() | TrialEvent(event=Finished()):
                check_open(study, job)  # before it becomes a run
        recorder.record(event)
        yield event
    recorder.flush()


def _trials_of(study: Study, job: str) -> set[int]:
    """The trials that a job has ever begun to train."""
    return {
        trial
        for population in recorded_populations(study)
        if population.job == job
        for trial in population.trials
    }
