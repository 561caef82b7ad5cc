"""How far an experiment is that takes two runs, which differ in nothing but one setting."""

import math
from bisect import bisect_right
from collections.abc import Hashable, Iterable, Sequence
from itertools import product

from mnist_core.config.fields import FIELDS
from mnist_core.learn.checks import (
    Check,
    Mark,
    Progress,
    accuracy,
    completed,
    counted,
    on_sample,
    percent,
    points,
    rate,
    where,
)
from mnist_core.runs.records import Run

FEW, MANY = 10, 1000  # pictures in a batch
CHANCE = 0.2  # the most that a network which reads no better than by guessing gets of ten digits
NEAR = 4.0  # how many times a rate may be another and still stand beside it
NARROW, WIDE = 32, 1024  # units of the only hidden layer


def alike(runs: Iterable[Run], *differing: str) -> list[list[Run]]:
    """Runs that differ in nothing but these settings, each trained in one go; newest first."""
    defaults = {name: FIELDS[name].default for name in differing}
    groups: dict[Hashable, list[Run]] = {}
    for run in runs:
        if run.uniform:
            key = run.config.model_copy(update=defaults), on_sample(run)
            groups.setdefault(key, []).append(run)
    return list(groups.values())


def bent(mark: Mark) -> Check:
    """Two runs, one without an activation, the other at least the mark (a share) above it."""

    def check(runs: Sequence[Run]) -> Progress:
        fitting = [run for run in completed(runs) if run.config.hidden_sizes]
        best: tuple[float, Run, Run] | None = None
        for group in alike(fitting, "activation"):
            straight = [run for run in group if run.config.activation == "none"]
            curved = [run for run in group if run.config.activation != "none"]
            if straight and curved:
                pair = max(curved, key=accuracy), max(straight, key=accuracy)
                gap = accuracy(pair[0]) - accuracy(pair[1])
                if best is None or gap - mark.of(pair[0]) > best[0] - mark.of(best[1]):
                    best = gap, *pair
        if best is None:
            single = next((run for run in fitting if run.config.activation == "none"), None)
            if single is None:
                return Progress(False, "No run without an activation has ended yet.")
            said = f"Without an activation: {percent(accuracy(single))}{where(single)}. "
            return Progress(False, said + "Now the same settings with ReLU.", single)
        gap, curved_run, straight_run = best
        name = FIELDS["activation"].choice_names[curved_run.config.activation]
        said = (
            f"{percent(accuracy(curved_run))} with {name}, {percent(accuracy(straight_run))} "
            f"without an activation{where(curved_run)}"
        )
        if gap >= mark.of(curved_run):
            return Progress(True, f"{said}: {points(gap)} points apart.", curved_run)
        asked = f"{points(mark.of(curved_run))} points apart are asked."
        return Progress(False, f"{said}; {asked}", curved_run)

    return check


def _steps(run: Run) -> int:
    return math.ceil(int(run.started.get("train_examples", 0)) / run.config.batch_size)


def steps_taken(runs: Sequence[Run]) -> Progress:
    """Two runs of one epoch, of which one steps after few pictures, the other after many."""

    def said(run: Run) -> str:
        steps = _steps(run)
        return (
            f"{steps:,} {'step' if steps == 1 else 'steps'} of {run.config.batch_size:,}: "
            f"{percent(accuracy(run))}"
        )

    fitting = [run for run in completed(runs) if run.config.epochs == 1]
    single = None
    for group in alike(fitting, "batch_size"):
        few = next((run for run in group if run.config.batch_size <= FEW), None)
        many = next((run for run in group if run.config.batch_size >= MANY), None)
        if few and many:
            return Progress(True, f"{said(many)}{where(many)}. {said(few)}.", few)
        single = single or few or many
    if single is None:
        return Progress(False, "Neither of the two runs has ended yet.")
    other = FEW if single.config.batch_size >= MANY else MANY
    return Progress(
        False,
        f"{said(single)}{where(single)}. Now the same with a batch size of {other:,}.",
        single,
    )


def _broke(run: Run) -> bool:
    """Whether it diverged, or ended near what guessing gets."""
    last = run.figure("val_accuracy")
    return run.state == "diverged" or (last is not None and last <= CHANCE)


def too_far(mark: Mark) -> Check:
    """Two runs, one at the mark and one that broke, its rate higher but at most four times."""

    def check(runs: Sequence[Run]) -> Progress:
        broken = learnt = None
        for group in alike(counted(runs), "learning_rate"):
            bad = sorted((run for run in group if _broke(run)), key=rate)
            good = [r for r in group if r.state == "completed" and accuracy(r) >= mark.of(r)]
            rates = [rate(run) for run in bad]
            for run in good:
                above = bisect_right(rates, rate(run))
                if above < len(bad) and rates[above] <= NEAR * rate(run):
                    said = (
                        f"{rate(run):g} learns ({percent(accuracy(run))}{where(run)}), "
                        f"{rate(bad[above]):g} is too much ({_how_it_broke(bad[above])})."
                    )
                    return Progress(True, said, bad[above])
            broken = broken or next(iter(bad), None)
            learnt = learnt or max(good, key=rate, default=None)
        if broken is not None:
            return Progress(
                False,
                f"{rate(broken):g} is too much ({_how_it_broke(broken)}). Now the same with a "
                f"lower rate, at least {rate(broken) / NEAR:g}, that learns.",
                broken,
            )
        if learnt is not None:
            said = f"{rate(learnt):g} learns ({percent(accuracy(learnt))}{where(learnt)})."
            return Progress(False, f"{said} Now the same with higher rates.", learnt)
        return Progress(False, "No run that learnt, and none that broke, has ended yet.")

    return check


def _how_it_broke(run: Run) -> str:
    return "diverged" if run.state == "diverged" else percent(run.figure("val_accuracy") or 0.0)


def timed(runs: Sequence[Run]) -> Progress:
    """Two runs, on two devices or of 32 and of 1,024 hidden units, with their seconds."""
    # Networks of a sweep share their time.
    fitting = [run for run in completed(runs) if not run.study and run.figure("seconds")]
    for group in alike(fitting, "device"):
        first = group[0]
        other = next((run for run in group if _device(run) != _device(first)), None)
        if other is not None:
            took = " and ".join(f"{_seconds(run)} on {_device(run)}" for run in (first, other))
            return Progress(True, f"The same training took {took}{where(first)}.", first)
    single = None
    for group in alike(fitting, "hidden_sizes"):
        narrow, wide = (
            [run for run in group if run.config.hidden_sizes == (units,)]
            for units in (NARROW, WIDE)
        )
        for small, large in product(narrow, wide):
            if _device(small) == _device(large):
                return Progress(True, _by_size(small, large), large)
        single = single or next(iter((*wide, *narrow)), None)
    if single is None:
        return Progress(False, "Neither of the two runs has ended yet.")
    (have,) = single.config.hidden_sizes
    said = f"{have:,} units took {_seconds(single)}{where(single)}."
    lack = WIDE if have == NARROW else NARROW
    return Progress(False, f"{said} Now the same with {lack:,}.", single)


def _by_size(small: Run, large: Run) -> str:
    weights, time = (
        (large.figure(name) or 0.0) / (small.figure(name) or 1.0)
        for name in ("parameters", "seconds")
    )
    return (
        f"{NARROW} units took {_seconds(small)}, {WIDE:,} units {_seconds(large)}{where(large)}, "
        f"both on {_device(large)}: {weights:.0f} times the weights and biases, {time:.1f} times "
        "the time."
    )


def _device(run: Run) -> str:
    return str(run.started.get("device", ""))


def _seconds(run: Run) -> str:
    return f"{run.figure('seconds') or 0.0:.1f} s"
