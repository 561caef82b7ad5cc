"""Which of the studies is looked at."""

import streamlit as st

from pages.ui.address import keep_in_address

STUDY = "study"  # query parameter and session key: the study that is looked at
TRIAL = "sweep.trial"  # widget key: the trial that is opened


def select_study(name: str | None) -> None:
    """Look at this study, here and after a reload; None is the form of a new one."""
    st.session_state[STUDY] = name
    st.session_state.pop(TRIAL, None)
    keep_in_address(STUDY, name or "")


def selected_study(names: list[str]) -> str | None:
    """The study of this session or its address, if it is there."""
    name = st.session_state.get(STUDY, st.query_params.get(STUDY))
    return name if name in names else None
