"""The measurements of this app, opened once a process, and which of them are looked at."""

from typing import TYPE_CHECKING

import streamlit as st

from pages.ui.state import backend, studies

if TYPE_CHECKING:
    from mnist_core.jobs.measuring import Measurer

SHOWN = "devices.shown"  # session key: the ids of the measurements that are looked at
LATEST = "devices.latest"  # session key: the latest that had ended when this session last looked


@st.cache_resource(show_spinner=False)
def measurer() -> "Measurer":
    assert backend().store  # waits until MLflow is imported, see Backend
    from mnist_core.jobs.measuring import Measurer

    return Measurer(lambda: backend().queue, studies().training)


def shown(ids: list[str]) -> list[str]:
    """Those of ``ids`` (the newest first) that are looked at: what was chosen, else the newest.

    One that has ended since the last look is looked at now.
    """
    latest = measurer().latest
    if latest != st.session_state.setdefault(LATEST, latest):
        st.session_state[LATEST] = latest
        st.session_state[SHOWN] = [latest]
    chosen = st.session_state.get(SHOWN)
    if chosen is None:
        return ids[:1]
    return [one for one in ids if one in chosen]
