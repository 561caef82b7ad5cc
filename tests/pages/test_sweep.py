"""The Sweep page: empty, happy, bad input, stop, resume, duplicate; and the range test on Train."""

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.charts.sweep import describe
from mnist_core.sweep.view import StudyView
from pages.ui.state import Backend, studies
from pages.ui.sweep.studies import TRIAL
from tests.helpers.gate import Gate
from tests.helpers.pages import button, open_page, wait_for


def look(name: str = "sweep 1") -> StudyView:
    return studies().look(name)


def set_axes(page: AppTest, **axes: str) -> None:
    """Lists of values, or ranges as from:to (in equal steps) or from:to:log."""
    for field, text in axes.items():
        low, *rest = text.split(":")
        kind = "range" if rest else "list"
        page.button_group(key=f"sweep.axis.{field}.kind").set_value(kind)
        page.run()
        if rest:
            page.text_input(key=f"sweep.axis.{field}.low").set_value(low)
            page.text_input(key=f"sweep.axis.{field}.high").set_value(rest[0])
            page.selectbox(key=f"sweep.axis.{field}.log").set_value(rest[1:] == ["log"])
        else:
            page.text_input(key=f"sweep.axis.{field}.values").set_value(text)


def test_empty_page_offers_the_next_step_and_its_cost(app: Backend) -> None:
    page = open_page("sweep")
    assert "Start sweep" in page.info[0].value
    assert not button(page, "Start sweep").disabled
    page = wait_for(page, lambda p: any("on one worker" in c.value for c in p.caption))
    assert any(c.value.startswith("64 trials · about") for c in page.caption)


def test_the_address_carries_the_form_and_opens_it(app: Backend) -> None:
    page = open_page("sweep")
    assert page.query_params == {}  # nobody has touched it
    page.session_state["train.values"] = {"activation": "tanh"}
    page.selectbox(key="sweep.sampler").set_value("random").run()
    page.number_input(key="sweep.trials").set_value(7)
    set_axes(page, hidden_sizes="4,8", learning_rate="0.1:0.3")
    page.run()
    again = open_page("sweep", **page.query_params)
    assert not again.exception
    assert again.selectbox(key="sweep.sampler").value == "random"
    assert again.number_input(key="sweep.trials").value == 7
    assert again.text_input(key="sweep.axis.hidden_sizes.values").value == "4,8"
    assert again.text_input(key="sweep.axis.learning_rate.high").value == "0.3"
    assert again.query_params == page.query_params
    assert again.session_state["train.activation"] == "tanh"  # Train's form has it, too


def test_what_is_wrong_in_a_sweeps_address_is_said(app: Backend) -> None:
    page = open_page("sweep", **{"explore.learning_rate": "fast", "explore.epochs": "1,2"})
    assert not page.exception
    assert any("Learning rate" in warning.value for warning in page.warning)
    assert page.text_input(key="sweep.axis.epochs.values").value == "1,2"


@pytest.mark.slow
def test_a_sweep_runs_and_a_trial_opens(app: Backend) -> None:
    page = open_page("sweep")
    set_axes(page, hidden_sizes="4,8", learning_rate="0.1,0.2,0.4,0.8")
    page.run()
    button(page, "Start sweep").click().run()
    wait_for(page, lambda _: not look().active)
    page.run()
    assert not page.exception
    view = look()
    assert (view.state, view.done) == ("completed", 8)
    assert any("the best reaches" in text.value.lower() for text in page.markdown)
    metrics = {metric.label: metric.value for metric in page.metric}
    assert metrics["Trials"] == "8 of 8"
    (opens,) = (box for box in page.selectbox if box.label == "Network to open")
    assert opens.value is None
    assert view.best is not None
    assert opens.options[:2] == ["none", describe(view.best, view.config.axes)]
    opens.set_value(3).run()
    assert not page.exception
    metrics = {metric.label: metric.value for metric in page.metric}
    run = next(run for run in app.store.newest() if run.trial == 3)
    assert metrics["Test accuracy"] == f"{run.result['test_accuracy']:.1%}".replace("%", " %")
    assert not button(page, "Draw digits for it").disabled
    button(page, "Duplicate with changes").click().run()
    assert page.text_input(key="sweep.name").value == "sweep 2"
    assert page.text_input(key="sweep.axis.learning_rate.values").value == "0.1,0.2,0.4,0.8"


def test_a_question_fills_the_form_and_the_rest_is_as_on_the_train_page(app: Backend) -> None:
    page = open_page("sweep")
    page.selectbox(key="sweep.question").set_value("Best within 50,000 parameters").run()
    assert not page.error
    assert page.multiselect(key="sweep.fields").value == [
        "hidden_sizes",
        "learning_rate",
        "batch_size",
    ]
    assert page.text_input(key="sweep.axis.hidden_sizes.low").value == "8"
    assert page.text_input(key="sweep.axis.hidden_sizes.high").value == "62"
    assert page.selectbox(key="sweep.sampler").value == "tpe"
    assert page.number_input(key="sweep.trials").value == 48
    assert page.text_input(key="sweep.name").value == "sweep 1"
    assert "sweep.base" not in page.session_state
    page.selectbox(key="sweep.question").set_value("How wide?").run()
    assert page.multiselect(key="sweep.fields").value == ["hidden_sizes"]
    assert not button(page, "Start sweep").disabled
    assert studies().names() == []


def test_a_range_is_given_by_its_ends_how_many_and_its_steps(app: Backend) -> None:
    page = open_page("sweep")
    assert any("0.01, 0.0136, 0.0185, …, 0.736, 1" in c.value for c in page.caption)
    page.number_input(key="sweep.axis.learning_rate.count").set_value(3).run()
    assert any(c.value == "0.01, 0.1, 1" for c in page.caption)
    page.selectbox(key="sweep.axis.learning_rate.log").set_value(False).run()
    assert any(c.value == "0.01, 0.505, 1" for c in page.caption)
    assert len(page.number_input) == 2  # how many, and epochs: the trials of a grid are counted
    page.selectbox(key="sweep.sampler").set_value("random").run()
    assert [n.label for n in page.number_input] == ["Trials", "Epochs"]
    assert any(c.value == "any value from 0.01 to 1, spread evenly" for c in page.caption)


def test_settings_that_are_names_are_picked(app: Backend) -> None:
    page = open_page("sweep")
    page.multiselect(key="sweep.fields").set_value(["activation"]).run()
    chosen = page.multiselect(key="sweep.axis.activation.values")
    assert len(chosen.value) == len(chosen.options)
    chosen.set_value(["relu", "tanh"]).run()
    assert not page.error
    assert not button(page, "Start sweep").disabled
    page.multiselect(key="sweep.axis.activation.values").set_value([]).run()
    assert "is an empty axis" in page.error[0].value


@pytest.mark.slow
def test_stop_then_resume_then_extend(gate: Gate, app: Backend) -> None:
    page = open_page("sweep")
    gate.allow(2)
    set_axes(page, hidden_sizes="4,8", learning_rate="0.1:1:log")
    page.selectbox(key="sweep.sampler").set_value("random")
    page.run()
    page.number_input(key="sweep.trials").set_value(4)
    page.number_input(key="sweep.epochs").set_value(6)
    page.run()
    button(page, "Start sweep").click().run()
    wait_for(page, lambda _: bool(look().curves))
    button(page, "Stop").click()
    wait_for(page, lambda _: not look().active)
    page.run()
    stopped = look()
    assert stopped.state == "stopped"
    assert 0 < stopped.share < 1
    metrics = {metric.label: metric.value for metric in page.metric}
    assert stopped.best is not None
    assert metrics["Best so far"] == f"{stopped.best['val_accuracy']:.1%}".replace("%", " %")
    page.session_state[TRIAL] = stopped.best["trial"]
    page.run()
    epochs = [c.value for c in page.caption if c.value.startswith("The sweep was stopped after")]
    assert epochs[0].endswith("of its 6 epochs.")
    assert not button(page, "Draw digits for it").disabled
    button(page, "Resume").click()
    gate.allow(4)
    page.run()
    assert TRIAL not in page.session_state
    wait_for(page, lambda _: look().active and look().share > stopped.share)
    studies().stop("sweep 1")
    wait_for(page, lambda _: not look().active)
    page.run()
    page.number_input(key="sweep.more").set_value(2)
    button(page, "Extend").click().run()
    assert look().planned == 6
    studies().stop("sweep 1")
    wait_for(page, lambda _: not look().active)


@pytest.mark.parametrize(
    ("axis", "says"),
    [
        ("", "is an empty axis"),
        ("1:0.1", "must begin below its end"),
        ("fast", "must be a number"),
        ("low:1", "must begin with a number"),
        ("0:1:log", "must begin above 0"),
    ],
)
def test_a_bad_axis_is_refused_at_its_field(app: Backend, axis: str, says: str) -> None:
    page = open_page("sweep")
    set_axes(page, learning_rate=axis)
    page.run()
    assert says in page.error[0].value
    assert button(page, "Start sweep").disabled
    assert studies().names() == []


@pytest.mark.slow
def test_ten_million_points_no_axis_and_a_taken_name_are_refused(app: Backend) -> None:
    page = open_page("sweep")
    many = ",".join(str(i) for i in range(1, 3163))
    page.multiselect(key="sweep.fields").set_value(["seed", "order_seed"]).run()
    set_axes(page, seed=many, order_seed=many)
    page.run()
    assert "9,998,244 points" in page.error[0].value
    assert button(page, "Start sweep").disabled
    page.multiselect(key="sweep.fields").set_value([]).run()
    assert "name at least one" in page.error[0].value
    page.multiselect(key="sweep.fields").set_value(["hidden_sizes"]).run()
    set_axes(page, hidden_sizes="4,8")
    page.number_input(key="sweep.epochs").set_value(1)
    page.run()
    button(page, "Start sweep").click().run()
    assert not page.error
    assert page.text_input(key="sweep.name").value == "sweep 2"
    page.text_input(key="sweep.name").set_value("sweep 1").run()
    assert "a study of this name exists" in page.error[0].value
    assert button(page, "Start sweep").disabled
    assert studies().names() == ["sweep 1"]
    wait_for(page, lambda _: not look().active)


def test_two_who_were_offered_the_same_name_each_get_a_study(
    app: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = (open_page("sweep") for _ in range(3))
    for seed, page in enumerate((first, second, third)):
        assert page.text_input(key="sweep.name").value == "sweep 1"
        set_axes(page, hidden_sizes="4", learning_rate=f"0.{seed + 1}")
        page.number_input(key="sweep.epochs").set_value(1).run()
    button(first, "Start sweep").click().run()
    button(second, "Start sweep").click().run()  # drawn before the first one was there
    names, seen = studies().names, iter([["sweep 1"]])  # and the third asked before the second
    monkeypatch.setattr(studies(), "names", lambda: next(seen, None) or names())
    button(third, "Start sweep").click().run()
    assert not any((*first.error, *second.error, *third.error))
    assert sorted(names()) == ["sweep 1", "sweep 2", "sweep 3"]
    wait_for(first, lambda _: not any(look(name).active for name in names()))


def test_the_range_test_suggests_a_learning_rate_and_one_click_uses_it(app: Backend) -> None:
    page = open_page("train")
    button(page, "Find a learning rate").click()
    page = wait_for(page, lambda p: any(b.label.startswith("Use ") for b in p.button))
    use = next(b for b in page.button if b.label.startswith("Use "))
    rate = float(use.label.removeprefix("Use "))
    use.click().run()
    assert page.number_input(key="train.learning_rate").value == rate
    assert app.store.newest() == []
