"""Train by a teacher's link: what is given stays, runs count for who gave a name."""

import pytest

from mnist_core.config.assignment import Assignment, Goal
from mnist_core.config.fields import FIELDS
from mnist_core.config.train import TrainConfig
from mnist_core.runs.records import Pupil
from pages.ui.state import Backend
from pages.ui.words import literal
from tests.helpers.gate import Gate
from tests.helpers.pages import button, ended, only_run, open_page, said, wait_for
from tests.helpers.waiting import wait_until

TASK = Assignment(
    title="How *wide*?",
    text="Try **two** widths. ![a picture](https://example.com/a.png)",
    settings=TrainConfig(hidden_sizes=(16,), learning_rate=0.1, epochs=2, seed=7),
    fixed=frozenset({"learning_rate"}),
    hidden=frozenset(name for name in FIELDS if FIELDS[name].distorts) | {"seed"},
    goal=Goal(accuracy=0.1),
)
OWN = {"hidden_sizes": "8", "epochs": "1"}


@pytest.mark.usefixtures("app")
def test_the_form_shows_what_the_link_gives() -> None:
    page = open_page("train", assignment=TASK.link())
    text = said(page)
    assert f"#### {literal('How *wide*?')}" in text
    assert "Try **two** widths. [a picture]" in text, "nothing is fetched for who opens it"
    assert "**Your goal:** 10 % on validation." in text
    assert page.text_input(key="train.hidden_sizes").value == "16"
    assert not page.text_input(key="train.hidden_sizes").disabled
    rate = page.number_input(key="train.learning_rate")
    assert (rate.value, rate.disabled) == (0.1, True)
    labels = {field.label for field in (*page.number_input, *page.selectbox)}
    assert FIELDS["batch_size"].label in labels
    assert not labels & {FIELDS[name].label for name in TASK.hidden}
    assert "Distort the pictures" not in [folded.label for folded in page.expander]
    assert "Preset" not in labels


def test_what_is_given_reaches_the_run_and_the_run_counts(app: Backend) -> None:
    page = open_page("train", assignment=TASK.link())
    assert "Give your name first" in said(page)
    page.text_input(key="assignment.name").set_value(" Ada ").run()
    page.text_input(key="train.hidden_sizes").set_value("8").run()
    page.number_input(key="train.epochs").set_value(1).run()
    button(page, "Start training").click()
    wait_for(page, ended(app))
    run = only_run(app)
    assert run.pupil == Pupil(TASK.key, "Ada")
    assert run.config == TASK.settings.model_copy(update={"hidden_sizes": (8,), "epochs": 1})
    wait_for(page, lambda page: "**Goal reached.**" in said(page))
    again = page.number_input(key="more.learning_rate")
    assert (again.value, again.disabled) == (0.1, True)
    button(page, "New seed").click().run()
    wait_until(lambda: len(app.store.newest()) == 2 and not app.store.active(), "both have ended")
    assert app.store.newest()[0].pupil == run.pupil


def test_two_pupils_with_the_same_settings_have_a_run_each(app: Backend, gate: Gate) -> None:
    gate.allow(1)
    for name in ("Ada", "Bob", "Ada"):
        page = open_page("train", assignment=TASK.link(), pupil=name)
        label = "Add to queue" if app.store.active() else "Start training"
        button(page, label).click().run()
    pupils = [run.pupil for run in app.store.newest()]
    assert len(pupils) == 2, "each has one, however often it is asked for"
    assert set(pupils) == {Pupil(TASK.key, "Ada"), Pupil(TASK.key, "Bob")}
    gate.open()
    wait_until(lambda: not app.store.active(), "both have ended")


@pytest.mark.usefixtures("app")
def test_what_else_fills_the_form_changes_nothing_that_is_given() -> None:
    own = OWN | {"learning_rate": "0.9", "seed": "3", "shift": "2"}
    page = open_page("train", assignment=TASK.link(), **own)
    assert page.text_input(key="train.hidden_sizes").value == "8", "as after a reload"
    assert page.number_input(key="train.learning_rate").value == 0.1
    assert page.session_state["train.seed"] == 7
    assert page.session_state["train.shift"] == 0


@pytest.mark.usefixtures("app")
def test_who_leaves_can_change_all_and_the_link_is_gone() -> None:
    page = open_page("train", assignment=TASK.link())
    button(page, "Leave the assignment").click().run()
    assert not page.exception
    assert not page.number_input(key="train.learning_rate").disabled
    assert page.number_input(key="train.learning_rate").value == 0.1
    assert "assignment" not in page.query_params
    page.run()
    assert "Your goal" not in said(page)
    page.query_params["assignment"] = TASK.link()
    page.run()
    assert "Your goal" in said(page), "the link brings back"


@pytest.mark.usefixtures("app")
def test_another_page_and_back_keeps_it() -> None:
    page = open_page("train", assignment=TASK.link())
    del page.query_params["assignment"]  # as the links between the pages do
    page.run()
    assert "Your goal" in said(page)
    assert page.query_params["assignment"] == TASK.link()


@pytest.mark.usefixtures("app")
def test_a_link_that_is_cut_is_refused_once_with_the_reason() -> None:
    page = open_page("train", assignment=TASK.link()[:-4])
    assert "must be copied whole" in page.error[0].value
    assert not button(page, "Start training").disabled
    page.run()
    assert "must be copied whole" in page.error[0].value
    page.query_params["assignment"] = TASK.link()
    page.run()
    assert not page.error
    assert "Your goal" in said(page)


@pytest.mark.usefixtures("app")
def test_a_name_that_nobody_sees_counts_for_nobody() -> None:
    page = open_page("train", assignment=TASK.link())
    page.text_input(key="assignment.name").set_value("\u200b").run()
    assert "A name is one line" in page.error[0].value
    assert "Give your name first" in said(page)
