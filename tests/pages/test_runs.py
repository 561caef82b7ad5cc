"""The Runs page: empty, find, label, compare, repeat, clone, delete and undo, links."""

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.config.fields import parse_config
from mnist_core.config.sweep import parse_sweep
from pages.ui.state import Backend, studies
from pages.ui.words import literal
from tests.helpers.pages import ROOT, button, open_page, wait_for
from tests.helpers.waiting import PATIENCE, wait_until


def train_runs(app: Backend, *settings: dict[str, object]) -> list[str]:
    """Train runs in the app's own workers; their ids."""
    ids = [app.queue.start(parse_config({"epochs": 1, **values})) for values in settings]
    wait_until(lambda: not app.store.active(), "they have ended")
    return ids


def names(page: AppTest) -> list[str]:
    return list(page.dataframe(key="runs.table").value["name"])


def open_runs(*ids: str, **query: str) -> AppTest:
    page = open_page("runs", **({"runs": ",".join(ids)} if ids else {}), **query)
    assert not page.exception, page.exception
    return page


def test_empty_page_offers_the_first_run(app: Backend) -> None:
    page = open_page("runs")
    assert not page.exception
    assert "No run yet" in page.info[0].value
    assert button(page, "Train the first one")


def test_runs_are_listed_filtered_and_a_bad_filter_is_explained(app: Backend) -> None:
    train_runs(app, {"hidden_sizes": "16"}, {"hidden_sizes": "8", "optimizer": "adam"})
    page = open_runs()
    assert names(page) == ["8 relu, adam 0.5", "16 relu, sgd 0.5"]
    row = page.dataframe(key="runs.table").value.iloc[1]
    assert (row["state"], row["dataset"], row["starred"]) == ("Completed", "MNIST (digits)", "")
    assert 0 < row["test_accuracy"] <= 1
    assert row["parameters"] == 784 * 16 + 16 + 16 * 10 + 10
    page.text_input(key="runs.filter").set_value("hidden_sizes contains 16").run()
    assert names(page) == ["16 relu, sgd 0.5"]
    page.text_input(key="runs.filter").set_value("hiden_sizes contains 16").run()
    assert literal("did you mean hidden_sizes") in page.error[0].value
    assert len(names(page)) == 2


def test_a_run_that_is_none_of_ours_is_named_and_the_others_are_shown(app: Backend) -> None:
    train_runs(app, {"hidden_sizes": "8"})
    app.store.client.create_run(app.store.experiment, "a <b>notebook's</b>", {})
    page = open_runs()
    assert names(page) == ["8 relu, sgd 0.5"]
    assert any("a <b>notebook's</b> (" in text.value for text in page.text)
    page.button(key="runs.delete_unreadable").click().run()
    assert not page.exception
    assert not page.expander or "cannot be read" not in page.expander[0].label
    assert names(page) == ["8 relu, sgd 0.5"]


def test_the_bin_gives_back_and_is_emptied(app: Backend) -> None:
    first, second = train_runs(app, {"hidden_sizes": "8"}, {"hidden_sizes": "4"})
    app.library.delete([first, second])
    app.look_again()
    page = open_runs()
    assert "No run yet" in page.info[0].value
    page.button(key="bin.open").click().run()
    listed = page.dataframe(key="bin.table").value
    assert list(listed["Run"]) == ["4 relu, sgd 0.5", "8 relu, sgd 0.5"]
    assert listed["Size"].min() > 0
    assert button(page, "Empty").disabled
    app.bin.restore([first])
    page.run()
    assert list(page.dataframe(key="bin.table").value["Run"]) == ["4 relu, sgd 0.5"]
    page.checkbox(key="bin.sure.").set_value(True).run()
    button(page, "Empty").click().run()
    assert not page.exception
    assert any("The bin is empty" in info.value for info in page.info)
    assert app.bin.runs() == []
    assert [run.id for run in app.store.newest()] == [first]


@pytest.mark.slow
def test_a_sweep_is_one_row_that_opens(app: Backend) -> None:
    train_runs(app, {"hidden_sizes": "8"})
    axes = {"learning_rate": "0.1,0.2,0.4"}
    studies().start(parse_sweep({"name": "rates", "axes": axes, "base": {"epochs": 1}}))
    wait_until(lambda: studies().look("rates").state == "completed", "the sweep has ended")
    page = open_runs()
    assert names(page) == ["rates: 3 trials", "8 relu, sgd 0.5"]
    assert any(text.value.startswith("4 of 4 runs") for text in page.caption)
    page.session_state["runs.open"] = "rates"  # as a tick in its row does
    page.run()
    assert len(page.dataframe[0].value) == 3
    assert any("3 trials of **rates**" in text.value for text in page.markdown)
    button(page, "All runs").click().run()
    assert len(names(page)) == 2
    page.toggle(key="runs.apart").set_value(True).run()
    assert len(names(page)) == 4
    assert len(names(open_runs(**page.query_params))) == 4
    page.text_input(key="runs.filter").set_value("learning_rate = 0.2").run()
    assert len(names(page)) == 1
    assert not page.exception


def test_columns_are_chosen_and_kept(app: Backend) -> None:
    train_runs(app, {})
    page = open_runs()
    chosen = page.multiselect(key="runs.columns")
    assert "test_accuracy" in chosen.value
    assert "momentum" not in chosen.value
    chosen.set_value(["momentum"]).run()
    order = page.dataframe(key="runs.table").proto.column_order
    assert list(order) == ["name", "momentum"]
    again = open_runs(**page.query_params)
    assert again.multiselect(key="runs.columns").value == ["momentum"]
    assert open_runs(columns="nonsense").query_params == {}


def test_labels_are_kept(app: Backend) -> None:
    (run_id,) = train_runs(app, {})
    page = open_runs(run_id)
    page.text_input(key=f"name-{run_id}").set_value("baseline").run()
    page.text_input(key=f"note-{run_id}").set_value("for the talk").run()
    button(page, "Star").click().run()
    run = app.store.get(run_id)
    assert (run.name, run.note, run.starred) == ("baseline", "for the talk", True)
    page.text_input(key=f"name-{run_id}").set_value("").run()
    assert "1 to 250 characters" in page.error[0].value
    assert app.store.get(run_id).name == "baseline"


def test_deleted_runs_come_back_with_undo(app: Backend) -> None:
    kept, gone = train_runs(app, {"seed": 1}, {"seed": 2})
    page = open_runs(gone)
    button(page, "Delete").click().run()
    assert len(names(page)) == 1
    assert [run.id for run in app.store.newest()] == [kept]
    button(page, "Undo").click().run()
    assert len(names(page)) == 2
    assert {run.id for run in app.store.newest()} == {kept, gone}


def test_two_runs_are_compared_by_what_differs(app: Backend) -> None:
    ids = train_runs(app, {"hidden_sizes": "16"}, {"hidden_sizes": "8"})
    page = open_runs(*ids)
    table = page.dataframe[1].value
    assert list(table.columns) == ["Run", "Hidden layer sizes", "Last validation"]
    assert any("one seed only" in text.value for text in page.markdown)
    assert page.query_params["runs"] == ",".join(ids)


@pytest.mark.slow
def test_five_seeds_give_a_mean_a_spread_and_a_verdict(app: Backend) -> None:
    ids = train_runs(app, {"hidden_sizes": "16"}, {"hidden_sizes": "16", "learning_rate": 0.001})
    for run_id in ids:
        page = open_runs(run_id)
        button(page, "Run this again with 5 seeds").click().run()
        wait_for(page, lambda _: not app.store.active())
    page = open_runs(*ids)

    def words(page: AppTest) -> str:
        return " ".join(text.value for text in page.markdown)

    # The list that all look at may be a moment old, and the last run not ended in it.
    wait_for(page, lambda p: words(p).count("5 seeds (mean and standard deviation)") == 2)
    assert "is larger than the noise between seeds" in words(page)
    assert len({run.config.seed for run in app.store.newest()}) == 5


def test_clone_fills_the_train_form_and_marks_what_changes(app: Backend) -> None:
    (run_id,) = train_runs(app, {"hidden_sizes": "24", "optimizer": "adam", "learning_rate": 0.01})
    page = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE).run()
    page.query_params["runs"] = run_id
    page.switch_page("pages/runs.py").run()
    button(page, "Clone").click().run()
    page.switch_page("pages/train.py").run()
    assert page.text_input(key="train.hidden_sizes").value == "24"
    assert page.selectbox(key="train.optimizer").value == "adam"
    assert not any("changed from" in text.value for text in page.markdown)
    page.number_input(key="train.learning_rate").set_value(0.02).run()
    marks = [text.value for text in page.markdown if "changed from" in text.value]
    assert marks == [f":orange-badge[changed from {literal('0.01')}]"]
    assert len(app.store.newest()) == 1


def test_a_link_with_unknown_runs_says_so(app: Backend) -> None:
    (run_id,) = train_runs(app, {})
    page = open_runs(run_id, "nonsense")
    assert "nonsense" in page.warning[0].value
    assert page.query_params["runs"] == run_id


def test_a_link_to_the_train_page_fills_the_form_clamps_and_starts_nothing(app: Backend) -> None:
    page = AppTest.from_file(str(ROOT / "pages" / "train.py"), default_timeout=PATIENCE)
    page.query_params["hidden_sizes"] = "64,16"
    page.query_params["learning_rate"] = "1000"
    page.run()
    assert page.text_input(key="train.hidden_sizes").value == "64, 16"
    assert page.number_input(key="train.learning_rate").value == 10
    assert literal("'1000' became 10") in page.warning[0].value
    assert app.store.newest() == []
    assert page.query_params["learning_rate"] == "10.0"
    page.number_input(key="train.learning_rate").set_value(0.5).run()
    assert "learning_rate" not in page.query_params
    assert page.query_params["hidden_sizes"] == "64,16"


def test_a_run_that_was_stopped_while_it_waited_to_go_on_is_shown(app: Backend) -> None:
    (run_id,) = train_runs(app, {"hidden_sizes": "8"})
    app.store.add_segment(run_id, parse_config({"hidden_sizes": "8", "epochs": 3}), "nobody")
    app.store.set_state(run_id, "stopped")
    train = AppTest.from_file(str(ROOT / "pages" / "train.py"), default_timeout=PATIENCE)
    train.query_params["run"] = run_id
    for page in (open_runs(run_id), train.run()):
        assert not page.exception
        shown = {metric.label: metric.value for metric in page.metric}
        assert shown["Parameters"] == "–"
        assert shown["Test accuracy"].endswith(" %")


def test_a_run_whose_network_is_that_of_another_says_so_and_can_be_cloned(app: Backend) -> None:
    small, large = train_runs(app, {"hidden_sizes": "8"}, {"hidden_sizes": "9"})
    files = app.store.files
    checkpoint = app.store.get(small).checkpoint
    files.write(small, checkpoint, files.read(large, app.store.get(large).checkpoint))
    page = open_runs(small)
    assert any("Put the right file back" in error.value for error in page.error)
    assert button(page, "Clone")
