"""The same settings with other seeds: mean, spread, and a button that trains them."""

import streamlit as st

from mnist_core.insight.compare import (
    SEED_RUNS,
    accuracies,
    group_of,
    more_seeds,
    on_their_way,
    spread,
)
from mnist_core.runs.records import Run
from pages.ui.actions import start_button
from pages.ui.assignment import pupil
from pages.ui.state import backend
from pages.ui.user import user
from pages.ui.words import literal, percent


def _start(run: Run) -> None:
    """Train what is missing of the seeds, with those that wait already counted."""
    runs = backend().library.runs()
    configs = more_seeds(run, [*group_of(run, runs), *on_their_way(run, runs)])
    backend().queue.turns.check(user(), [run for run in runs if run.active], len(configs))
    for config in configs:
        backend().start(config, pupil(), by=user())
    st.toast(f"{len(configs)} runs are waiting to be trained.")


def summary(run: Run, group: list[Run]) -> None:
    """What the seeds of a run's group say, and a button for more of them."""
    values, name = accuracies(group), literal(run.name)
    if len(values) > 1:
        found = spread(values)
        text = (
            f"**{name}**: {percent(found.mean)} ± {100 * found.std:.2f} points on validation, "
            f"{found.n} seeds (mean and standard deviation)"
        )
    elif values:
        text = f"**{name}**: {percent(values[0])} on validation, one seed"
    else:
        text = f"**{name}**: no finished run with these settings"
    st.markdown(text)
    offer(run, group, f"Run this again with {SEED_RUNS} seeds", icon=":material/repeat:")


def offer(run: Run, group: list[Run], label: str, icon: str | None = None) -> None:
    """A button that trains the seeds that a run's group lacks; none if there are enough."""
    missing = more_seeds(run, group) if run.uniform else []
    if missing:
        start_button(
            label,
            f"seeds-{run.id}",
            _start,
            run,
            icon=icon,
            help=(
                f"Trains the same settings {len(missing)} more times, from other initial weights "
                f"and in another order, until there are {SEED_RUNS} runs. What differs between "
                "them is chance."
            ),
        )
