"""Pages run with AppTest on a data set of a few hundred pictures, with real workers."""

import functools
import gc
from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner

from pages.ui.state import Backend, backend
from tests.helpers.pages import ROOT, visit_from_here
from tests.helpers.workers import Workers


@pytest.fixture(autouse=True, scope="session")
def _components() -> Iterator[None]:
    """Each AppTest looks through all that is installed for components, 0.5 s; it stays the same."""
    with pytest.MonkeyPatch.context() as patch:
        scan = manifest_scanner.scan_component_manifests
        patch.setattr(manifest_scanner, "scan_component_manifests", functools.cache(scan))
        yield


@pytest.fixture(autouse=True, scope="session")
def _frozen_once() -> Iterator[None]:
    """An app keeps what is there as it starts from the collector. Of this process's many apps each
    would stay, and go on to say in its store that it lives: after 70 tests that took 9 % of all."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gc, "freeze", functools.cache(gc.freeze))
        yield


@pytest.fixture(autouse=True)
def _from_here(monkeypatch: pytest.MonkeyPatch) -> None:
    visit_from_here(monkeypatch)


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
