"""The networks of a run after its epochs, kept for who looks at several of them."""

import streamlit as st

from mnist_core.nn.network import Network
from mnist_core.runs.snapshots import read_snapshots, snapshot_files
from pages.ui.state import backend


@st.cache_resource(max_entries=4, show_spinner=False)
def _kept(run_id: str) -> dict[str, dict[int, Network]]:
    """The networks of a run by file, filled as they are read; together they have a few MB."""
    return {}


def networks(run_id: str) -> dict[int, Network]:
    """The networks of a run by epoch; a file never changes once it is there."""
    store, known = backend().store, _kept(run_id)
    found: dict[int, Network] = {}
    for file in snapshot_files(store, run_id):
        if file not in known:
            known[file] = read_snapshots(store, run_id, file)
        found.update(known[file])
    return found
