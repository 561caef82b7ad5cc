"""What workers do, one function a kind of job.

Dask's scheduler imports this module to pass a job on, and each worker before its first one. So it
imports nothing by itself: each function does, on the worker.
"""

import logging
from collections.abc import Callable
from functools import lru_cache, wraps
from threading import Lock
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from mnist_core.config.measuring import Machine, Plan, Setting
    from mnist_core.config.sweep import CostEstimate, SweepConfig
    from mnist_core.config.train import TrainConfig
    from mnist_core.nn.measuring import Timed
    from mnist_core.nn.range_test import RangeTest
    from mnist_core.runs.store import RunStore
    from mnist_core.sweep.storage import Storage

PATIENCE = 120.0  # seconds that a worker waits for a store that is locked or restarts

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

# Held while a worker warms up. The packages import each other in circles, and two threads in one
# circle find half a module.
loading = Lock()


def _job(work: Callable[P, T]) -> Callable[P, T]:
    """A job, which begins once its worker has warmed up."""

    @wraps(work)
    def begin(*args: P.args, **kwargs: P.kwargs) -> T:
        with loading:
            pass
        return work(*args, **kwargs)

    return begin


@lru_cache(maxsize=4)
def worker_store(uri: str) -> "RunStore":
    """This process's store; opening one takes most of a second, so it stays open."""
    from mnist_core.runs.store import RunStore

    return RunStore(uri, PATIENCE)


@lru_cache(maxsize=4)
def shared_storage(url: str, patience: float = 0.0) -> "Storage":
    """This process's connection to the studies; to open one takes half a second."""
    from mnist_core.sweep.storage import open_storage

    return open_storage(url, patience)


def _own_device() -> str:
    """What ``auto`` means on this worker."""
    from distributed import get_worker

    from mnist_core.jobs.cluster import own_gpu

    return own_gpu(get_worker()) or "cpu"


@_job
def devices_job() -> list[tuple[str, str]]:
    """(name, label) of this worker's devices, the one that ``auto`` takes first."""
    from mnist_core.nn.device import available_devices

    return [(device.name, device.label) for device in available_devices()]


@_job
def run_job(run_id: str, store_uri: str) -> str:
    """Train one run; returns its id."""
    from mnist_core.runs.execution import execute

    store = worker_store(store_uri)
    log.info("training", extra={"run": run_id})
    try:
        for _ in execute(run_id, store, _own_device()):
            pass
    except Exception:
        log.exception("the job of the run broke", extra={"run": run_id})
        raise
    run = store.get(run_id)
    level = logging.WARNING if run.state == "failed" else logging.INFO
    log.log(level, "the run is %s", run.state, extra={"run": run_id})
    return run_id


@_job
def run_study_job(name: str, store: str, studies: str, job: str, jobs: int, number: int) -> None:
    """Work on a study as the ``number``-th of ``jobs``."""
    from mnist_core.sweep.execution import execute_study
    from mnist_core.sweep.study import load_study

    study, config = load_study(name, shared_storage(studies, PATIENCE), number)
    for _ in execute_study(study, config, worker_store(store), job, _own_device(), jobs):
        pass


@_job
def cost_job(config: "SweepConfig") -> "CostEstimate":
    """Measure what a study will take; of a data set that would have to be fetched first, refuse."""
    import torch

    from mnist_core.data.datasets import load_dataset, locate, resident
    from mnist_core.errors import DataError
    from mnist_core.nn.device import resolve_device
    from mnist_core.sweep.cost import estimate_cost, study_threads

    if locate(config.base.dataset) is None:
        raise DataError("what it takes is known once the data set is on this machine")
    wanted = config.base.device
    device = resolve_device(_own_device() if wanted == "auto" else wanted)
    dataset = load_dataset(config.base.dataset)
    data = resident(dataset.name, dataset.source, str(device))
    torch.set_num_threads(study_threads(config, data))
    return estimate_cost(config, data, device)


@_job
def range_test_job(config: "TrainConfig") -> "RangeTest":
    """Find a learning rate."""
    from mnist_core.config.device import multiplications
    from mnist_core.data.datasets import load_dataset, resident
    from mnist_core.nn.device import resolve_device
    from mnist_core.nn.range_test import range_test

    dataset = load_dataset(config.dataset)
    sizes = (dataset.in_size, *config.hidden_sizes, len(dataset.classes))
    work = multiplications(sizes, config.batch_size)
    device = resolve_device(config.device, work, best=_own_device())
    return range_test(config, resident(dataset.name, dataset.source, str(device)), device)


@_job
def machine_job() -> "tuple[str, Machine]":
    """This worker's address and its machine."""
    from distributed import get_worker

    from mnist_core.nn.measuring import machine_info

    return get_worker().address, machine_info()


@_job
def sample_job(plan: "Plan", value: int, setting: "Setting") -> "Timed":
    """Time some training at one value of a plan."""
    from mnist_core.nn.measuring import sample

    return sample(plan, value, setting)


@_job
def peak_job(setting: "Setting") -> float:
    """The multiply-adds a second that there are to reach."""
    from mnist_core.nn.measuring import peak

    return peak(setting)
