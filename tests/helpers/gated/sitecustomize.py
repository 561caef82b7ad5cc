"""Makes training wait at a gate that a test opens and closes (``tests.helpers.gate``), and lets an
app use workers that are there (``tests.helpers.workers``).

Python imports a module of this name at its start from any folder on PYTHONPATH: in workers, in the
app and on the command line alike.
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import wraps
from importlib.machinery import ModuleSpec, PathFinder
from math import inf
from pathlib import Path
from typing import Any

LOOK = 0.25  # seconds between two looks at the gate


def limits() -> tuple[float, float]:
    """(last epoch that may be trained, last epoch that is kept as a checkpoint)."""
    try:
        epochs, checkpoints = Path(os.environ["MNIST_LAB_TEST_GATE"]).read_text().split()
    except FileNotFoundError:  # the gate is open
        return inf, inf
    return float(epochs), float(checkpoints)


def held(train: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """``train`` or ``train_population``: between two epochs it waits, and reports as if it went on.

    So whoever reads the events goes on to look whether it should stop.
    """

    @wraps(train)
    def waiting(*args: Any, **named: Any) -> Iterator[Any]:
        from mnist_core.nn.events import EpochEnd, Progress, Started
        from mnist_core.population.state import Population
        from mnist_core.population.train import MemberEvent, PopulationProgress, RoundEnd
        from mnist_core.runs import recorder

        epoch, last, first = 0, 0, args[0]
        if isinstance(first, Population):
            last = max(state.last_epoch for state in first.members.values())
        with closing(train(*args, **named)) as events:  # type: ignore[type-var]  # it is a generator
            for event in events:
                inner = event.event if isinstance(event, MemberEvent) else event
                if isinstance(inner, EpochEnd):
                    epoch = inner.epoch
                elif isinstance(event, Started):
                    epoch, last = event.first_epoch, event.last_epoch
                recorder.CHECKPOINT_INTERVAL = 0.0 if epoch <= limits()[1] else inf
                yield event
                between = isinstance(event, EpochEnd | RoundEnd | Started) and 0 < epoch < last
                while between and epoch >= limits()[0]:
                    time.sleep(LOOK)
                    if isinstance(event, RoundEnd):
                        yield PopulationProgress(0.5, 1.0, 1.0)
                    else:
                        yield Progress(epoch + 1, 0.5, 1.0, 1.0)

    return waiting


def hold(name: str) -> Callable[[Any], None]:
    """What puts the gate into a module: before its function of this name."""
    return lambda module: setattr(module, name, held(getattr(module, name)))


def use_those_there(module: Any) -> None:
    """Let ``LocalWorkers`` be those that the environment names, if it does: it starts none."""
    told = os.environ.get("SHARED_TEST_WORKERS")
    if told is None:
        return
    from mnist_core.jobs.credentials import Credentials

    class Running(module.LocalWorkers):  # type: ignore[misc]
        def __init__(self) -> None:
            about = json.loads(told)
            self.gpus, self._workers = about["gpus"], about["workers"]
            self._credentials = Credentials(**about["credentials"])
            self.address = about["address"]

        def close(self) -> None:
            """Others use them."""

    module.LocalWorkers = Running


CHANGED = {
    "mnist_core.nn.training": hold("train"),
    "mnist_core.population.train": hold("train_population"),
    "mnist_core.jobs.cluster": use_those_there,
}


class Finder:
    """Changes these modules as soon as they are loaded."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: object = None) -> ModuleSpec | None:
        if name not in CHANGED:
            return None
        spec = PathFinder.find_spec(name, path)
        assert spec is not None
        assert spec.loader is not None
        load = spec.loader.exec_module

        def load_and_change(module: Any) -> None:
            load(module)
            CHANGED[name](module)

        spec.loader.exec_module = load_and_change  # type: ignore[method-assign]
        return spec


sys.meta_path.insert(0, Finder)
