"""The table of runs: its columns' words and units, and what is ticked in it."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from mnist_core.config.fields import FIELDS
from mnist_core.runs.conditions import RESULTS, STATES
from mnist_core.runs.records import Run
from mnist_core.runs.table import Trials, folded_table
from pages.ui import forms
from pages.ui.state import RUNS, select_runs, selected_runs

KEY = "runs.table"
ORDER = "runs.order"  # session key: the id of each row, as the table was last drawn
OPEN = "runs.open"  # session key: the study whose trials are shown one by one
STUDY = "study:"  # what a row's id begins with that stands for a study
# What most people look for; the others are a click away.
USUAL = (
    *("starred", "name", "state", "best_val_accuracy", "test_accuracy", "seconds", "parameters"),
    *("hidden_sizes", "learning_rate", "epochs", "optimizer", "tags", "created"),
)
HEIGHT = 330

FILTER_HELP = f"""
Any words look for runs with them in the name, the note or a tag. Or compare fields:

- `val_accuracy > 97% and epochs <= 5`
- `hidden_sizes contains 64`, `optimizer = adam or state = failed`
- `not starred`, `tags = talk`, with parentheses as you like

Results: {", ".join(f"`{name}`" for name in RESULTS)}.

Settings: {", ".join(f"`{name}`" for name in FIELDS)}.

States: {", ".join(STATES)}. Texts: `name`, `note`, `tags`.
"""


def choose_columns() -> list[str]:
    """Which columns are shown, in the table's order; a run's name always is."""
    titles = {name: config["label"] for name, config in _columns().items()}
    with st.popover("Columns", icon=":material/view_column:"):
        chosen = st.multiselect(
            "Columns",
            [name for name in titles if name != "name"],
            st.session_state.setdefault("runs.columns", [n for n in USUAL if n != "name"]),
            format_func=titles.__getitem__,
            key="runs.columns",
            persist_state="session",
            label_visibility="collapsed",
        )
    return [name for name in titles if name == "name" or name in chosen]


def _columns() -> dict[str, Any]:
    column = st.column_config
    accuracy = {"format": "percent"}
    columns: dict[str, Any] = {
        "starred": column.TextColumn("★", help="Starred", width=40),
        "name": column.TextColumn("Run", width="medium", pinned=True),
        "state": column.TextColumn("State", width="small"),
        "best_val_accuracy": column.NumberColumn(
            "Best validation", help="Best validation accuracy of all epochs", **accuracy
        ),
        "val_accuracy": column.NumberColumn(
            "Last validation", help="Validation accuracy after the last epoch", **accuracy
        ),
        "test_accuracy": column.NumberColumn(
            "Test",
            help="Accuracy on the test pictures at the end of training. Choose settings by "
            "validation: the best of many test figures is too good to be true.",
            **accuracy,
        ),
        "seconds": column.NumberColumn("Time", format="%.1f s", help="Training time"),
        "parameters": column.NumberColumn(
            "Size", format="localized", help="Weights and biases in the network"
        ),
        "epoch": column.NumberColumn("Trained", format="%d", help="Epochs trained"),
        "tags": column.TextColumn("Tags"),
        "note": column.TextColumn("Note"),
        "created": column.DatetimeColumn("Started", format="distance"),
    }
    for name, spec in FIELDS.items():
        make = column.NumberColumn if spec.kind in ("int", "float") else column.TextColumn
        columns[name] = make(spec.label, help=spec.help)
    return columns


def _in_words(frame: pd.DataFrame) -> pd.DataFrame:
    """The table as people read it. A star is no box: the boxes are there to be ticked."""
    return frame.assign(
        starred=["★" if starred else "" for starred in frame["starred"]],
        state=[state.capitalize() for state in frame["state"]],
        dataset=[name and forms.shown("dataset", name) for name in frame["dataset"]],
    )


def _ticked(key: str) -> None:
    """Keep what is selected but filtered out of sight, and take what is ticked."""
    order = st.session_state[ORDER]
    rows = st.session_state[key]["selection"]["rows"]
    ticked = [order[row] for row in rows if row < len(order)]
    opened = [row_id for row_id in ticked if row_id.startswith(STUDY)]
    if opened:
        st.session_state[OPEN] = opened[0].removeprefix(STUDY)
        return
    hidden = [run_id for run_id in st.session_state[RUNS] if run_id not in set(order)]
    select_runs([*hidden, *ticked])


def show_table(rows: Sequence[Run | Trials], columns: list[str]) -> None:
    """The table, with the selected runs ticked wherever they are now."""
    frame = pd.DataFrame(folded_table(rows))
    run_ids = [STUDY + row.study if isinstance(row, Trials) else row.id for row in rows]
    places = {run_id: row for row, run_id in enumerate(run_ids)}
    rows = [places[run_id] for run_id in selected_runs() if run_id in places]
    st.session_state[ORDER] = run_ids
    # Another table for each study that is open: a browser keeps what was ticked in the one before.
    key = f"{KEY}.{st.session_state[OPEN]}" if OPEN in st.session_state else KEY
    st.session_state[key] = {"selection": {"rows": rows, "columns": [], "cells": []}}
    st.dataframe(
        _in_words(frame),
        key=key,
        on_select=partial(_ticked, key),
        selection_mode="multi-row",
        hide_index=True,
        height=HEIGHT if len(frame) > 8 else "auto",
        placeholder="–",
        column_config=_columns(),
        column_order=columns,
        alt="Runs",
    )
