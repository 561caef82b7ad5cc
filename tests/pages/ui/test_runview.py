"""A run's chart on its pages."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import runview
from tests.helpers.runs import RUN

ROWS = [
    {"epoch": epoch, "val_accuracy": 0.5, "train_accuracy": 0.5, "val_loss": 1.0, "train_loss": 1.0}
    for epoch in range(3)
]


def chart() -> None:
    import streamlit as st

    from pages.ui.runview import charts

    charts(*st.session_state["shown"])


def test_viewers_who_compare_with_different_runs_do_not_take_each_others_chart_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[object] = []
    make = runview.accuracy_curve

    def counted(*arguments: object) -> object:
        made.append(arguments)
        return make(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(runview, "accuracy_curve", counted)
    run, before = replace(RUN, id="seen by many"), [("first", [*ROWS]), ("second", [*ROWS])]
    viewers = [AppTest.from_function(chart) for _ in before]
    for _ in range(3):
        for viewer, ghost in zip(viewers, before, strict=True):
            viewer.session_state["shown"] = (run, ROWS, ghost)
            assert not viewer.run().exception
    assert len(made) == 2


def bar() -> None:
    import streamlit as st

    from pages.ui.runview import progress_bar

    progress_bar(st.session_state["shown"])


def test_a_run_that_waits_says_so_in_its_headline_alone() -> None:
    viewer = AppTest.from_function(bar)
    viewer.session_state["shown"] = replace(RUN, state="queued", progress={})
    (shown,) = viewer.run().get("progress")
    assert not viewer.exception
    assert shown.proto.text == ""


def test_what_waits_in_the_queue_is_not_said_to_start() -> None:
    waits = replace(RUN, state="queued", progress={})
    assert runview.progress_short(waits) == "waiting"
    assert runview.progress_short(replace(waits, state="running")) == "starting"
