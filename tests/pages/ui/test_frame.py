"""What was typed, filtered and chosen is there when another page was looked at meanwhile."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.config.fields import parse_config
from pages.ui import frame
from pages.ui.state import Backend
from tests.helpers.pages import ROOT


def whole_app(**query: str) -> AppTest:
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    for name, value in query.items():
        page.query_params[name] = value
    return page.run()


def go(page: AppTest, name: str) -> AppTest:
    page.switch_page(f"pages/{name}.py").run()
    assert not page.exception, page.exception
    return page


@pytest.mark.usefixtures("app")
def test_forms_remember() -> None:
    page = whole_app()
    page.text_input(key="train.hidden_sizes").set_value("64, 32").run()
    go(page, "sweep")
    page.text_input(key="sweep.name").set_value("rates").run()
    page.number_input(key="sweep.epochs").set_value(3).run()
    go(page, "draw")
    page.slider(key="pen").set_value(30).run()
    go(page, "data")
    page.slider(key="data.rotation").set_value(10.0).run()
    go(page, "train")
    assert page.text_input(key="train.hidden_sizes").value == "64, 32"
    go(page, "sweep")
    assert page.text_input(key="sweep.name").value == "rates"
    assert page.number_input(key="sweep.epochs").value == 3
    go(page, "draw")
    assert page.slider(key="pen").value == 30
    go(page, "data")
    assert page.slider(key="data.rotation").value == 10.0


def test_the_filter_is_kept_and_carried_by_the_address(app: Backend) -> None:
    app.store.set_state(app.store.create(parse_config({}), owner=app.queue.owner), "stopped")
    page = go(whole_app(), "runs")
    page.text_input(key="runs.filter").set_value("seed = 7").run()
    assert page.query_params["filter"] == "seed = 7"
    go(page, "data")
    go(page, "runs")
    assert page.text_input(key="runs.filter").value == "seed = 7"
    assert any(text.value.startswith("0 of 1 runs") for text in page.caption)
    page.query_params["filter"] = ""  # Back, in the browser
    page.run()
    assert page.text_input(key="runs.filter").value == ""


def test_what_was_said_of_a_page_is_gone_with_it(app: Backend) -> None:
    app.store.set_state(app.store.create(parse_config({}), owner=app.queue.owner), "stopped")
    app.store.set_state(app.store.create(parse_config({}), owner=app.queue.owner), "stopped")
    first, second = (run.id for run in app.store.newest())
    page = go(whole_app(), "runs")
    for run_id in (first, second):
        page.session_state["runs"] = [run_id]
        page.run()
        next(b for b in page.button if b.label == "Delete").click().run()
    assert any("2 runs deleted" in info.value for info in page.info)
    go(page, "data")
    go(page, "runs")
    assert not any("deleted" in info.value for info in page.info)


def now(page: AppTest) -> str:
    """What the bar says."""
    line = "<div class='lab-now'>"
    (said,) = (html.proto.body for html in page.get("html") if html.proto.body.startswith(line))
    return said


def test_what_waits_while_the_trainer_starts_is_not_said_to_wait_for_a_worker(
    app: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    starting = "Starting the trainer: loading PyTorch, 3 s"
    monkeypatch.setattr(Backend, "starting", starting)
    page = whole_app(run=app.store.create(parse_config({}), owner=app.queue.owner))
    assert starting in now(page)
    assert any(text.value.endswith(starting) for text in page.markdown)
    assert page.get("progress")[0].proto.text == ""  # not a third time


def test_while_a_sweep_trains_the_bar_does_not_say_that_nothing_does(
    app: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Nothing is training" in now(whole_app())
    (worker, *_) = app.queue.workers()
    monkeypatch.setattr(app.watch, "workers", lambda: [replace(worker, sweeps=("a job",))])
    assert "A sweep is training" in now(whole_app())


def test_a_start_of_each_of_a_class_does_not_have_everybodys_page_drawn_anew(
    app: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pages.ui.frame.mine", lambda run: run.user == "ada")
    states: list[object] = []

    def look() -> None:
        states.append(frame._states(app.library.active()))

    look()
    hers, others = (
        [app.store.create(parse_config({}), owner=app.queue.owner, user=user) for _ in range(2)]
        for user in ("ada", "bob")
    )
    app.store.set_state(hers[1], "stopped")
    look()
    app.store.claim(others[0])  # begins
    look()
    app.store.set_state(others[0], "stopped")
    look()
    assert states[0] != states[1] == states[2] == states[3]
    app.store.claim(hers[0])
    look()
    app.store.set_state(hers[0], "stopped")
    look()  # another's still waits
    app.store.set_state(others[1], "stopped")
    look()
    assert len({str(state) for state in states[3:]}) == 4
    assert states[-1] == states[0]
