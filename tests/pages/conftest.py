"""Pages run with AppTest on a data set of a few hundred pictures, with real workers."""

from collections.abc import Iterator

import pytest
import streamlit as st

from pages.ui.state import Backend, backend
from tests.helpers.pages import ROOT
from tests.helpers.workers import Workers


@pytest.fixture
def app(workers: Workers, monkeypatch: pytest.MonkeyPatch) -> Iterator[Backend]:
    """A running app with an empty store."""
    monkeypatch.chdir(ROOT)
    st.cache_resource.clear()
    opened = backend()
    assert opened.queue.devices()  # waits until the workers answer
    yield opened
    opened.queue.close()
    st.cache_resource.clear()
