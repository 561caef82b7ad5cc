"""Runs as files for spreadsheets and programs."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mnist_core.config.train import TrainConfig
from mnist_core.runs.records import Run, Segment
from mnist_core.runs.table import Trials, fold, folded_table, table, to_csv
from tests.helpers.runs import RUN


def cells(*runs: Run) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(to_csv(runs).decode("utf-8-sig"), newline="")))


def test_a_spreadsheet_knows_the_encoding() -> None:
    assert to_csv([RUN]).startswith(b"\xef\xbb\xbf")
    assert cells(replace(RUN, name="Äpfel — 数字"))[0]["name"] == "Äpfel — 数字"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", ";=1"])
@pytest.mark.parametrize("field", ["name", "note", "tags"])
def test_no_text_is_a_formula(field: str, text: str) -> None:
    value: object = (text,) if field == "tags" else text
    assert cells(replace(RUN, **{field: value}))[0][field] == f"'{text}"  # type: ignore[arg-type]


def test_quotes_and_lines_within_a_note_stay() -> None:
    note = 'a "b", c\nd'
    assert cells(replace(RUN, note=note))[0]["note"] == note


def test_numbers_stay_what_they_are() -> None:
    first, second = cells(RUN, replace(RUN, started={}, result={}))
    assert (first["parameters"], second["parameters"]) == ("25450", "")
    assert (first["epoch"], first["val_accuracy"]) == ("2", "0.91")
    assert float(first["learning_rate"]) == TrainConfig().learning_rate
    assert datetime.fromisoformat(first["created"]) == datetime.fromtimestamp(1_700_000_000, UTC)


def test_test_accuracy_is_of_the_network_that_is_there() -> None:
    """A run that goes on has no test result until its end; its metric is the one of before."""
    going_on = replace(RUN, result={})
    assert table([RUN, going_on])["test_accuracy"] == [0.9, None]
    assert going_on.figure("val_accuracy") == 0.91


def test_epochs_of_a_run_that_went_on_are_all_of_them() -> None:
    config = TrainConfig(epochs=5, learning_rate=0.1)
    further = replace(RUN, segments=(*RUN.segments, Segment(2, config)))
    assert table([further])["epochs"] == [7]
    assert table([further])["learning_rate"] == [0.1]


def trial(number: int, accuracy: float, rate: float, study: str = "rates") -> Run:
    return replace(
        RUN,
        id=f"{study}{number}",
        study=study,
        trial=number,
        segments=(Segment(0, TrainConfig(learning_rate=rate)),),
        metrics={"best_val_accuracy": accuracy},
    )


def test_a_study_is_one_row_where_its_first_trial_stands() -> None:
    other, lone = replace(RUN, id="cd"), trial(0, 0.5, 0.1, "lone")
    trials = [trial(0, 0.8, 0.1), trial(1, 0.95, 0.2), trial(2, 0.7, 0.3)]
    rows = fold([RUN, trials[0], other, *trials[1:], lone])
    assert rows == [RUN, Trials("rates", tuple(trials)), other, lone]


def test_a_studys_row_has_its_best_trials_figures_and_what_all_share() -> None:
    trials = [trial(0, 0.8, 0.1), trial(1, 0.95, 0.2), replace(trial(2, 0.7, 0.3), starred=True)]
    columns = folded_table([RUN, Trials("rates", tuple(trials))])
    row = {name: values[1] for name, values in columns.items()}
    assert row["name"] == "rates: 3 trials"
    assert row["best_val_accuracy"] == 0.95
    assert row["starred"] is True
    assert (row["learning_rate"], row["epochs"]) == (None, TrainConfig().epochs)
    assert row["state"] == "completed"
    training = Trials("rates", (*trials, replace(trial(3, 0.1, 0.4), state="running")))
    assert folded_table([training])["state"] == ["running"]
    assert columns["name"][0] == RUN.name


def test_ten_thousand_trials_are_folded_in_one_pass() -> None:
    runs = [trial(number, 0.5, 0.1, f"study {number % 100}") for number in range(10_000)]
    rows = fold(runs)
    assert len(rows) == 100
    assert all(len(row.runs) == 100 for row in rows if isinstance(row, Trials))
