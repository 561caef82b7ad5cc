"""Made-up records of studies: each list, reader and verb shows what is there, or refuses it."""

import contextlib
import json
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict

import optuna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_core.errors import MnistLabError
from mnist_core.settings import Settings, sqlite_file
from mnist_core.sweep.analysis import importance, summarise, trial_rows
from mnist_core.sweep.listed import JOB, SWEEP, USER, study_names, user_of
from mnist_core.sweep.sampling import distributions
from mnist_core.sweep.storage import open_storage
from mnist_core.sweep.study import (
    CURVES,
    DOWNLOAD,
    ERROR,
    STOP,
    RecordedPopulation,
    config_of,
    create_study,
    extend_study,
    load_study,
    open_jobs,
    recorded_populations,
    reopen,
    trials_left,
    value_curves,
)
from mnist_core.sweep.view import view
from tests.helpers.made_up import ANY, NESTED, as_many
from tests.helpers.studies import sweep

CASES = 120
TRIALS = 10
CONFIG = sweep(name="made up", sampler="random", trials=12)
WHOLE: dict[str, object] = {
    SWEEP: CONFIG.model_dump_json(),
    f"{CURVES}0": json.dumps(asdict(RecordedPopulation("a", [0, 1], 1, {0: [0.5], 1: [0.6]}))),
    f"{JOB}a": "1700000000.000 somebody",
    USER: "a" * 32,
    STOP: False,
    ERROR: "",
    DOWNLOAD: 1.0,
}
NAMES = st.sampled_from([*sorted(WHOLE), f"{CURVES}x", f"{JOB}b", "of a newer version"])


@st.composite
def spoilt(draw: st.DrawFn) -> str:
    """A sweep or a population of which a part is another one, or gone."""
    whole = json.loads(str(WHOLE[draw(st.sampled_from([SWEEP, f"{CURVES}0"]))]))
    name = draw(st.sampled_from(sorted(whole)))
    if draw(st.booleans()):
        whole[name] = draw(st.one_of(ANY, NESTED))
    else:
        del whole[name]
    return json.dumps(whole)


VALUE = st.one_of(ANY, NESTED, spoilt(), st.just("[" * 3000))
# What is in a database's column of JSON: as Optuna writes it, or as somebody else did.
WRITTEN = st.one_of(VALUE.map(json.dumps), VALUE.map(json.dumps), st.text(max_size=10))
COLUMNS = {
    "study_user_attributes": "value_json",
    "trial_user_attributes": "value_json",
    "trial_params": "param_value",
    "trial_values": "value",
    "trials": "state",
}


def taken(text: str) -> str:
    """As a database takes it."""
    return text.encode("utf-8", "replace").decode()


def is_json(text: str | None) -> bool:
    try:
        json.loads("null" if text is None else taken(text))
    except (ValueError, RecursionError):
        return False
    return True


class Spoiler:
    """A storage with one study, whose attributes are replaced in the database itself."""

    def __init__(self) -> None:
        self.storage = open_storage()
        study = create_study(CONFIG, self.storage)
        space = distributions(CONFIG)
        for number in range(TRIALS):
            params = {
                "hidden_sizes": (4, 8, 16)[number % 3],
                "learning_rate": 0.02 + number / 20,
            }
            study.add_trial(
                optuna.create_trial(
                    params={name: params[name] for name in space},
                    distributions=space,
                    value=0.5 + number / 50,
                    user_attrs={"val_accuracy": 0.5 + number / 50, "parameters": 3190},
                    intermediate_values={1: 0.5},
                )
            )
        found = sqlite_file(Settings().studies_uri)
        assert found is not None
        self._file, self._id = found, study._study_id

    def spoil(self, attributes: dict[str, str | None], column: tuple[str, str] | None) -> None:
        written = {name: json.dumps(value) for name, value in WHOLE.items()}
        held = {**written, **attributes}
        with contextlib.closing(sqlite3.connect(self._file)) as database, database:
            database.execute("DELETE FROM study_user_attributes")
            database.executemany(
                "INSERT INTO study_user_attributes (study_id, key, value_json) VALUES (?, ?, ?)",
                [(self._id, key, taken(v)) for key, v in held.items() if v is not None],
            )
            if column is not None:
                table, value = column
                database.execute(
                    f"UPDATE {table} SET {COLUMNS[table]} = ? WHERE rowid = 3", (taken(value),)
                )

    def uses(self) -> dict[str, Callable[[], object]]:
        """Each list, reader and verb, by name."""
        study = optuna.load_study(study_name="made up", storage=self.storage)
        return {
            "the list": lambda: study_names(self.storage),
            "opened": lambda: load_study("made up", self.storage),
            "settings": lambda: config_of(study),
            "view": lambda: view(study, config_of(study), active=False),
            "view of one that runs": lambda: view(study, config_of(study), active=True),
            "whose": lambda: user_of(study),
            "jobs": lambda: open_jobs(study),
            "populations": lambda: recorded_populations(study),
            "rows": lambda: trial_rows(study),
            "curves": lambda: value_curves(study),
            "summary": lambda: summarise(study, config_of(study)),
            "importance": lambda: importance(study),
            "left": lambda: trials_left(study, config_of(study)),
            "extend": lambda: extend_study("made up", 1, self.storage),
            "reopen": lambda: reopen(study),
        }


@pytest.mark.slow
def test_a_made_up_study_is_shown_or_refused(capsys: pytest.CaptureFixture[str]) -> None:
    spoiler = Spoiler()
    tried: Counter[str] = Counter()
    refused: Counter[str] = Counter()

    @as_many(CASES)
    @given(
        st.dictionaries(NAMES, st.one_of(WRITTEN, spoilt().map(json.dumps), st.none()), max_size=3),
        st.data(),
    )
    def attempt(attributes: dict[str, str | None], data: st.DataObject) -> None:
        spoiler.spoil(attributes, None)
        uses = spoiler.uses()
        some = data.draw(st.lists(st.sampled_from(sorted(uses)), min_size=3, max_size=3))
        for name in ("the list", "view", *some):
            tried[name] += 1
            try:
                uses[name]()
            except MnistLabError:
                refused[name] += 1
                # Others are listed beside it, unless what Optuna itself reads is none of its own.
                assert name != "the list" or not all(map(is_json, attributes.values()))

    attempt()
    assert set(tried) == set(spoiler.uses())
    assert 0.1 * CASES < refused["view"] < 0.9 * CASES  # both kinds are tried
    with capsys.disabled():
        print(
            f"\nstored studies: {CASES} tried, {tried.total()} uses, {refused.total()} refused",
            end=" ",
        )


@pytest.mark.slow
@pytest.mark.parametrize("table", [name for name in COLUMNS if name.startswith("trial")])
@pytest.mark.parametrize("value", ["", "null", "many", "1e999", "-1"])
def test_a_made_up_trial_is_shown_or_refused(table: str, value: str) -> None:
    spoiler = Spoiler()
    spoiler.spoil({}, (table, value))
    for use in spoiler.uses().values():
        with contextlib.suppress(MnistLabError):
            use()


def test_what_is_whole_is_read() -> None:
    """The oracle of the others: not all is refused."""
    spoiler = Spoiler()
    spoiler.spoil({}, None)
    found = {name: use() for name, use in spoiler.uses().items()}
    assert found["settings"] == CONFIG
    assert found["whose"] == "a" * 32
    assert found["left"] == 2
    assert len(trial_rows(load_study("made up", spoiler.storage)[0])) == TRIALS
