"""The Train page: empty, happy, bad input, stop, go on, restart, two sessions."""

import socket
import subprocess
import sys

import pytest
import streamlit as st

from mnist_core.config.fields import FIELDS
from mnist_core.config.presets import PRESETS
from mnist_core.config.train import TrainConfig
from mnist_core.runs.store import RunStore
from pages.ui.state import Backend, backend
from pages.ui.words import literal
from tests.helpers.gate import Gate
from tests.helpers.pages import ROOT, button, ended, only_run, open_page, said, wait_for

CHANGE = "Change from the next epoch on"


def test_empty_page_offers_the_next_step(app: Backend) -> None:
    page = open_page("train")
    assert not page.exception
    assert "Nothing is trained yet" in page.info[0].value
    assert not button(page, "Start training").disabled


def test_every_field_has_a_widget_with_its_label_and_help(app: Backend) -> None:
    page = open_page("train")
    widgets = [*page.number_input, *page.selectbox, *page.text_input]
    found = {widget.label: widget.help for widget in widgets}
    for spec in FIELDS.values():
        assert found[spec.label] == spec.help


def test_start_trains_and_shows_the_result(app: Backend) -> None:
    page = open_page("train")
    button(page, "Start training").click()
    wait_for(page, ended(app))
    page.run()
    run = only_run(app)
    assert run.state == "completed"
    metrics = {metric.label: metric.value for metric in page.metric}
    assert metrics["Test accuracy"] == f"{run.result['test_accuracy']:.1%}".replace("%", " %")
    assert metrics["Parameters"] == "25,450"
    assert [row["epoch"] for row in app.store.history(run.id)] == [0, 1, 2, 3, 4, 5]


def test_values_in_the_form_reach_the_run(app: Backend) -> None:
    page = open_page("train")
    page.text_input(key="train.hidden_sizes").set_value("16, 8")
    page.number_input(key="train.learning_rate").set_value(0.05)
    page.number_input(key="train.epochs").set_value(2)
    page.selectbox(key="train.optimizer").set_value("momentum")
    page.run()
    button(page, "Start training").click()
    wait_for(page, ended(app))
    config = only_run(app).config
    assert config.hidden_sizes == (16, 8)
    assert (config.learning_rate, config.epochs, config.optimizer) == (0.05, 2, "momentum")


@pytest.mark.parametrize("text", ["0", "12, x", "9999", "-3", "1,1,1,1,1,1,1,1,1", "3.5"])
def test_bad_hidden_sizes_are_refused_at_the_field(app: Backend, text: str) -> None:
    page = open_page("train")
    page.text_input(key="train.hidden_sizes").set_value(text).run()
    assert literal(text) in page.error[0].value
    assert "whole numbers" in page.error[0].value
    assert button(page, "Start training").disabled
    assert app.store.newest() == []


def test_a_refused_text_is_shown_cut_where_it_is_long(app: Backend) -> None:
    page = open_page("train")
    page.text_input(key="train.hidden_sizes").set_value("9" * 300).run()
    assert "9" * 90 in page.error[0].value
    assert "9" * 110 not in page.error[0].value


def test_stop_keeps_what_was_learnt_and_training_can_go_on(gate: Gate, app: Backend) -> None:
    page = open_page("train")
    gate.allow(2)
    button(page, "Start training").click()
    wait_for(page, lambda _: len(app.store.history(only_run(app).id)) == 3)
    button(page, "Stop").click()
    wait_for(page, ended(app))
    run = only_run(app)
    assert run.state == "stopped"
    assert [row["epoch"] for row in app.store.history(run.id)] == [0, 1, 2]
    gate.open()
    page.run()
    page.number_input(key="more.epochs").set_value(2)
    page.number_input(key="more.learning_rate").set_value(0.1)
    page.run()
    button(page, "Continue training").click()
    wait_for(page, ended(app))
    run = only_run(app)
    assert run.state == "completed"
    assert [s.config.learning_rate for s in run.segments] == [0.5, 0.1]
    assert [row["epoch"] for row in app.store.history(run.id)] == [0, 1, 2, 3, 4]


def test_the_learning_rate_is_changed_while_it_trains(gate: Gate, app: Backend) -> None:
    page = open_page("train")
    page.number_input(key="train.epochs").set_value(30).run()
    gate.allow(2)
    button(page, "Start training").click()
    # It is held, and says that it is in the next epoch. A moment before, when the row is there, a
    # change would come into effect at once.
    wait_for(page, lambda _: only_run(app).progress.get("epoch") == 3)
    assert len(app.store.history(only_run(app).id)) == 3
    labels = [field.label for field in page.number_input]
    assert "New learning rate" in labels
    assert "New momentum" not in labels  # plain SGD has none
    (rate,) = (field for field in page.number_input if field.label == "New learning rate")
    assert rate.value == 0.5
    other = open_page("train")
    rate.set_value(0.1)
    button(page, CHANGE).click().run()
    button(page, CHANGE).click().run()  # twice is once
    for view in (page, other.run()):
        assert "From the next epoch on: learning rate 0.1." in said(view)
    epoch = 2
    while not (changes := only_run(app).segments[0].changes):
        epoch += 1
        assert epoch < 30
        gate.allow(epoch)
        wait_for(page, lambda _, n=epoch: len(app.store.history(only_run(app).id)) > n)
    (change,) = changes
    done = f"from epoch {change.start + 1}: learning rate 0.1."
    for view in (page, other):
        wait_for(view, lambda shown: done in said(shown))
        assert "From the next epoch on" not in said(view)
        (rate,) = (field for field in view.number_input if field.label == "New learning rate")
        assert rate.value == 0.1
    gate.open()
    wait_for(page, ended(app))
    rates = [row["learning_rate"] for row in app.store.history(only_run(app).id)]
    assert rates == [0.5] * (change.start + 1) + [0.1] * (30 - change.start)
    button(other, CHANGE).click().run()  # its page is from before the end
    assert "has ended" in other.error[0].value


def test_two_sessions_show_the_same_job_and_cannot_start_it_twice(gate: Gate, app: Backend) -> None:
    first, second = open_page("train"), open_page("train")
    gate.allow(1)
    button(first, "Start training").click().run()
    button(second, "Start training").click().run()  # its page still shows Start
    run = only_run(app)
    assert any("waiting already" in toast.value for toast in second.toast)
    assert second.session_state["run"] == run.id
    third = open_page("train")
    assert not button(third, "Add to queue").disabled
    app.queue.stop(run.id)
    wait_for(first, ended(app))


@pytest.mark.slow
def test_restart_repeats_the_run_and_a_new_seed_does_not(app: Backend) -> None:
    page = open_page("train")
    button(page, "Start training").click()
    wait_for(page, ended(app))
    page.run()
    button(page, "Restart").click()
    wait_for(page, ended(app))
    page.run()
    button(page, "New seed").click()
    wait_for(page, ended(app))
    other, same, first = (app.store.history(run.id) for run in app.store.newest())
    losses = [[row["val_loss"] for row in rows] for rows in (first, same, other)]
    assert losses[0] == losses[1] != losses[2]


def test_presets_fill_the_form(app: Backend) -> None:
    page = open_page("train")
    name = "Logistic regression (no hidden layer)"
    page.selectbox(key="preset").set_value(name).run()
    assert page.text_input(key="train.hidden_sizes").value == ""
    assert page.number_input(key="train.learning_rate").value == PRESETS[name].learning_rate


def test_a_run_that_is_not_there_is_a_message(app: Backend) -> None:
    page = open_page("train")
    page.query_params["run"] = "nonsense"
    page.session_state["run"] = "nonsense"
    page.run()
    assert not page.exception
    assert "not in this app's store" in page.warning[0].value


@pytest.mark.slow
@pytest.mark.usefixtures("workers")
def test_a_run_of_an_app_that_was_killed_is_offered_to_resume(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    dead = f"{socket.gethostname()}:{process.pid}:0"
    store = RunStore()
    run_id = store.create(TrainConfig(epochs=2), owner=dead)
    store.set_state(run_id, "running")
    st.cache_resource.clear()
    page = open_page("train")  # at once, while the store is still being opened
    wait_for(page, lambda shown: any("Interrupted" in text.value for text in shown.markdown))
    button(page, "Resume").click()
    wait_for(page, ended(backend()))
    assert backend().store.get(run_id).state == "completed"
    backend().queue.close()
    st.cache_resource.clear()


def test_while_a_run_trains_others_queue_up(gate: Gate, app: Backend) -> None:
    page = open_page("train")
    gate.allow(1)
    button(page, "Start training").click().run()
    first = only_run(app)
    for seed in range(1, len(app.queue.workers()) + 1):  # one more than there are workers
        page.number_input(key="train.seed").set_value(seed).run()
        button(page, "Add to queue").click().run()
    button(page, "Add to queue").click().run()  # the second click of a double click
    assert any("already" in toast.value for toast in page.toast)
    assert len(app.store.newest()) == len(app.queue.workers()) + 1
    assert page.session_state["run"] == first.id  # what is watched stays on the screen
    wait_for(page, lambda page: [b.label for b in page.button].count("Cancel") == 1)
    assert any(m.value.startswith("1. **") for m in page.markdown)
    button(page, "Cancel").click().run()
    assert app.queue.waiting() == []
    assert not [b for b in page.button if b.label == "Cancel"]
    for run in app.store.active():
        app.queue.stop(run.id)
    wait_for(page, ended(app))
