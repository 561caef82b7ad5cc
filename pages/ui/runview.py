"""One run on the screen: its progress, its charts and, at the end, its figures."""

import html
import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import streamlit as st

from mnist_core.charts.curves import Scale, accuracy_curve, best_row, loss_curve
from mnist_core.data.events import Downloading
from mnist_core.runs.records import Run
from pages.ui import forms
from pages.ui.changes import FEW, changes, said
from pages.ui.state import backend
from pages.ui.words import duration, literal, percent

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Rows = list[dict[str, float]]

KEPT = 64  # charts that are kept
NONE: Rows = []
View = Literal[Scale, "loss"]
VIEWS: dict[View, str] = {
    "fit": "Close-up",
    "whole": "0 to 100 %",
    "error": "Error, log",
    "loss": "Loss",
}
HEADLINES = {
    "queued": "Waiting for a free worker",
    "running": "Training",
    "completed": "Completed",
    "stopped": "Stopped; what it has learnt is kept",
    "diverged": "Diverged: the loss is no longer a number. Try a smaller learning rate",
    "failed": "Failed",
    "interrupted": "Interrupted: the process that trained it is gone",
}


def stands(run: Run) -> str:
    """How a run stands; what waits while the trainer starts does not wait for a worker yet."""
    return (run.state == "queued" and backend().starting) or HEADLINES[run.state]


def headline(name: str, said: str, stop: Callable[[], None] | None, stopping: bool) -> None:
    """What is looked at and how it stands; with ``stop``, a button that asks it to."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{literal(name)}** · {said}", width="stretch")
        if stop is not None:
            st.button(
                "Stopping …" if stopping else "Stop",
                key="stop",
                icon=":material/stop:",
                on_click=stop,
                disabled=stopping,
            )


def notice(text: str) -> None:
    """What is to be known of the data set: its first line, the others behind Details."""
    first, _, rest = text.partition("\n")
    if first:
        st.warning(literal(first), icon=":material/info:")
    if rest:
        with st.expander("Details"):
            st.markdown(literal(rest))


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
    if "fraction" in progress:
        st.progress(share_done(run), text=progress_words(run))
    else:  # the headline says how it stands
        st.progress(0.0)


def share_done(run: Run) -> float:
    """How much of an active run's latest segment is done, 0 to 1."""
    progress = run.progress
    if "fraction" not in progress:
        return 0.0
    done = progress["epoch"] - 1 - run.segments[-1].start + progress["fraction"]
    return min(max(done / (run.last_epoch - run.segments[-1].start), 0.0), 1.0)


def progress_short(run: Run) -> str:
    """How far an active run is, in a few words."""
    progress = run.progress
    if "fraction" not in progress:
        return "waiting" if run.state == "queued" else "starting"
    left = duration(progress["seconds_left"])
    return f"epoch {progress['epoch']} of {run.last_epoch} · {left} left"


def progress_words(run: Run) -> str:
    """How far a run is that trains."""
    progress = run.progress
    return (
        f"Epoch {progress['epoch']} of {run.last_epoch} · "
        f"{progress['examples_per_second']:,.0f} examples a second · "
        f"{duration(progress['seconds_left'])} left"
    )


def charts(run: Run | None, rows: Rows, before: tuple[str, Rows] | None = None) -> None:
    """The curve in the scale that was chosen; it keeps a viewer's zoom while it grows.

    ``before`` is the name and the rows of a run to show beneath it. Without a run the chart is
    empty: so the browser loads the code of charts before the first point.
    """
    view = forms.switch(
        "What the chart shows", VIEWS, "fit", "chart.view", label_visibility="collapsed"
    )
    segments = [(s.start, s.config.learning_rate) for s in run.segments] if run else []
    last = max(run.last_epoch if run else 5, int(rows[-1]["epoch"]) if rows else 0)
    name, (against, ghost) = run.id if run else "", before or ("", NONE)
    made = changes(run) if run else []
    figure = _figure(
        (name, view, against), rows, ghost, last, segments, run.restarts if run else (), made
    )
    config = {"displayModeBar": False, "scrollZoom": False}
    alt = " ".join(text for text in (in_words(rows, before), said(made)) if text)
    st.plotly_chart(figure, key=f"curve-{name}", alt=alt, config=config)
    if made:
        st.caption(said(made))
    if run and run.restarts:
        epochs = ", ".join(map(str, run.restarts))
        st.caption(
            f"Training was broken off and went on from what was saved after epoch {epochs}; the "
            "result is the same as without a break."
        )


def in_words(rows: Rows, before: tuple[str, Rows] | None = None) -> str:
    """What the chart shows, for those who cannot see it."""
    best = best_row(rows)
    if best is None:
        return "Accuracy after each epoch; nothing is measured yet."
    first, last = rows[0], rows[-1]
    said = (
        f"Validation accuracy after each epoch: {percent(first['val_accuracy'], 1)} after epoch "
        f"{first['epoch']:.0f}, {percent(last['val_accuracy'], 1)} after epoch {last['epoch']:.0f}"
        f"; the best is {percent(best['val_accuracy'], 1)}, after epoch {best['epoch']:.0f}."
    )
    if not math.isnan(last["train_accuracy"]):
        said += f" Training accuracy, dashed, ends at {percent(last['train_accuracy'], 1)}."
    if before is not None and (other := best_row(before[1])) is not None:
        said += f" The run before, {before[0]}, reached {percent(other['val_accuracy'], 1)}."
    return said


def heard(run: Run, rows: Rows) -> None:
    """How far a run is, or how it ended, read aloud after each epoch (frame.js)."""
    said = stands(run)
    if run.active and rows:
        row = rows[-1]
        said = f"Epoch {row['epoch']:.0f} of {run.last_epoch}: {percent(row['val_accuracy'], 1)}"
    elif run.result:
        best = percent(run.result["best_val_accuracy"], 1)
        said = f"Training has ended. The best validation accuracy is {best}"
    st.html(f"<i class='lab-said' data-said='{html.escape(said)}.'></i>")


_lock = threading.Lock()
_drawn: "OrderedDict[tuple[str, View, str], tuple[object, Rows, Rows, Figure]]" = OrderedDict()


def _figure(
    which: tuple[str, View, str],
    rows: Rows,
    ghost: Rows,
    last: int,
    segments: list[tuple[int, float]],
    restarts: tuple[int, ...],
    made: list[tuple[int, str]],
) -> "Figure":
    """The chart, the same for all viewers until there is another row.

    ``which`` are the run, the view and the run that it is shown against. Plotly takes 10 ms to make
    it and 1 ms to write it down, and a poll has mostly nothing new.
    """
    name, view, _ = which
    what = (last, tuple(segments), restarts, tuple(made))
    with _lock:
        known = _drawn.pop(which, None)
        if known is None or known[0] != what or known[1] is not rows or known[2] is not ghost:
            if view == "loss":
                made = loss_curve(rows, last, segments, name, made)
            else:
                made = accuracy_curve(rows, last, segments, name, view, ghost, restarts, made)
            known = (what, rows, ghost, made)
        _drawn[which] = known
        while len(_drawn) > KEPT:
            _drawn.popitem(last=False)
        return known[3]


def figures(run: Run, rows: Rows) -> None:
    """The figures of a run that has ended; with 10,000 pictures a third digit would be chance."""
    result, started = run.result, run.started
    if not result:
        return
    # A run that ended while it waited to go on has the result of what it had trained before, and
    # nothing that says how the stretch began which it never did.
    validated = tested = ""
    if started:
        validated = f" on {started['val_examples']:,} pictures that it does not learn from"
        tested = f", on {started['test_examples']:,} pictures that were kept out of it"
    columns = st.columns(4)
    columns[0].metric(
        "Best validation",
        percent(result["best_val_accuracy"], 1),
        help=(
            f"After epoch {result['best_epoch']}. Measured{validated}; "
            f"{percent(result['val_accuracy'], 1)} after the last epoch, {result['epoch']}."
        ),
    )
    columns[1].metric(
        "Test accuracy",
        percent(result["test_accuracy"], 1),
        help=(
            f"Measured at the end of training{tested}. Choose settings by validation, not by this."
        ),
    )
    columns[2].metric("Training time", duration(result["seconds"]))
    columns[3].metric(
        "Parameters",
        f"{started['parameters']:,}" if started else "–",
        help="The numbers that training adjusts: the weights and biases of all layers.",
    )


def details(run: Run, rows: Rows) -> None:
    """What one seldom asks of a run that has ended: its layers, its pictures, its machine."""
    if not (run.result and run.started):
        return
    started = run.started
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
    if len(made := changes(run)) > FEW:
        with st.expander(f"All {len(made)} changes while it trained"):
            st.markdown("\n".join(f"- {text}" for _, text in made))
