"""One run, from the store and back into it: what a worker, or the command line, does."""

import logging
import time
from collections.abc import Iterator

from mnist_core.config.device import multiplications
from mnist_core.data.events import DataReady
from mnist_core.errors import MnistLabError, StoreError, SupersededError
from mnist_core.nn.events import Event
from mnist_core.runs.recorder import Recorder
from mnist_core.runs.records import Run
from mnist_core.runs.store import Claim, RunStore

log = logging.getLogger(__name__)

STOP_POLL = 0.25  # seconds between two looks at whether a stop was asked for


def execute(run_id: str, store: RunStore, device: str | None = None) -> Iterator[Event]:
    """Train a run of the store here and now, from its last checkpoint if it has one.

    Yields each event after it is recorded; none for a run that has ended already, so that a job
    which is done twice trains once. A stop request in the store ends it early and keeps what was
    learnt. ``device`` is what ``auto`` means here, by default this machine's best.

    Raises:
        SupersededError: somebody else trains this run now; nothing is recorded.
        MnistLabError: the data, the device, the checkpoint or the store cannot be used. Like any
            other error it is recorded with the run before it is raised, if the store can.
    """
    run = store.get(run_id)
    if not run.active:
        store.set_state(run_id, run.state)  # a worker lost at the very end left MLflow's status
        return
    try:
        yield from _execute(run, store, store.claim(run_id), device)
    except SupersededError:
        raise
    except Exception as error:
        known = isinstance(error, MnistLabError)
        text = str(error) if known else f"{type(error).__name__}: {error}"
        try:
            store.set_state(run_id, "failed", text)
        except StoreError as second:
            error.add_note(f"This could not be recorded with the run: {second}")
        raise


def _execute(run: Run, store: RunStore, claim: Claim, auto: str | None) -> Iterator[Event]:
    # Here, not above: whoever only submits runs does not wait for PyTorch and torchvision.
    from mnist_core.data.datasets import prepare, resident
    from mnist_core.drawing.my_digits import parse_digits
    from mnist_core.nn.device import resolve_device
    from mnist_core.nn.state import TrainState
    from mnist_core.nn.training import conclude, train
    from mnist_core.runs.own_digits import OWN_DIGITS, with_own

    recorder = Recorder(store, run.id, claim)

    def recorded(event: Event) -> Event:
        recorder.record(event)
        return event

    resolve_device(run.config.device)  # before anything is fetched
    steps = prepare(run.config.dataset)
    while True:
        try:
            yield recorded(next(steps))
        except StopIteration as end:
            dataset = end.value
            break
    yield recorded(DataReady(dataset.name, dataset.source, dataset.notice))
    sizes = (dataset.in_size, *run.config.hidden_sizes, len(dataset.classes))
    device = resolve_device(
        run.config.device, multiplications(sizes, run.config.batch_size), best=auto
    )
    data = resident(dataset.name, dataset.source, str(device))
    if (own := store.attached(run.id, OWN_DIGITS)) is not None:
        data = with_own(data, parse_digits(own, OWN_DIGITS))

    state = store.load_state(run.id, device)
    if state is None:
        state = TrainState(run.config, data.in_size, data.classes, device)
    elif state.segment_start < run.segments[-1].start:
        state.begin_segment(run.config)
    looked = time.monotonic()
    for event in train(run.config, data, device, state):
        recorder.record(event, state)
        yield event
        if time.monotonic() - looked > STOP_POLL:
            looked = time.monotonic()
            if store.stop_requested(run.id, claim):
                break
    else:
        return
    for event in conclude(state, data):
        recorder.record(event, state)
        yield event
