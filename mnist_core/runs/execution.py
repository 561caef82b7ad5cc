"""One run, from the store and back into it: what a worker, or the command line, does."""

import contextlib
import logging
import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from mnist_core.config.device import multiplications
from mnist_core.config.knobs import Knobs
from mnist_core.data.events import DataReady
from mnist_core.errors import DataError, MnistLabError, StoreError, SupersededError
from mnist_core.nn.events import EpochEnd, Event, Started
from mnist_core.runs.claim import Claim
from mnist_core.runs.recorder import Recorder
from mnist_core.runs.records import TAUGHT, Change, Run
from mnist_core.runs.store import RunStore

if TYPE_CHECKING:
    from mnist_core.data.resident import ResidentDataset
    from mnist_core.nn.state import TrainState

log = logging.getLogger(__name__)

LOOK = 0.25  # seconds between two looks at what was asked for
# The sample's parts are not the full set's: on the other one, a network would be validated and
# tested on pictures that it has learnt from.
GOES_ON_WITH_SAMPLE = (
    "Goes on with the 5,000 digits that this run began with, so that those it is measured on stay "
    "unseen. Start a new run to train on the full set."
)
NOT_ON_SAMPLE = (
    "This run was trained on the full data set in {}, which is not on this machine now. On the "
    "5,000 digits that are always here it would be measured on digits that it has learnt from. "
    "Put the files back, or start a new run."
)


def execute(
    run_id: str, store: RunStore, device: str | None = None
) -> Generator[Event, None, None]:
    """Train a run of the store here and now, from its last checkpoint if it has one.

    Yields each event after it is recorded; none for a run that has ended already, so that a job
    which is done twice trains once. A stop request in the store ends it early and keeps what was
    learnt; before training has begun it ends it without a result. Other numbers that were asked for
    hold from the next epoch on; those of before a break are repeated. Closed early, or at a Ctrl-C,
    the run is interrupted: it goes on from its last checkpoint. ``device`` is what ``auto`` means
    here, by default this machine's best.

    Raises:
        SupersededError: somebody else trains this run now; nothing more is recorded.
        MnistLabError: the data, the device, the checkpoint or the store cannot be used. Like any
            other error it is recorded with the run before it is raised, if the store can.
    """
    run = store.get(run_id)
    if not run.active:
        store.settle(run)
        return
    claim = store.claim(run_id)
    with store.heart.tending(run.owner):
        try:
            yield from _recorded(_Work(run, store, device), claim)
        except SupersededError:
            raise
        except Exception as error:
            known = isinstance(error, MnistLabError)
            text = str(error) if known else f"{type(error).__name__}: {error}"
            try:
                claim.end("failed", text)
            except StoreError as second:
                error.add_note(f"This could not be recorded with the run: {second}")
            raise
        except BaseException:  # a second Ctrl-C, or whoever read the events has left
            with contextlib.suppress(StoreError):  # then it is lost, and found as such
                if store.get(run_id).active:
                    claim.end("interrupted")
            raise


def _recorded(work: "_Work", claim: Claim) -> Iterator[Event]:
    """Every event of the work once it is in the store, and the end that a stop asks for."""
    recorder = Recorder(work.store, claim)
    looked, wanted = time.monotonic(), None
    events = work.events()
    for event in events:
        recorder.record(event, work.state)
        yield event
        # Before it begins as well: a short run may have ended by the next look.
        if isinstance(event, Started) or time.monotonic() - looked > LOOK:
            looked = time.monotonic()
            stop, wanted = claim.asked()
            if stop:
                break
        if isinstance(event, EpochEnd):
            work.between_epochs(claim, wanted)
    else:
        return
    events.close()
    if work.state is None:
        claim.end("stopped")
    for event in work.conclude():
        recorder.record(event, work.state)
        yield event


class _Work:
    """What is to be done for a run; ``state`` and ``data`` are there from Started on.

    ``segment`` is the run's latest, with the changes that were made to it so far.
    """

    def __init__(self, run: Run, store: RunStore, auto: str | None) -> None:
        self.run = run
        self.segment = run.segments[-1]
        self.store = store
        self.auto = auto
        self.state: TrainState | None = None
        self.data: ResidentDataset | None = None

    def events(self) -> Generator[Event, None, None]:
        """Prepare the data and train."""
        # Here, not above: whoever only submits runs does not wait for PyTorch.
        from mnist_core.data.datasets import SAMPLE, load_sample, prepare, resident
        from mnist_core.drawing.my_digits import parse_digits
        from mnist_core.nn.device import resolve_device
        from mnist_core.nn.state import TrainState
        from mnist_core.nn.training import train
        from mnist_core.runs.own_digits import OWN_DIGITS, with_own

        config = self.segment.config
        resolve_device(config.device)  # before anything is fetched
        seen = self._seen()
        if seen == SAMPLE:
            dataset = load_sample(GOES_ON_WITH_SAMPLE)
        else:
            dataset = yield from prepare(config.dataset)
            if seen and dataset.source == SAMPLE:
                raise DataError(NOT_ON_SAMPLE.format(seen))
        yield DataReady(dataset.name, dataset.source, dataset.notice)
        sizes = (dataset.in_size, *config.hidden_sizes, len(dataset.classes))
        steps = multiplications(sizes, config.batch_size)
        device = resolve_device(config.device, steps, best=self.auto)
        data = resident(dataset.name, dataset.source, str(device))
        if (own := self.store.attached(self.run.id, OWN_DIGITS)) is not None:
            data = with_own(data, parse_digits(own, OWN_DIGITS))
        state = self.store.load_state(self.run.id, device)
        if state is None:
            state = TrainState(config, data.in_size, data.classes, device)
        # Not by the epoch alone: a network that was imported, or stopped at once, is at epoch 0.
        # Nor by the knobs, of which a checkpoint has those of its last epoch.
        elif (state.segment_start, Knobs.of(config).applied(state.config)) != (
            self.segment.start,
            config,
        ):
            state.begin_segment(config)
        state.turn(Knobs.of(self.segment.at(state.epoch)))
        self.data, self.state = data, state
        yield from train(config, data, device, state)

    def between_epochs(self, claim: Claim, wanted: Knobs | None) -> None:
        """After an EpochEnd: make the change that is wanted, or the one that was made here before.

        What a run repeats after a break has precedence, so that it comes out the same: a new change
        waits until that is done.
        """
        state, made = self.state, self.segment.changes
        assert state is not None, "an epoch has ended"
        if state.epoch >= state.last_epoch or state.diverged:
            return  # nothing is trained any more
        new = None if wanted == Knobs.of(self.segment.latest) else wanted
        if new is not None and (not made or made[-1].start < state.epoch):
            change = Change(state.epoch, new)
            claim.change(change)
            self.segment = replace(self.segment, changes=(*made, change))
        if any(change.start == state.epoch for change in self.segment.changes):
            state.turn(Knobs.of(self.segment.at(state.epoch)))

    def _seen(self) -> str:
        """The source of the pictures that the network has learnt from so far; empty if of none."""
        if not self.run.checkpoint:
            return ""
        data = self.run.data
        if not data and self.run.origin.startswith(TAUGHT):
            with contextlib.suppress(StoreError):  # the run that was taught may be deleted by now
                data = self.store.get(self.run.origin.removeprefix(TAUGHT)).data
        return str(data.get("source", ""))

    def conclude(self) -> Iterator[Event]:
        """After ``events`` was closed early: measure what was learnt."""
        if self.state is not None and self.data is not None:
            from mnist_core.nn.training import conclude

            yield from conclude(self.state, self.data)
