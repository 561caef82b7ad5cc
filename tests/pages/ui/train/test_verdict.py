"""A run against the one before it."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.config.train import TrainConfig
from mnist_core.runs.records import Segment
from pages.ui.train import verdict
from pages.ui.words import literal
from tests.helpers.runs import RUN


def against() -> None:
    import streamlit as st

    from pages.ui.train.verdict import show

    show(st.session_state["run"], st.session_state["other"])


def test_a_run_that_was_continued_says_so_against_the_run_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watch = SimpleNamespace(library=list)
    monkeypatch.setattr(verdict, "backend", lambda: SimpleNamespace(watch=watch))
    segments = (Segment(0, TrainConfig()), Segment(5, TrainConfig(learning_rate=0.1)))
    page = AppTest.from_function(against)
    page.session_state["run"] = replace(RUN, segments=segments, result={"epoch": 10}, started={})
    page.session_state["other"] = replace(RUN, id="cd", started={})
    assert not page.run().exception
    said = page.markdown[0].value
    assert literal("learning rate 0.5 → 0.1") in said
    assert literal("this one was continued after epoch 5: 10 epochs in all") in said
