"""The second click of a double click on a button that starts something is none."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.config.fields import parse_config
from mnist_core.config.train import TrainConfig
from mnist_core.drawing.my_digits import MyDigit, MyDigits
from pages.ui.draw.models import SHIPPED
from pages.ui.state import Backend, studies
from pages.ui.train.range_test import TEST
from tests.helpers.pages import ROOT, button, click_old, open_page, wait_for
from tests.helpers.waiting import wait_until


def click_twice(page: AppTest, label: str) -> AppTest:
    widget_id = button(page, label).id
    return click_old(click_old(page, widget_id), widget_id)


def train(app: Backend, **values: object) -> str:
    run_id = app.queue.start(parse_config({"epochs": 1, **values}))
    wait_until(lambda: not app.store.active(), "all have ended")
    app.look_again()
    return run_id


def count(app: Backend) -> int:
    wait_until(lambda: not app.store.active(), "all have ended")
    return len(app.store.newest())


def open_run(name: str, run_id: str) -> AppTest:
    page = AppTest.from_file(str(ROOT / "pages" / f"{name}.py"), default_timeout=60)
    page.query_params["run" if name == "train" else "runs"] = run_id
    page.session_state["run"] = run_id
    return page.run()


def test_start(app: Backend) -> None:
    click_twice(open_page("train"), "Start training")
    assert count(app) == 1


@pytest.mark.parametrize("label", ["Restart", "New seed"])
def test_restart(app: Backend, label: str) -> None:
    run_id = train(app)
    click_twice(open_run("train", run_id), label)
    assert count(app) == 2


def test_continue(app: Backend) -> None:
    run_id = train(app)
    click_twice(open_run("train", run_id), "Continue training")
    assert count(app) == 1
    assert [segment.start for segment in app.store.get(run_id).segments] == [0, 1]


def test_find_a_learning_rate(app: Backend) -> None:
    page = open_page("train")
    widget_id = button(page, "Find a learning rate").id
    _, first = click_old(page, widget_id).session_state[TEST]
    assert click_old(page, widget_id).session_state[TEST][1] is first


def test_seeds(app: Backend) -> None:
    run_id = train(app)
    click_twice(open_run("runs", run_id), "Run this again with 5 seeds")
    assert count(app) == 5


def test_seeds_from_two_windows(app: Backend) -> None:
    run_id = train(app)
    windows = [open_run("runs", run_id) for _ in range(2)]
    for window in windows:
        button(window, "Run this again with 5 seeds").click().run()
    assert count(app) == 5


def test_the_first_run_on_draw(app: Backend) -> None:
    click_twice(open_page("draw"), "Train the tutorial's model")
    assert count(app) == 1


def test_teach(app: Backend) -> None:
    run_id = train(app)
    MyDigits().add(MyDigit.new(3, np.eye(28, dtype=np.float32)))
    page = open_page("draw")
    page.button_group(key="panel").set_value("My digits").run()
    assert page.selectbox(key="model").value == SHIPPED
    page.selectbox(key="model").set_value(run_id).run()
    label = next(b.label for b in page.button if b.label.startswith("Teach"))
    click_twice(page, label)
    assert count(app) == 2


@pytest.mark.usefixtures("app")
def test_start_sweep() -> None:
    page = open_page("sweep")
    page.multiselect(key="sweep.fields").set_value(["hidden_sizes"]).run()
    page.text_input(key="sweep.axis.hidden_sizes.values").set_value("4,8").run()
    click_twice(page, "Start sweep")
    assert studies().names() == ["sweep 1"]
    wait_for(page, lambda _: not studies().look("sweep 1").active)


def test_what_is_waiting_is_not_queued_again_from_another_window(app: Backend) -> None:
    (first, new), (second, again) = (app.start(TrainConfig(epochs=1000)) for _ in range(2))
    assert (first, new, again) == (second, True, False)
    app.queue.stop(first)
    assert count(app) == 1
