"""The table of runs: its columns' words and units, and what is ticked in it."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from mnist_core.config.fields import FIELDS
from mnist_core.runs.conditions import RESULTS, STATES, TITLES
from mnist_core.runs.records import Run
from mnist_core.runs.table import Trials, folded_table
from pages.ui import forms
from pages.ui.address import keep_in_address
from pages.ui.state import RUNS, select_runs, selected_runs

KEY = "runs.table"
ORDER = "runs.order"  # session key: the id of each row, as the table was last drawn
OPEN = "runs.open"  # session key: the study whose trials are shown one by one
COLUMNS = "columns"  # query parameter: those that are shown
STUDY = "study:"  # what a row's id begins with that stands for a study
# What most people look for; the others are a click away.
USUAL = (
    *("starred", "name", "state", "best_val_accuracy", "test_accuracy", "seconds", "parameters"),
    *("hidden_sizes", "learning_rate", "epochs", "optimizer", "tags", "created"),
)
HEIGHT = 330

FILTER_HELP = f"""
Any words look for runs with them in the name, the note or a tag. Or compare what the table shows:

- `test > 97 % and epochs <= 5`
- `hidden layer sizes contains 64`, `optimizer = adam or state = failed`
- `started >= 2026-01-31`, `data set = MNIST (digits)`
- `not starred`, `tags = talk`, with parentheses as you like

The columns: {", ".join(f"`{title.lower()}`" for title in TITLES.values())}.

As in files and on the command line: {", ".join(f"`{name}`" for name in (*RESULTS, *FIELDS))}.

States: {", ".join(STATES)}.
"""


def choose_columns() -> list[str]:
    """Which columns are shown, in the table's order; a run's name always is."""
    titles = {name: config["label"] for name, config in _columns().items()}
    others, usual = [n for n in titles if n != "name"], [n for n in USUAL if n != "name"]
    said = [name for name in st.query_params.get(COLUMNS, "").split(",") if name in others]
    with st.popover("Columns", icon=":material/view_column:"):
        chosen = st.multiselect(
            "Columns",
            others,
            st.session_state.setdefault("runs.columns", said or usual),
            format_func=titles.__getitem__,
            key="runs.columns",
            persist_state="session",
            label_visibility="collapsed",
        )
    keep_in_address(COLUMNS, "" if chosen == usual else ",".join(chosen))
    return [name for name in titles if name == "name" or name in chosen]


def _columns() -> dict[str, Any]:
    column = st.column_config
    accuracy = {"format": "percent"}
    columns: dict[str, Any] = {
        "starred": column.TextColumn("★", help="Starred", width=40),
        "name": column.TextColumn(TITLES["name"], width="medium", pinned=True),
        "state": column.TextColumn(TITLES["state"], width="small"),
        "best_val_accuracy": column.NumberColumn(
            TITLES["best_val_accuracy"], help="Best validation accuracy of all epochs", **accuracy
        ),
        "val_accuracy": column.NumberColumn(
            TITLES["val_accuracy"], help="Validation accuracy after the last epoch", **accuracy
        ),
        "test_accuracy": column.NumberColumn(
            TITLES["test_accuracy"],
            help="Accuracy on the test pictures at the end of training. Choose settings by "
            "validation: the best of many test figures is too good to be true.",
            **accuracy,
        ),
        "seconds": column.NumberColumn(TITLES["seconds"], format="%.1f s", help="Training time"),
        "parameters": column.NumberColumn(
            TITLES["parameters"], format="localized", help="Weights and biases in the network"
        ),
        "epoch": column.NumberColumn(TITLES["epoch"], format="%d", help="Epochs trained"),
        "tags": column.TextColumn(TITLES["tags"]),
        "note": column.TextColumn(TITLES["note"]),
        "created": column.DatetimeColumn(TITLES["created"], format="distance"),
    }
    for name, spec in FIELDS.items():
        make = column.NumberColumn if spec.kind in ("int", "float") else column.TextColumn
        columns[name] = make(TITLES[name], help=spec.help)
    columns["epochs"]["help"] = "Epochs asked for, of a run that went on those of before too."
    return columns


def _in_words(frame: pd.DataFrame) -> pd.DataFrame:
    """The table as people read it. A star is no box: the boxes are there to be ticked."""
    called = forms.said_choices(FIELDS["dataset"])
    return frame.assign(
        starred=["★" if starred else "" for starred in frame["starred"]],
        state=[state.capitalize() for state in frame["state"]],
        dataset=[called.get(name, name) for name in frame["dataset"]],
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
