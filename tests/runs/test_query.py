"""The filter language: what matches, and what a wrong word is told."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from mnist_core.config.fields import parse_config
from mnist_core.runs.conditions import TITLES, WORDS, QueryError
from mnist_core.runs.query import parse_query
from mnist_core.runs.records import Run, Segment
from tests.helpers.zips import add_zip, digit_files, zip_of


def run(name: str, **changes: object) -> Run:
    known = {"note": "", "tags": (), "starred": False, "state": "completed", "result": {}}
    facts = {key: changes.pop(key, value) for key, value in known.items()}
    return Run(
        id="0" * 32,
        name=name,
        segments=(Segment(0, parse_config(changes)),),
        created=0.0,
        started={"parameters": 25_450},
        progress={},
        data={},
        error="",
        owner="here:1",
        stop_requested=False,
        checkpoint="",
        metrics={},
        **facts,  # type: ignore[arg-type]
    )


RUNS = [
    run("wide", hidden_sizes="64", result={"val_accuracy": 0.975, "seconds": 3}, tags=("talk",)),
    run("deep", hidden_sizes="128, 64", optimizer="adam", result={"val_accuracy": 0.98}),
    run("bad", hidden_sizes="64", learning_rate=9, state="diverged", note="blew up, of course"),
    run("plain", hidden_sizes="", starred=True, result={"val_accuracy": 0.92}),
    run("not 64", state="failed"),
]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", "wide deep bad plain not 64"),
        ("hidden_sizes contains 64 and val_accuracy > 0.97", "wide deep"),
        ("optimizer = adam or state = failed", "deep not 64"),
        ("optimizer == Adam", "deep"),
        ("data set = MNIST (digits) and optimizer = adam", "deep"),
        ('dataset = "mnist (digits)" starred', "plain"),
        ("dataset != Fashion-MNIST (clothes) and (starred)", "plain"),
        ("optimizer = SGD with momentum", ""),
        ("optimizer != sgd with momentum and optimizer != sgd", "deep"),
        ("activation = none (stays linear)", ""),
        ("epochs > 1500", ""),
        ("dataset = own:mine-1", ""),
        ("dataset != own:mine-1", "wide deep bad plain not 64"),
        ("hidden_sizes = 128,64", "deep"),
        ("hidden_sizes = 128, 64 and val_accuracy > .9", "deep"),
        ('hidden_sizes = ""', "plain"),
        ("hidden_sizes contains 64,128", "deep"),
        ("not hidden_sizes contains 64", "plain not 64"),
        ("val_accuracy >= 97.5%", "wide deep"),
        ("val_accuracy < 1", "wide deep plain"),
        ("val_accuracy ≥ 97.5% and optimizer≠sgd", "deep"),
        ("epochs ≤ 5 and val_accuracy≥97.5 %", "wide deep"),
        ('"val_accuracy"', ""),
        ("state != completed and (learning_rate > 1 or optimizer = sgd)", "bad not 64"),
        ("state = diverged or state = failed and learning_rate > 1", "bad"),
        ("not (state = completed or learning_rate > 1)", "not 64"),
        ("not not starred", "plain"),
        ("Learning rate > 1", "bad"),
        ("hidden layer sizes contains 64 and last validation > 97 %", "wide deep"),
        ("not Hidden layer sizes contains 64 and State = failed", "not 64"),
        ("run contains not or run = wide", "wide not 64"),
        ("blew learning rate = 9", "bad"),
        ("time >= 3 or size < 1", "wide"),
        ("time > 2 s and state = completed", "wide"),
        ("seconds > 2 sec", "wide"),
        ("time < 60 seconds talk", "wide"),
        ("'of course' learning_rate > 1", "bad"),
        ("name = 'not 64'", "not 64"),
        ("('not 64')", "not 64"),
        ('"learning rate"', ""),
        ("tags contains tal", "wide"),
        ("tags = tal", ""),
        ("tags = talk", "wide"),
        ("name != wide and name contains DE", "deep"),
        ("talk", "wide"),
        ("BLEW course", "bad"),
        ('"not 64"', "not 64"),
        ('"of course" learning_rate > 1', "bad"),
        ("parameters > 25000 seconds < 4", "wide"),
        ("device = auto starred", "plain"),
        ("val_accuracy > 97 %", "wide deep"),
        ("val_accuracy > 97 % and state = completed", "wide deep"),
        ("(val_accuracy>97%)", "wide deep"),
        ("hidden_sizes = 128 , 64", "deep"),
        ("hidden_sizes = 128 ,64", "deep"),
        ("hidden_sizes=128,64 val_accuracy > 0", "deep"),
        ("hidden_sizes = none", "plain"),
        ("starred = true", "plain"),
        ("starred != no", "plain"),
        ("starred = FALSE and hidden_sizes = 64", "wide bad"),
        ("not starred = true and val_accuracy > 0", "wide deep"),
        ("not val_accuracy > 0.97", "plain"),
        ("val_accuracy > 0.97 or not val_accuracy > 0.97", "wide deep plain"),
        ("not (val_accuracy > 0.97 and starred)", "wide deep bad plain not 64"),
        ("dropout = 0 and epochs <= 5 and d", "wide deep bad"),
    ],
)
def test_what_matches(text: str, names: str) -> None:
    test = parse_query(text)
    found = [r.name for r in RUNS if test(r)]
    assert " ".join(found) == names


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("val_accuracy between 0.9 and 1", "behind a field comes one of =, !="),
        ("best_val_accuracy 0.9", "behind a field"),
        ("not hidden_sizes", "behind a field"),
        ("seconds > 2 min", "'min' after seconds > 2"),
        ("parameters < 10 k or deep", "'k' after parameters < 10"),
        ("val_accuracy > 0.97 to 0.99", "'to' after"),
        ("hidden_sizes contains none", "use hidden_sizes = none"),
        ('hidden_sizes contains ""', "use hidden_sizes = none"),
        ("val_acc > 0.9", "no field 'val_acc': did you mean val_accuracy"),
        ("colour = red", "no field 'colour': there are dataset, hidden_sizes"),
        ("optimizer = adma", "'adma' is not one of sgd, momentum, adam, adamw"),
        ("state = done", "'done' is not one of queued"),
        ("val_accuracy > high", "val_accuracy: 'high' is not a number"),
        ("val_accuracy contains 9", "is a number; use ="),
        ("optimizer > adam", "is a choice; use = or !="),
        ("name < x", "is text; use"),
        ("hidden_sizes > 3", "use =, != or contains"),
        ("hidden_sizes contains many", "whole numbers"),
        ("val_accuracy >", "a value is missing"),
        ("val_accuracy > > 3", "a value is missing"),
        ("val_accuracy > 0.9 and", "the end: here must be a field"),
        ("and", "'and': here must be"),
        ("(starred", "never closed"),
        ("starred)", "there is no '(' before it"),
        ('"open', "never closed"),
        ("= 3", "'=': here must be"),
        ("epochs ! 3", "'!': not known"),
        ("(" * 60 + "starred" + ")" * 60, "50 deep"),
        ("not " * 60 + "starred", "50 deep"),
        ("x" * 1001, "1,001 characters"),
        ("__class__ = 3", "no field"),
        ("val_accuracy > 97", "no run can have 97, it is from 0 to 1; write 97% or 0.97"),
        ("test_accuracy >= 9800 %", "no run can have 9800%"),
        ("test_accuracy > 101 %", "no run can have 101%, it is from 0 to 1 (at"),
        ("val_accuracy < -1", "no run can have -1"),
        ("val_accuracy > nan", "'nan' is not a number"),
        ("val_loss > inf", "'inf' is not a number"),
        ("dropout > 5", "dropout: no run can have 5"),
        ("epochs = 0", "epochs: no run can have 0"),
        ("seconds < -3", "seconds: no run can have -3, it is at least 0"),
        ("epochs > 10%", "epochs: 10% is a share"),
        ("started > yesterday", "created: 'yesterday' is no day; write it as 2026-01-31"),
        ("created contains 2026-01-31", "created is a day; use =, !="),
        ("hidden_sizes = 128 64", "'64' after hidden_sizes = 128"),
        ("val_accuracy > 0.97 5", "'5' after val_accuracy > 0.97"),
        ("val_accuracy > 0 . 97", "'.' after val_accuracy > 0"),
        ("optimizer = adam , sgd", "'adam,sgd' is not one of"),
        ("starred > 1", "use starred, not starred"),
        ("starred = maybe", "use starred, not starred"),
        ("epochs = 3 and colour = red", "(at character 16)"),
        ('name = "a" and !', "'!': not known here (at character 16)"),
        ("starred and", "(at character 12)"),
    ],
)
def test_what_is_wrong_is_named(text: str, message: str) -> None:
    with pytest.raises(QueryError) as error:
        parse_query(text)
    assert message in str(error.value)


def test_the_day_a_run_was_started() -> None:
    noon = datetime(2026, 3, 14, 12).astimezone().timestamp()
    started = replace(RUNS[0], created=noon)
    for text in ("Started = 2026-03-14", "started > 2026-03-13", "created <= 2026-03-14 wide"):
        assert parse_query(text)(started), text
    for text in ("Started != 2026-03-14", "started > 2026-03-14", "created < 2026-03-14"):
        assert not parse_query(text)(started), text


def test_epochs_are_those_of_all_segments() -> None:
    further = replace(RUNS[0], segments=(*RUNS[0].segments, Segment(5, parse_config({}))))
    assert parse_query("epochs = 10")(further)
    assert not parse_query("epochs <= 5")(further)


def test_a_data_set_of_ones_own_is_called_as_in_the_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_LAB_HOME", str(tmp_path))
    own = add_zip(zip_of(digit_files(4, (3, 7))), "my pets")
    pets = run("pets", dataset=own)
    assert [r.name for r in (*RUNS, pets) if parse_query("data set = My pets (your own)")(r)] == [
        "pets"
    ]


def test_nothing_is_executed() -> None:
    assert not parse_query("__import__ os.system exit")(RUNS[0])


def test_every_column_of_the_table_can_be_named_as_it_is_called() -> None:
    assert len(WORDS) == len(TITLES), "two columns are called the same"
    for field, title in TITLES.items():
        symbol, value = ("contains", "64") if field == "hidden_sizes" else ("=", None)
        by_name, by_title = (f"{name} {symbol} " for name in (field, title))
        value = value or ("relu" if field == "activation" else "1")
        outcomes = []
        for text in (by_name + value, by_title + value):
            try:
                outcomes.append([test.name for test in RUNS if parse_query(text)(test)])
            except QueryError as error:
                outcomes.append(str(error).split(" (at character")[0])
        assert outcomes[0] == outcomes[1], title
