"""The same settings with other seeds: mean, spread, and a button that trains them."""

import streamlit as st

from mnist_core.config.train import TrainConfig
from mnist_core.insight.compare import SEED_RUNS, accuracies, more_seeds, spread
from mnist_core.runs.records import Run
from pages.ui.state import backend, reported
from pages.ui.words import percent


@reported
def _start(configs: list[TrainConfig]) -> None:
    for config in configs:
        backend().queue.start(config)
    st.toast(f"{len(configs)} runs are waiting to be trained.")


def summary(run: Run, group: list[Run]) -> None:
    """What the seeds of a run's group say, and a button for more of them."""
    values = accuracies(group)
    if len(values) > 1:
        found = spread(values)
        text = (
            f"**{run.name}**: {percent(found.mean)} ± {100 * found.std:.2f} points on validation, "
            f"{found.n} seeds (mean and standard deviation)"
        )
    elif values:
        text = f"**{run.name}**: {percent(values[0])} on validation, one seed"
    else:
        text = f"**{run.name}**: no finished run with these settings"
    st.markdown(text)
    missing = more_seeds(run, group) if len(run.segments) == 1 else []
    if missing:
        st.button(
            f"Run this again with {SEED_RUNS} seeds",
            key=f"seeds-{run.id}",
            icon=":material/repeat:",
            on_click=_start,
            args=(missing,),
            help=(
                f"Trains the same settings {len(missing)} more times, from other initial weights "
                f"and in another order, until there are {SEED_RUNS} runs. What differs between "
                "them is chance."
            ),
        )
