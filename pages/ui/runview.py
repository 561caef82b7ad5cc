"""One run on the screen: its progress, its charts and, at the end, its figures."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from mnist_core.charts.base import ACCENT, accuracy_curve, loss_curve, run_colour
from mnist_core.data.events import Downloading
from mnist_core.runs.records import Run
from pages.ui.words import duration, literal, percent

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Rows = list[dict[str, float]]

KEPT = 64  # runs whose charts are kept
HEADLINES = {
    "queued": "Waiting for a free worker",
    "running": "Training",
    "completed": "Finished",
    "stopped": "Stopped; what it has learnt is kept",
    "diverged": "Diverged: the loss is no longer a number. Try a smaller learning rate",
    "failed": "Failed",
    "interrupted": "Interrupted: the process that trained it is gone",
}


def headline(name: str, said: str, stop: Callable[[], None] | None, stopping: bool) -> None:
    """What is looked at and how it stands; with ``stop``, a button that asks it to."""
    head, side = st.columns([4, 1], vertical_alignment="center")
    head.markdown(f"**{literal(name)}** · {said}")
    if stop is not None:
        side.button(
            "Stopping …" if stopping else "Stop",
            key="stop",
            icon=":material/stop:",
            on_click=stop,
            disabled=stopping,
            width="stretch",
        )


def download_bar(event: Downloading) -> None:
    """How much of a data set has arrived."""
    done, total = event.done / 1e6, event.total / 1e6
    text = f"Downloading the data set: {done:.1f} of {total:.1f} MB ({event.share:.0%})"
    st.progress(event.share, text=text)


def progress_bar(run: Run) -> None:
    """How far an active run is; it moves within long epochs too."""
    progress = run.progress
    if "total" in progress and "fraction" not in progress:
        download_bar(Downloading(**progress))
        return
    share = 0.0
    if "fraction" in progress:
        epochs = run.last_epoch - run.segments[-1].start
        done = progress["epoch"] - 1 - run.segments[-1].start + progress["fraction"]
        share = min(max(done / epochs, 0.0), 1.0)
    st.progress(share, text=progress_words(run))


def progress_words(run: Run) -> str:
    """How far an active run is."""
    progress = run.progress
    if "fraction" not in progress:
        return HEADLINES[run.state]
    return (
        f"Epoch {progress['epoch']} of {run.last_epoch} · "
        f"{progress['examples_per_second']:,.0f} examples a second · "
        f"{duration(progress['seconds_left'])} left"
    )


def charts(run: Run | None, rows: list[dict[str, float]]) -> None:
    """Accuracy large, losses beside it; both keep a viewer's zoom while they grow.

    Without a run they are empty: so the browser loads the charts' code before the first point.
    """
    segments = [(s.start, s.config.learning_rate) for s in run.segments] if run else []
    last = max(run.last_epoch if run else 5, int(rows[-1]["epoch"]) if rows else 0)
    name = run.id if run else ""
    left, right = st.columns([3, 2])
    accuracy, loss = _figures(name, rows, last, tuple(segments), run.restarts if run else ())
    left.plotly_chart(accuracy, key=f"accuracy-{name}")
    right.plotly_chart(loss, key=f"loss-{name}")
    if run and run.restarts:
        epochs = ", ".join(map(str, run.restarts))
        st.caption(
            f"Training was broken off and went on from what was saved after epoch {epochs}; the "
            "result is the same as without a break."
        )


_lock = threading.Lock()
_drawn: "OrderedDict[str, tuple[object, Rows, tuple[Figure, Figure]]]" = OrderedDict()


def _figures(
    name: str,
    rows: Rows,
    last: int,
    segments: tuple[tuple[int, float], ...],
    restarts: tuple[int, ...],
) -> "tuple[Figure, Figure]":
    """The two charts, the same for all viewers until there is another row.

    Plotly takes 20 ms to make them and 2 ms to write them down, and a poll has mostly nothing new.
    """
    what = (last, segments, restarts)
    with _lock:
        known = _drawn.pop(name, None)
        if known is None or known[0] != what or known[1] is not rows:
            colour = run_colour(name) if name else ACCENT
            made = (
                accuracy_curve(
                    rows, last, list(segments), revision=name, colour=colour, restarts=restarts
                ),
                loss_curve(rows, last, list(segments), revision=name),
            )
            known = (what, rows, made)
        _drawn[name] = known
        while len(_drawn) > KEPT:
            _drawn.popitem(last=False)
        return known[2]


def figures(run: Run, rows: list[dict[str, float]]) -> None:
    """The figures of a run that has ended."""
    result, started = run.result, run.started
    if not result:
        return
    columns = st.columns(5)
    columns[0].metric(
        "Best validation", percent(result["best_val_accuracy"]), help="over all epochs of this run"
    )
    columns[1].metric(
        "Last validation", percent(result["val_accuracy"]), help=f"after epoch {result['epoch']}"
    )
    columns[2].metric(
        "Test accuracy",
        percent(result["test_accuracy"]),
        help=(
            f"Measured at the end of training, on {started['test_examples']:,} pictures that were "
            "kept out of it. Choose settings by validation, not by this."
        ),
    )
    columns[3].metric("Training time", duration(result["seconds"]))
    columns[4].metric("Parameters", f"{started['parameters']:,}")
    shape = " → ".join(
        [str(started["layers"][0][0]), *(str(outputs) for _, outputs in started["layers"])]
    )
    facts = [f"Layers {shape}", f"{started['train_examples']:,} pictures to train"]
    facts += [f"{started['val_examples']:,} to validate", f"on {started['device'].upper()}"]
    partial = [row for row in rows if row["fraction"] < 1]
    if partial:
        facts.append(
            f"epoch {partial[-1]['epoch']:.0f} was stopped after {partial[-1]['fraction']:.0%}"
        )
    st.caption(" · ".join(facts))
