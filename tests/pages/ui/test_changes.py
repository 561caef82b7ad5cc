"""What was changed while a run trained, in words."""

from dataclasses import replace

from streamlit.testing.v1 import AppTest

from mnist_core.config.knobs import Knobs
from mnist_core.config.train import TrainConfig
from mnist_core.runs.records import Change, Run, Segment
from pages.ui.changes import changes, continued, said
from tests.helpers.runs import RUN

MOMENTUM = TrainConfig(optimizer="momentum", learning_rate=0.5)


def changed(*made: Change) -> Run:
    return replace(RUN, segments=(Segment(0, MOMENTUM, made),), started={}, result={})


def test_only_what_is_new_is_named_against_what_was_before() -> None:
    run = replace(
        RUN,
        segments=(
            Segment(
                0, MOMENTUM, (Change(6, Knobs(0.1, 0.9, 0.0)), Change(8, Knobs(0.1, 0.5, 0.01)))
            ),
            Segment(10, MOMENTUM, (Change(12, Knobs(0.5, 0.8, 0.0)),)),
        ),
    )
    assert changes(run) == [
        (6, "from epoch 7: learning rate 0.1"),
        (8, "from epoch 9: momentum 0.5, weight decay 0.01"),
        (12, "from epoch 13: momentum 0.8"),
    ]
    assert changes(RUN) == []
    assert said([]) == ""


def test_of_many_the_last_are_told_and_the_others_counted() -> None:
    few = [(n, f"from epoch {n + 1}: x") for n in range(3)]
    assert said(few).endswith(": from epoch 1: x; from epoch 2: x; from epoch 3: x.")
    many = [(n, f"from epoch {n + 1}: x") for n in range(200)]
    assert said(many).endswith("from epoch 199: x; from epoch 200: x; and 197 before these.")


def test_a_run_that_went_on_after_its_end_says_how_far_it_came() -> None:
    twice = (Segment(0, MOMENTUM), Segment(5, MOMENTUM), Segment(10, MOMENTUM))
    assert continued(RUN) == ""
    assert continued(replace(RUN, segments=twice, result={})) == (
        "continued after epoch 10: 15 epochs in all"
    )
    # One that was stopped before it came so far.
    assert continued(replace(RUN, segments=twice, result={"epoch": 12})) == (
        "continued after epoch 10: 12 epochs in all"
    )


def shown() -> None:
    import streamlit as st

    from pages.ui.runview import charts, details

    run, rows = st.session_state["shown"]
    charts(run, rows)
    details(run, rows)


def test_a_run_says_below_its_chart_and_beside_it_what_was_changed() -> None:
    page = AppTest.from_function(shown)
    page.session_state["shown"] = (changed(Change(6, Knobs(0.1, 0.9, 0.0))), [])
    assert not page.run().exception
    words = "Changed while it trained: from epoch 7: learning rate 0.1."
    assert words in [caption.value for caption in page.caption]
    alt = page.get("plotly_chart")[0].proto.alt
    assert alt.endswith(f"nothing is measured yet. {words}")


def test_all_of_many_changes_are_listed() -> None:
    run = replace(
        changed(*(Change(n, Knobs(0.1 + n / 1000, 0.9, 0.0)) for n in range(200))),
        started={"layers": [(784, 10)], "train_examples": 1, "val_examples": 1, "device": "cpu"},
        result={"val_accuracy": 0.9},
    )
    page = AppTest.from_function(shown)
    page.session_state["shown"] = (run, [])
    assert not page.run().exception
    assert page.expander[0].label == "All 200 changes while it trained"
    listed = page.expander[0].markdown[0].value.splitlines()
    assert (len(listed), listed[-1]) == (200, "- from epoch 200: learning rate 0.299")
