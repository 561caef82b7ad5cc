"""The app's parts as they open: what a page waits for, what is said, what if one cannot."""

import gc
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import streamlit as st

from pages.ui.state import backend
from pages.ui.words import literal
from tests.helpers.pages import ROOT, button, open_page, wait_for
from tests.helpers.waiting import wait_until


@pytest.mark.slow
def test_a_trainer_that_cannot_start_says_why_and_starts_when_it_can(
    small_mnist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_LAB_DATA", str(small_mnist))
    monkeypatch.chdir(ROOT)
    st.cache_resource.clear()
    python = sys.executable
    monkeypatch.setattr(sys, "executable", str(small_mnist / "not there"))
    page = open_page("train")
    page = wait_for(page, lambda p: any("cannot start" in e.value for e in p.error))
    assert any(literal("not there") in error.value for error in page.error)
    monkeypatch.setattr(sys, "executable", python)
    page = open_page("train")  # loaded again, as the message says
    wait_for(page, lambda _: bool(backend().devices))
    assert not page.run().error
    assert backend().starting is None
    backend().queue.close()
    st.cache_resource.clear()


@pytest.mark.slow
@pytest.mark.usefixtures("app")
def test_what_was_imported_is_no_collections_business(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gc, "freeze", gc.freeze.__wrapped__)  # not once for all tests
    gc.unfreeze()
    st.cache_resource.clear()
    opened = backend()
    wait_until(gc.get_freeze_count, "what was imported is frozen")
    assert gc.get_freeze_count() > len(gc.get_objects())
    opened.queue.close()


def test_no_rerun_ends_with_a_collection_and_no_visitor_sees_a_traceback() -> None:
    options = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())
    assert options["runner"]["postScriptGC"] is False
    assert options["client"]["showErrorDetails"] == "none"


@pytest.mark.slow
def test_a_click_before_the_trainer_is_there_is_kept_and_answered(
    small_mnist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_LAB_DATA", str(small_mnist))
    monkeypatch.chdir(ROOT)
    st.cache_resource.clear()
    page = open_page("train")
    assert not backend().ready
    button(page, "Start training").click().run()
    assert any("Starting the trainer" in info.value for info in page.info)
    wait_for(page, lambda p: any("Completed" in text.value for text in p.markdown))
    assert len(backend().store.newest()) == 1
    backend().queue.close()
    st.cache_resource.clear()


PAGES = sorted(path.stem for path in (ROOT / "pages").glob("*.py"))
MODULES = {
    page: [
        f"pages.ui.{path.stem}"
        for path in (ROOT / "pages" / "ui").glob("*.py")
        if path.stem not in ("__init__", "watch")  # that one comes with the queue
    ]
    + [
        f"pages.ui.{page}.{path.stem}"
        for path in (ROOT / "pages" / "ui" / page).glob("*.py")
        if path.stem != "__init__"
    ]
    for page in PAGES
}


def loaded_with(page: str) -> set[str]:
    """The packages that a new process has when it has imported all that a page imports."""
    code = "\n".join([*(f"import {name}" for name in MODULES[page]), "import sys"])
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nprint(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.split(".")[0] for name in done.stdout.split()}


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_a_page_does_not_wait_for_mlflow_dask_or_pytorch(page: str) -> None:
    assert not loaded_with(page) & {"mlflow", "distributed", "torchvision", "torch"}
