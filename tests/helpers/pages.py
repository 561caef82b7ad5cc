"""Pages with AppTest: open one, press its buttons, rerun it until it shows something."""

from collections.abc import Callable
from pathlib import Path

from streamlit.testing.v1 import AppTest

from mnist_core.runs.records import Run
from pages.ui.state import Backend

ROOT = Path(__file__).resolve().parents[2]


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
