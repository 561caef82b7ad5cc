"""How far a chapter's experiment is, by the records of the runs alone."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from mnist_core.config.train import TrainConfig
from mnist_core.data.datasets import SAMPLE
from mnist_core.runs.records import Run

FREE = ("epochs", "seed", "order_seed", "device")  # free in chapter 1
RATES, RANGE = 10, 100.0  # learning rates of one sweep, and the highest by the lowest


@dataclass(frozen=True)
class Progress:
    """Whether an experiment is done, or how far it is.

    ``said`` is one or two sentences with no word that a person typed; ``run`` is the run that
    they are about, if there is one.
    """

    done: bool
    said: str
    run: Run | None = None


@dataclass(frozen=True)
class Mark:
    """What is to be reached: on all of MNIST, and on the 5,000 digits that come with the app."""

    full: float
    sample: float

    def of(self, run: Run) -> float:
        """The one for the digits that this run was trained on."""
        return self.sample if on_sample(run) else self.full


Check = Callable[[Sequence[Run]], Progress]


def on_sample(run: Run) -> bool:
    """Whether it was trained on the 5,000 digits."""
    return run.data.get("source") == SAMPLE


def counted(runs: Iterable[Run]) -> list[Run]:
    """The runs on MNIST that began with fresh weights and have come to their end.

    One that diverged has, too; one that was stopped or is under way has not.
    """
    return [
        run
        for run in runs
        if run.state in ("completed", "diverged")
        and run.config.dataset == "mnist"
        and run.origin == "fresh"
    ]


def completed(runs: Iterable[Run]) -> list[Run]:
    """Those of ``counted`` that did not diverge."""
    return [run for run in counted(runs) if run.state == "completed"]


def in_percent(share: float, digits: int) -> float:
    """0.96996 -> 96.9: rounded down, so that it never looks like a mark that it misses."""
    scale = 10.0**digits
    return math.floor(100 * scale * share + 1e-6) / scale


def percent(share: float) -> str:
    """0.96996 -> 96.9 %, see ``in_percent``."""
    return f"{in_percent(share, 1):.1f} %"


def points(share: float) -> str:
    """A difference of shares, rounded down too: 0.0489 -> 4.8."""
    return percent(share).removesuffix(" %")


def where(run: Run) -> str:
    """What a figure is followed by, if it is one of the sample."""
    return " on the 5,000-digit sample" if on_sample(run) else ""


def rate(run: Run) -> float:
    """The learning rate of its latest segment."""
    return run.config.learning_rate


def accuracy(run: Run) -> float:
    """Its best validation accuracy; 0 before there is one."""
    return run.figure("best_val_accuracy") or 0.0


def accurate(mark: Mark, fits: Callable[[Run], bool], missing: str) -> Check:
    """A run among those that ``fits`` takes whose best validation accuracy is at the mark.

    ``missing`` is what is said when there is none to take.
    """

    def check(runs: Sequence[Run]) -> Progress:
        fitting = [run for run in completed(runs) if fits(run)]
        if not fitting:
            return Progress(False, missing)
        best = max(fitting, key=lambda run: accuracy(run) - mark.of(run))
        said = f"{percent(accuracy(best))} on validation{where(best)}"
        if accuracy(best) >= mark.of(best):
            return Progress(True, f"{said}.", best)
        return Progress(False, f"The best so far: {said}; {percent(mark.of(best))} is asked.", best)

    return check


def as_it_is(run: Run) -> bool:
    """Whether all its settings are the tutorial's, but for epochs, seeds and device."""
    free = dict.fromkeys(FREE)
    return all(
        config.model_copy(update=free) == TrainConfig().model_copy(update=free)
        for segment in run.segments
        for config in (segment.config, segment.latest)
    )


def low_loss(mark: Mark) -> Check:
    """A run whose last validation loss (nats) is below the mark."""

    def check(runs: Sequence[Run]) -> Progress:
        losses = [
            (loss, run) for run in completed(runs) if (loss := run.figure("val_loss")) is not None
        ]
        if not losses:
            return Progress(False, "No run has ended yet.")
        loss, best = min(losses, key=lambda found: found[0] / mark.of(found[1]))
        # Rounded up, so that it never looks lower than it is.
        said = f"validation loss {math.ceil(1000 * loss - 1e-6) / 1000:.3f}{where(best)}"
        if loss < mark.of(best):
            return Progress(True, f"{said.capitalize()}.", best)
        return Progress(
            False, f"The best so far: {said}; below {mark.of(best):.2f} is asked.", best
        )

    return check


def by_heart(gap: float) -> Check:
    """A run whose last training accuracy is at least ``gap`` above its validation accuracy."""

    def check(runs: Sequence[Run]) -> Progress:
        gaps = []
        for run in completed(runs):
            train, val = run.figure("train_accuracy"), run.figure("val_accuracy")
            if train is not None and val is not None and not math.isnan(train):
                gaps.append((train - val, train, val, run))
        if not gaps:
            return Progress(False, "No run with a training accuracy has ended yet.")
        most, train, val, run = max(gaps, key=lambda found: found[0])
        read = f"{percent(train)} of the training pictures and {percent(val)} of the others"
        if most >= gap:
            return Progress(True, f"It reads {read}: {points(most)} points apart.", run)
        if most <= 0:
            return Progress(False, f"No gap yet: the nearest run reads {read}.", run)
        return Progress(
            False,
            f"The widest gap so far is {points(most)} of {points(gap)} points: {read}.",
            run,
        )

    return check


def swept(runs: Sequence[Run]) -> Progress:
    """A sweep that tried enough learning rates over a wide enough range."""
    studies: dict[str, list[Run]] = {}
    for run in counted(runs):
        if run.study:
            studies.setdefault(run.study, []).append(run)
    tried = {study: {rate(run) for run in trials} for study, trials in studies.items()}
    if not tried:
        return Progress(False, "No sweep has ended a trial yet.")
    study = max(tried, key=lambda name: (_is_wide(tried[name]), len(tried[name])))
    best = max(studies[study], key=accuracy)
    rates = tried[study]
    found = f"the best is {rate(best):g}, with {percent(accuracy(best))}{where(best)}"
    span = f"{len(rates)} learning rates from {min(rates):g} to {max(rates):g}"
    if _is_wide(rates):
        return Progress(True, f"Of {span}, {found}.", best)
    return Progress(
        False, f"So far {span}. {RATES} are asked, the highest {RANGE:g} times the lowest.", best
    )


def _is_wide(rates: set[float]) -> bool:
    return len(rates) >= RATES and max(rates) >= RANGE * min(rates) * (1 - 1e-9)
