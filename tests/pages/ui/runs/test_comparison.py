"""Runs side by side."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.config.knobs import Knobs
from mnist_core.config.train import TrainConfig
from mnist_core.runs.records import Change, Run, Segment
from pages.ui.runs import comparison
from tests.helpers.runs import RUN

COUNT = 10_000


def compared() -> None:
    import streamlit as st

    from pages.ui.runs.comparison import show

    show(st.session_state["chosen"], st.session_state["chosen"])


def test_ten_thousand_selected_runs_ask_for_forty_curves_and_draw_twelve_groups(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def rows(run: Run) -> list[dict[str, float]]:
        asked.append(run.id)
        return []

    monkeypatch.setattr(
        comparison, "backend", lambda: SimpleNamespace(watch=SimpleNamespace(rows=rows))
    )
    page = AppTest.from_function(compared, default_timeout=300)
    page.session_state["chosen"] = [
        replace(RUN, id=f"{i}", segments=(Segment(0, TrainConfig(learning_rate=0.1 + i * 1e-4)),))
        for i in range(COUNT)
    ]
    page.run()
    assert not page.exception
    assert asked == [f"{i}" for i in range(comparison.MAX_CURVES)]
    assert len(page.button) == comparison.MAX_GROUPS
    assert len(page.dataframe[0].value) == COUNT
    assert any(f"first {comparison.MAX_CURVES} of {COUNT}" in info.value for info in page.info)


def test_what_was_changed_while_a_run_trained_sets_it_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watch = SimpleNamespace(rows=lambda run: [])
    monkeypatch.setattr(comparison, "backend", lambda: SimpleNamespace(watch=watch))
    changed = Segment(0, TrainConfig(), (Change(6, Knobs(0.1, 0.9, 0.0)),))
    ends_alike = Segment(0, TrainConfig(learning_rate=0.1))
    page = AppTest.from_function(compared)
    page.session_state["chosen"] = [
        replace(RUN, id="1", segments=(changed,)),
        replace(RUN, id="2", segments=(ends_alike,)),
    ]
    assert not page.run().exception
    assert list(page.dataframe[0].value["While it trained"]) == [
        "Changed while it trained: from epoch 7: learning rate 0.1.",
        "not changed",
    ]
    assert not any("should be identical" in caption.value for caption in page.caption)


def test_a_run_that_was_continued_is_not_said_to_be_like_one_that_was_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watch = SimpleNamespace(rows=lambda run: [])
    monkeypatch.setattr(comparison, "backend", lambda: SimpleNamespace(watch=watch))
    twice = (Segment(0, TrainConfig()), Segment(5, TrainConfig()))
    page = AppTest.from_function(compared)
    page.session_state["chosen"] = [
        replace(RUN, id="1", segments=twice, result={"epoch": 10}),
        replace(RUN, id="2"),
    ]
    assert not page.run().exception
    assert list(page.dataframe[0].value["After its end"]) == [
        "continued after epoch 5: 10 epochs in all",
        "not continued",
    ]
    assert not any("should be identical" in caption.value for caption in page.caption)
