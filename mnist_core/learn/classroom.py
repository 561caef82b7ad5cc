"""How far a class is with its assignment, by the records of its runs alone."""

from collections.abc import Iterable
from dataclasses import dataclass

from mnist_core.config.assignment import Assignment, Goal
from mnist_core.config.device import parameter_count
from mnist_core.data.catalog import dataset_spec
from mnist_core.learn.checks import accuracy, percent, where
from mnist_core.runs.records import Run


@dataclass(frozen=True)
class Standing:
    """Where a pupil stands: how many runs, the best of those that count, and the one under way.

    ``said`` has no word that a person typed.
    """

    name: str
    runs: int
    best: Run | None
    done: bool
    said: str
    active: Run | None


def counts(run: Run, goal: Goal | None) -> bool:
    """Whether a run keeps to the goal's parameters and epochs, all of its segments counted."""
    if goal is None:
        return True
    small = goal.parameters is None or 0 < run.started.get("parameters", 0) <= goal.parameters
    return small and (goal.epochs is None or run.last_epoch <= goal.epochs)


def asked(goal: Goal) -> str:
    """A goal in words, as the end of a sentence."""
    limits = []
    if goal.parameters is not None:
        limits.append(f"at most {goal.parameters:,} parameters")
    if goal.epochs is not None:
        limits.append(f"at most {goal.epochs:,} epoch{'s' * (goal.epochs > 1)}")
    within = f" with {' and '.join(limits)}" if limits else ""
    return f"{100 * goal.accuracy:g} % on validation{within}"


def out_of_reach(assignment: Assignment) -> str:
    """Why nobody can reach the goal with the settings that are given; empty if somebody might."""
    goal, given = assignment.goal, assignment.given
    if goal is None:
        return ""
    if goal.epochs is not None and given.get("epochs", 0) > goal.epochs:
        return f"{given['epochs']:,} epochs are given, and the goal allows {goal.epochs:,}."
    if goal.parameters is not None:
        pixels, classes = dataset_spec(assignment.settings.dataset).ends
        hidden = given.get("hidden_sizes", (1,))  # the fewest that there are
        least = parameter_count((pixels, *hidden, classes))
        if least > goal.parameters:
            what = (
                "The given layers have" if "hidden_sizes" in given else "The smallest network has"
            )
            return f"{what} {least:,} parameters, and the goal allows {goal.parameters:,}."
    return ""


def standing(assignment: Assignment, name: str, runs: Iterable[Run]) -> Standing:
    """Where the pupil of that name stands, by their ``runs`` for this assignment."""
    runs = list(runs)
    goal = assignment.goal
    fitting = [run for run in runs if run.figure("best_val_accuracy") is not None]
    fitting = [run for run in fitting if counts(run, goal)]
    best = max(fitting, key=accuracy, default=None)
    active = next((run for run in runs if run.active), None)
    done = best is not None and goal is not None and accuracy(best) >= goal.accuracy
    if best is not None:
        said = f"{percent(accuracy(best))} on validation{where(best)}"
    elif any(run.figure("best_val_accuracy") is not None for run in runs):
        said = "No run within the limits yet"
    else:
        said = "No result yet"
    return Standing(name, len(runs), best, done, said, active)


def standings(assignment: Assignment, names: Iterable[str], runs: Iterable[Run]) -> list[Standing]:
    """Where all stand who gave a name, or have a run; by name."""
    by_name: dict[str, list[Run]] = {name: [] for name in names}
    for run in runs:
        if run.pupil is not None and run.pupil.assignment == assignment.key:
            by_name.setdefault(run.pupil.name, []).append(run)
    return [standing(assignment, name, by_name[name]) for name in sorted(by_name, key=str.casefold)]
