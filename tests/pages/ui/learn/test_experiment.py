"""The experiments of Learn: the forms they open, and how they say that they are done."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from mnist_core.config.fields import parse_config
from mnist_core.config.train import TrainConfig
from mnist_core.errors import StoreError
from mnist_core.learn.experiments import EXPERIMENTS
from mnist_core.runs.records import Run
from pages.ui.learn.choose import CHAPTERS
from pages.ui.state import RUN, Backend
from tests.helpers.courses import read
from tests.helpers.gate import Gate
from tests.helpers.pages import button, open_page, said, wait_for
from tests.helpers.waiting import wait_until


def train(app: Backend, **settings: object) -> Run:
    run_id = app.queue.start(parse_config(settings))
    wait_until(lambda: not app.store.active(), "it has ended")
    app.look_again()
    return app.store.get(run_id)


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize("chapter", ["linear", "overfit"])
def test_train_opens_with_its_settings(chapter: str) -> None:
    page = read(chapter)
    assert f"#### Try it: {EXPERIMENTS[chapter].title}" in said(page)
    assert "**Not done yet.**" in said(page)
    assert "0 of 11 experiments done" in said(page)
    button(page, "Open Train with these settings").click().run()
    held = {name: page.session_state[f"train.{name}"] for name in TrainConfig.model_fields}
    assert parse_config(held) == EXPERIMENTS[chapter].config


@pytest.mark.usefixtures("app")
def test_sweep_opens_with_its_question() -> None:
    page = read("further")
    button(page, "Open Sweep with these settings").click().run()
    assert page.session_state["train.hidden_sizes"] == "32", "what its trials share"
    asked = page.session_state["asked"]
    page = open_page("sweep")  # AppTest knows one page: what the session keeps is taken there
    page.session_state["asked"] = asked
    page.run()
    assert not page.exception, page.exception
    assert "asked" not in page.session_state
    assert page.selectbox(key="sweep.question").value == EXPERIMENTS["further"].question
    assert page.session_state["sweep.fields"] == ["learning_rate"]


def test_a_run_that_meets_the_goal_shows_it_as_done(app: Backend) -> None:
    train(app, hidden_sizes="", epochs=1, learning_rate=1e-6)
    page = read("linear")
    assert "**Not done yet.** The best so far" in said(page)
    run = train(app, hidden_sizes="", epochs=3)
    page.run()
    assert "**Done.** 100.0 % on validation." in said(page)
    assert "Not done yet" not in said(page)
    captions = page.radio(key="learn.chapter").proto.captions
    marked = {c for c, text in zip(CHAPTERS, captions, strict=True) if "Experiment done" in text}
    assert "linear" in marked
    assert not marked & {"pixels", "hidden"}
    assert f"{len(marked)} of 11 experiments done" in said(page)
    page.button(key="learn.linear.look").click().run()
    assert page.session_state[RUN] == run.id


def test_what_is_under_way_is_shown(app: Backend, gate: Gate) -> None:
    gate.allow(0)
    app.queue.start(parse_config({"hidden_sizes": "", "epochs": 3}))
    page = wait_for(read("linear"), lambda page: "Under way: no hidden layer" in said(page))
    gate.open()
    wait_for(page, lambda page: "**Done.**" in said(page))
    assert "Under way" not in said(page)


@contextmanager
def broken(app: Backend, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def fail() -> list[Run]:
        raise StoreError("the disk is gone")

    with monkeypatch.context() as patch:
        patch.setattr(app.watch, "library", fail)
        yield


def test_a_chapter_can_be_read_without_the_list_of_runs(
    app: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    with broken(app, monkeypatch):
        page = read("linear")
    assert "Whether it is done cannot be seen: the disk is gone" in said(page)
    assert "0 of 11 experiments done" in said(page)
    assert page.subheader
    assert button(page, "Open Train with these settings")


def test_until_the_list_of_runs_is_open_nothing_is_said_of_it(
    app: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(type(app), "ready", property(lambda self: False))
        page = read("linear")
        assert "Not done yet" not in said(page)
        assert button(page, "Open Train with these settings")
    page.run()
    assert "Not done yet" in said(page)
