"""The Teach page: an assignment is written, seen, made into a link, and its class is listed."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mnist_core.config.assignment import Assignment, Goal, read_link
from mnist_core.config.train import TrainConfig
from mnist_core.runs.records import Pupil
from pages.ui.assignment import joined
from pages.ui.state import Backend
from tests.helpers.pages import button, open_page, said, wait_for
from tests.helpers.waiting import wait_until

TASK = Assignment(title="Wide", group="10b", settings=TrainConfig(epochs=1), goal=Goal(accuracy=1))


@pytest.mark.usefixtures("app")
def test_it_begins_empty_and_needs_a_title() -> None:
    page = open_page("teach")
    assert not page.exception
    assert "Give it a title" in page.info[0].value
    assert button(page, "Make the link").disabled
    assert "What your pupils will see" not in said(page)


@pytest.mark.usefixtures("app")
def test_the_link_holds_what_was_written() -> None:
    page = open_page("teach")
    page.text_input(key="teach.form.title").set_value("How wide?").run()
    page.text_input(key="teach.form.group").set_value("10b").run()
    page.text_area(key="teach.form.text").set_value("Try **two**.").run()
    page.number_input(key="teach.form.parameters").set_value(30_000).run()
    page.text_input(key="teach.hidden_sizes").set_value("64").run()
    page.multiselect(key="teach.form.fixed").set_value(["learning_rate"]).run()
    assert "learning_rate" not in page.multiselect(key="teach.form.hidden").options
    page.multiselect(key="teach.form.hidden").set_value(["seed"]).run()
    text = said(page)
    assert "**Your goal:** 97 % on validation with at most 30,000 parameters." in text
    assert "Given: Learning rate 0\\.5." in text
    assert "Not shown: Seed 0." in text
    assert not page.code
    assert not page.warning
    page.number_input(key="teach.form.parameters").set_value(100).run()
    assert "Nobody can reach this goal." in page.warning[0].value
    page.number_input(key="teach.form.parameters").set_value(30_000).run()
    button(page, "Make the link").click().run()
    assert not page.exception
    link = page.query_params["assignment"]
    assert link in page.code[0].value
    assert read_link(link) == Assignment(
        title="How wide?",
        group="10b",
        text="Try **two**.",
        settings=TrainConfig(hidden_sizes=(64,)),
        fixed=frozenset({"learning_rate"}),
        hidden=frozenset({"seed"}),
        goal=Goal(accuracy=0.97, parameters=30_000),
    )
    assert "Nobody has given a name yet" in page.info[0].value


@pytest.mark.usefixtures("app")
def test_a_link_fills_the_form() -> None:
    page = open_page("teach", assignment=TASK.link())
    assert page.text_input(key="teach.form.title").value == "Wide"
    assert page.number_input(key="teach.epochs").value == 1
    assert page.number_input(key="teach.form.accuracy").value == 100
    assert TASK.link() in page.code[0].value
    page.toggle(key="teach.form.goal").set_value(False).run()
    assert "Your goal" not in said(page)
    assert TASK.link() in page.code[0].value, "until another one is made"
    button(page, "Make the link").click().run()
    link = page.query_params["assignment"]
    assert read_link(link).goal is None
    assert read_link(link).key != TASK.key


@pytest.mark.usefixtures("app")
def test_a_link_that_is_cut_is_refused_with_the_reason() -> None:
    page = open_page("teach", assignment=TASK.link()[3:])
    assert "must be copied whole" in page.error[0].value
    assert button(page, "Make the link").disabled


def test_the_class_is_listed_with_the_best_of_each(app: Backend) -> None:
    joined(TASK.key).add("Zoe")
    run_id, _ = app.start(TASK.settings, Pupil(TASK.key, "Ada"))
    wait_until(lambda: not app.store.active(), "it has ended")
    app.look_again()
    page = wait_for(
        open_page("teach", assignment=TASK.link()), lambda page: len(page.dataframe) == 1
    )
    rows = page.dataframe[0].value.to_dict("records")
    run = app.store.get(run_id)
    best = run.figure("best_val_accuracy")
    assert best is not None
    assert [(row["Name"], row["Goal"], row["Runs"]) for row in rows] == [
        ("Ada", "", 1),
        ("Zoe", "", 0),
    ]
    assert rows[0]["Best"] == pytest.approx(100 * best, abs=0.01)
    assert rows[0]["Parameters"] == run.started["parameters"]
    assert "**0 of 2** reached 100 % on validation." in said(page)


@pytest.mark.slow
def test_thirty_who_start_the_same_at_once_each_have_a_run_and_a_row(app: Backend) -> None:
    names = [f"pupil {i}" for i in range(30)]
    together = threading.Barrier(len(names))

    def begin(name: str) -> tuple[str, bool]:
        together.wait()
        joined(TASK.key).add(name)
        return app.start(TASK.settings, Pupil(TASK.key, name))

    with ThreadPoolExecutor(len(names)) as class_room:
        started = list(class_room.map(begin, names))
    assert len({run_id for run_id, _ in started}) == len(names)
    assert all(new for _, new in started)
    wait_until(lambda: not app.store.active(), "all have ended")
    app.look_again()
    page = wait_for(
        open_page("teach", assignment=TASK.link()), lambda page: len(page.dataframe) == 1
    )
    rows = page.dataframe[0].value.to_dict("records")
    assert {(row["Name"], row["Runs"]) for row in rows} == {(name, 1) for name in names}
    assert len({row["Best"] for row in rows}) == 1  # the same seed, the same network
    assert "**0 of 30** reached 100 % on validation." in said(page)
