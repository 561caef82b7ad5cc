"""Pages run with AppTest on a data set of a few hundred pictures, with real workers."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from mnist_core.runs.records import Run
from pages.ui.state import Backend, backend

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def app(small_mnist: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Backend]:
    """A running app with an empty store."""
    monkeypatch.setenv("MNIST_LAB_DATA", str(small_mnist))
    monkeypatch.chdir(ROOT)
    st.cache_resource.clear()
    opened = backend()
    assert opened.queue.devices()  # waits until the workers answer
    yield opened
    opened.queue.close()
    st.cache_resource.clear()


def open_page(name: str) -> AppTest:
    return AppTest.from_file(str(ROOT / "pages" / f"{name}.py"), default_timeout=60).run()


def wait_for(page: AppTest, condition: Callable[[AppTest], bool], tries: int = 2000) -> AppTest:
    """Rerun the page, as its polling does, until the condition holds."""
    for _ in range(tries):
        page.run()
        assert not page.exception, page.exception
        if condition(page):
            return page
    raise AssertionError("the page never showed what was waited for")


def button(page: AppTest, label: str) -> object:
    found = [b for b in page.button if b.label == label]
    assert found, f"no button {label!r} among {[b.label for b in page.button]}"
    return found[0]


def ended(opened: Backend) -> Callable[[AppTest], bool]:
    def check(page: AppTest) -> bool:
        return not opened.store.active()

    return check


def only_run(opened: Backend) -> Run:
    (run,) = opened.store.newest()
    return run
