"""Pages with AppTest: open one, press its buttons, rerun it until it shows something."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.runs.records import Run
from pages.ui.state import Backend
from tests.helpers.waiting import PATIENCE, wait_until

ROOT = Path(__file__).resolve().parents[2]


def visit_from_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """An AppTest's server is none, and would say nonsense of who is visiting."""
    monkeypatch.setattr("streamlit.runtime.context._get_client_context", lambda: None)


def open_page(name: str, **query: str) -> AppTest:
    """The page as it is drawn first; ``query`` is what its address carries."""
    page = AppTest.from_file(str(ROOT / "pages" / f"{name}.py"), default_timeout=PATIENCE)
    page.query_params.update(query)
    return page.run()


def wait_for(page: AppTest, condition: Callable[[AppTest], object]) -> AppTest:
    """Rerun the page, as its polling does, until the condition holds."""

    def shows() -> object:
        page.run()
        assert not page.exception, page.exception
        return condition(page)

    wait_until(shows, "the page shows it")
    return page


def button(page: AppTest, label: str) -> object:
    found = [b for b in page.button if b.label == label]
    assert found, f"no button {label!r} among {[b.label for b in page.button]}"
    return found[0]


def click_old(page: AppTest, widget_id: str) -> AppTest:
    """Click a button as a browser does that was not shown yet what was drawn since."""
    states = page._tree.get_widget_states()
    states.widgets.add(id=widget_id, trigger_value=True)
    page._run(states)
    assert not page.exception, page.exception
    return page


def ended(opened: Backend) -> Callable[[AppTest], bool]:
    """Nothing trains or waits, and the Train page has noticed."""

    def check(page: AppTest) -> bool:
        labels = {found.label for found in page.button}
        return not opened.store.active() and "Start training" in labels and "Stop" not in labels

    return check


def only_run(opened: Backend) -> Run:
    (run,) = opened.store.newest()
    return run


def said(page: AppTest) -> str:
    """All texts of a page that shows no exception."""
    assert not page.exception, page.exception
    return "\n".join(text.value for text in (*page.markdown, *page.caption))


def pictures(page: AppTest) -> str:
    """The HTML of all pictures on the page."""
    return "\n".join(element.proto.body for element in page.get("html"))
