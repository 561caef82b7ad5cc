"""The runs of the store that are none of ours, or that this version cannot read."""

from collections.abc import Callable

import streamlit as st

from mnist_core.runs.users import SERVER
from pages.ui.state import backend
from pages.ui.user import user


def show(delete: Callable[[list[str]], None]) -> None:
    """Say which there are, why, and what can be done; nothing where there are none."""
    found = backend().library.unreadable()
    if not found:
        return
    many = len(found) > 1
    with st.expander(f"{len(found)} run{'s' * many} here cannot be read", icon=":material/help:"):
        for run in found:
            st.text(f"{run.name} ({run.id}): {run.reason}.")
        if user() != SERVER:
            return
        st.button(
            "Delete them" if many else "Delete it",
            key="runs.delete_unreadable",
            on_click=delete,
            args=([run.id for run in found],),
            help="Takes them out of MLflow's list too. You can undo it.",
        )
