"""The Inside page: what a run gets wrong, its units, one picture, the map, layers, another run."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.config.fields import parse_config
from mnist_core.runs.execution import execute
from mnist_core.runs.records import Run
from pages.ui.inside.choose import VIEWS
from pages.ui.state import DRAWING, Backend
from pages.ui.words import literal
from tests.helpers.pages import button, open_page, pictures, said, wait_for
from tests.helpers.waiting import wait_until
from tests.helpers.zips import add_zip, digit_files, zip_of


def train(app: Backend, **settings: object) -> Run:
    """A run that was trained in the app's own workers."""
    run_id = app.queue.start(parse_config({"epochs": 2, "hidden_sizes": "8", **settings}))
    wait_until(lambda: not app.store.active(), "it has ended")
    app.look_again()
    return app.store.get(run_id)


def look(**query: str) -> AppTest:
    page = open_page("inside", **query)
    assert not page.exception, page.exception
    return page


@pytest.mark.usefixtures("app")
def test_without_a_run_it_leads_to_the_first() -> None:
    page = look()
    assert "No trained network yet" in page.info[0].value
    assert button(page, "Train the first one")


def test_what_it_gets_wrong_is_what_training_measured(app: Backend) -> None:
    run = train(app)
    page = look()
    right = round(run.result["val_accuracy"] * 120)
    assert f"**{right} of 120 validation pictures are read right**" in said(page)
    assert f"all {120 - right}, the surest first" in said(page)
    table = page.dataframe[0].value
    assert table["Pictures"].sum() == 120
    shown = table["Pictures"] * table["Read right"] / 100
    assert shown.sum() == pytest.approx(right)
    assert page.query_params["run"] == run.id
    page.segmented_control(key="inside.part").set_value("test").run()
    right = round(run.result["test_accuracy"] * 100)
    assert f"**{right} of 100 test pictures are read right**" in said(page)
    assert "has used it up" in page.warning[0].value
    assert page.query_params["part"] == "test"


def test_a_class_is_looked_at_without_a_mouse(app: Backend) -> None:
    train(app, learning_rate=0.01)
    page = look()
    page.selectbox(key="inside.shown").set_value("3").run()
    assert "**3, misread**" in said(page)
    page.selectbox(key="inside.read").set_value("3").run()
    assert "**3, read right**" in said(page)
    page.selectbox(key="inside.shown").set_value("").run()
    assert "**Wrongly read as 3**" in said(page)
    assert not page.exception


@pytest.mark.parametrize("hidden", ["", "8", "8, 6"])
def test_every_view_shows_something_of_every_network(app: Backend, hidden: str) -> None:
    train(app, hidden_sizes=hidden)
    train(app, hidden_sizes=hidden, seed=1)
    for view in VIEWS:
        page = look(view=view)
        assert page.radio(key="inside.view").value == view
        assert not page.error, (view, page.error[0].value)
        assert pictures(page).count("<img") + len(page.get("plotly_chart")) > 0, view


@pytest.mark.parametrize("colour", [False, True])
def test_every_view_shows_something_of_a_few_pictures_of_one_s_own(
    app: Backend, colour: bool
) -> None:
    files = digit_files(10, (3, 5, 7))
    name = add_zip(zip_of(files), "A <b>title</b>", colour=colour, side=10)
    for seed in (0, 1):
        values = {"dataset": name, "epochs": 2, "hidden_sizes": "8", "seed": seed}
        run_id = app.store.create(parse_config(values))
        for _ in execute(run_id, app.store):
            pass
    app.look_again()
    for view in VIEWS:
        page = look(view=view, run=run_id)
        assert not page.error, (view, page.error[0].value)
        assert pictures(page).count("<img") + len(page.get("plotly_chart")) > 0, view


def test_the_units_are_shown_as_they_were_after_each_epoch(app: Backend) -> None:
    run = train(app)
    page = look(view="units")
    last = pictures(page)
    assert last.count("unit ") == 8
    assert "With all units" in said(page)
    page.select_slider(key=f"inside.epoch.{run.id}").set_value(0).run()
    assert not page.exception
    assert pictures(page).count("unit ") == 8
    assert pictures(page) != last


def test_one_picture_is_followed_with_its_shapes(app: Backend) -> None:
    train(app)
    page = look(view="picture")
    shapes = page.code[0].value
    for shape in ("[8, 784]", "[8]", "[10, 8]", "[10]"):
        assert shape in shapes
    assert "784 products add up to" in said(page)
    sums = page.dataframe[0].value
    assert sums["Share"].sum() == pytest.approx(1, abs=1e-5)
    page.number_input(key="inside.number").set_value(120).run()
    assert not page.exception
    page.segmented_control(key="inside.source").set_value("drawing").run()
    assert "Nothing is drawn yet" in page.info[0].value
    stroke = {"type": "path", "path": [["M", 100, 60], ["L", 100, 220]], "strokeWidth": 18}
    page.session_state[DRAWING] = {"objects": [stroke]}
    page.run()
    assert not page.exception
    assert "It reads **" in said(page)


def test_the_slow_map_is_made_beside_the_page(app: Backend) -> None:
    train(app)
    page = look(view="map")
    page.segmented_control(key="inside.map").set_value("tsne").run()
    wait_for(page, lambda page: "neighbours here (t-SNE)" in said(page))
    assert not page.error


def test_two_runs_are_told_apart_by_the_pictures_that_one_alone_reads(app: Backend) -> None:
    first, second = train(app, learning_rate=0.001), train(app)
    page = look(view="two", run=second.id)
    assert page.selectbox(key="inside.other").value == first.id
    assert "read right by just one of them" in said(page).replace("\\", "")
    page.segmented_control(key="inside.group").set_value("same").run()
    assert not page.exception


def test_a_run_alone_has_none_beside_it(app: Backend) -> None:
    train(app)
    assert "No other run has the same data set" in look(view="two").info[0].value


def test_a_network_that_diverged_answers_nothing_and_says_so(app: Backend) -> None:
    run = train(
        app, learning_rate=10, momentum=0.99, hidden_sizes="64, 64", activation="none", epochs=20
    )
    assert run.state == "diverged"
    for view in set(VIEWS) - {"layers", "two"}:
        error = look(view=view, run=run.id).error[0].value
        assert literal("diverged: its answers are no numbers any more") in error
    page = look(view="layers", run=run.id)
    assert not page.error
    assert page.warning[0].value.startswith("Exploding: from epoch")


def test_pictures_that_are_elsewhere_are_said_to_be(
    app: Backend, tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = train(app)
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("MNIST_LAB_DATA", str(tmp_path / "empty"))
    page = look(run=run.id)
    assert "MNIST are not on this machine" in page.error[0].value


def test_an_unknown_view_or_part_in_a_link_is_the_first(app: Backend) -> None:
    train(app)
    page = look(view="nonsense", part="nonsense", run="nonsense")
    notes = [warning.value for warning in page.warning]
    assert literal("view: there is no 'nonsense', but mistakes, ") in notes[0]
    assert literal("part: there is no 'nonsense', but validation, ") in notes[1]
    assert "is not in this app's store" in page.caption[0].value
    assert page.radio(key="inside.view").value == "mistakes"
    assert page.segmented_control(key="inside.part").value == "validation"


def test_the_run_that_was_looked_at_on_another_page_is_looked_into(app: Backend) -> None:
    first = train(app)
    second = train(app, seed=1)
    assert look().selectbox(key="inside.run").value == second.id
    page = look(run=first.id)
    assert page.selectbox(key="inside.run").value == first.id
    page.selectbox(key="inside.run").set_value(second.id).run()
    assert page.query_params["run"] == second.id


def test_a_run_that_has_ended_says_on_train_and_runs_what_it_gets_wrong(app: Backend) -> None:
    run = train(app)
    for name, query in (("train", {"run": run.id}), ("runs", {"runs": run.id})):
        page = open_page(name, **query)
        assert not page.exception
        assert "validation pictures are read right" in said(page), name
        assert button(page, "Look inside")
