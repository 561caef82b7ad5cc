"""The studies of this app, opened once a process, and which of them is looked at."""

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui.address import keep_in_address
from pages.ui.state import backend

if TYPE_CHECKING:
    from mnist_core.jobs.studies import StudyQueue

STUDY = "study"  # query parameter and session key: the study that is looked at
TRIAL = "sweep.trial"  # widget key: the trial that is opened


@st.cache_resource(show_spinner=False)
def studies() -> "StudyQueue":
    assert backend().store  # waits until MLflow is imported, see Backend
    from mnist_core.jobs.studies import StudyQueue

    return StudyQueue(lambda: backend().queue)


def select_study(name: str | None) -> None:
    """Look at this study, here and after a reload; None is the form of a new one."""
    st.session_state[STUDY] = name
    st.session_state.pop(TRIAL, None)
    keep_in_address(STUDY, name or "")


def selected_study(names: list[str]) -> str | None:
    """The study of this session or its address, if it is there."""
    name = st.session_state.get(STUDY, st.query_params.get(STUDY))
    return name if name in names else None
