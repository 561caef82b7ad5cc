"""Made-up records in a store: each list, reader and verb shows what is there, or refuses it.

Foreign ones, damaged ones and ones of a newer version: what somebody wrote with another program, or
what half a write left. Hypothesis makes them up; see ``tests/test_made_up.py``.
"""

import contextlib
import json
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_core.config.knobs import Knobs
from mnist_core.config.train import TrainConfig
from mnist_core.errors import MnistLabError
from mnist_core.insight.compare import group_of
from mnist_core.nn.events import Finished, Progress, Started
from mnist_core.runs.bin import Bin
from mnist_core.runs.library import RunLibrary
from mnist_core.runs.limits import stored
from mnist_core.runs.query import parse_query
from mnist_core.runs.records import Run
from mnist_core.runs.store import RunStore
from mnist_core.runs.table import fold, folded_table, table, to_csv, to_json
from mnist_core.runs.tags import TAG
from mnist_core.settings import Settings, sqlite_file
from tests.helpers.made_up import ANY, NESTED, as_many

CASES = 300
CONFIG = TrainConfig(hidden_sizes=(4,), epochs=2)
WHOLE: dict[str, str] = {
    "state": "completed",
    "segment.0": json.dumps({"start": 0, "config": CONFIG.model_dump()}),
    "change.0": json.dumps({"start": 1, "knobs": asdict(Knobs.of(CONFIG))}),
    "queued": "1700000000.5",
    "owner": "somebody",
    "started": json.dumps(asdict(Started(3190, ((784, 4), (4, 10)), 480, 120, 100, "cpu", 0, 3))),
    "progress": json.dumps(asdict(Progress(1, 0.5, 9.0, 1.0))),
    "result": json.dumps(asdict(Finished("completed", 3, 0.9, 0.9, 3, 0.9, 0.3, 1.5))),
    "data": json.dumps({"dataset": "mnist", "source": "", "notice": ""}),
    "labels": '["a"]',
    "restart.0": "1",
    "checkpoint": "checkpoints/epoch-2-0123.safetensors",
    "wanted": json.dumps(asdict(Knobs.of(CONFIG))),
    "user": "a" * 32,
    "hidden": "1",
    "turn": "3",
    "trial": "2",
    "study": "a sweep",
    "assignment": "a key",
    "pupil": "Ada",
    "claim": "a token",
    "stop": "1",
    "error": "it broke",
    "origin": "taught 0123",
}
NAMES = st.sampled_from([*sorted(WHOLE), "segments", "restarts", "segment.x", "change.-1", "new"])
TEXT = st.one_of(
    ANY.map(str),
    NESTED.map(json.dumps),
    st.sampled_from(["queued", "running", "stopped", "", "[]", "{}", "null", "1e400", "[" * 3000]),
)


@st.composite
def spoilt(draw: st.DrawFn) -> str:
    """One of our records of which a part is another one, or gone."""
    whole = json.loads(draw(st.sampled_from([v for v in WHOLE.values() if v.startswith("{")])))
    place = whole
    if isinstance(inner := whole.get("config", whole.get("knobs")), dict) and draw(st.booleans()):
        place = inner
    name = draw(st.sampled_from(sorted(place)))
    if draw(st.booleans()):
        place[name] = draw(st.one_of(ANY, NESTED))
    else:
        del place[name]
    return json.dumps(whole)


def taken(text: str) -> str:
    """As a database takes it."""
    return text.encode("utf-8", "replace").decode()[:8000]


TAGS = st.dictionaries(NAMES, st.one_of(TEXT, spoilt(), st.none()), max_size=3)
METRICS = st.dictionaries(
    st.sampled_from(["val_accuracy", "test_accuracy", "seconds", "edited", "another"]),
    st.one_of(st.floats(allow_nan=False), st.sampled_from([0.9, -1.0, 1e300])),
    max_size=2,
)


class Spoiler:
    """A store with one run, whose records are replaced in the database itself."""

    def __init__(self) -> None:
        self.store = RunStore()
        self.run_id = self.store.create(CONFIG, "made up")
        found = sqlite_file(Settings().store_uri)
        assert found is not None
        self._file = found

    def spoil(self, tags: dict[str, str | None], metrics: dict[str, float], status: str) -> None:
        held = {**WHOLE, **tags}
        rows = [(TAG + k, taken(v), self.run_id) for k, v in held.items() if v is not None]
        with contextlib.closing(sqlite3.connect(self._file)) as database, database:
            database.execute("DELETE FROM tags")
            database.execute("DELETE FROM latest_metrics")
            database.execute("DELETE FROM metrics")
            database.execute(
                "UPDATE runs SET status = ?, lifecycle_stage = 'active', name = 'made up'",
                (status,),
            )
            database.executemany("INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?)", rows)
            for table in ("latest_metrics", "metrics"):
                database.executemany(
                    f"INSERT INTO {table} (key, value, timestamp, step, is_nan, run_uuid) "
                    "VALUES (?, ?, 1700000000000, 1, 0, ?)",
                    [(key, value, self.run_id) for key, value in metrics.items()],
                )

    def uses(self) -> dict[str, Callable[[], object]]:
        """Each list, reader and verb, by name."""
        store, run_id = self.store, self.run_id
        library = RunLibrary(store)
        basket = Bin(library)

        def tables() -> None:
            runs = library.runs()
            rows = [store.history(run.id) for run in runs]
            table(runs)
            folded_table(fold(runs))
            to_csv(runs)
            to_json(runs, rows)
            for run in runs:
                group_of(run, runs)
                parse_query("test > 90 % and learning rate > 0.1")(run)
                [run.figure(name) for name in ("val_accuracy", "test_accuracy", "seconds")]
                _ = (run.config, run.last_epoch, run.saved_epoch, run.uniform)

        return {
            "the list": library.runs,
            "tables": tables,
            "what cannot be read": library.unreadable,
            "newest": store.newest,
            "active": store.active,
            "get": lambda: store.get(run_id),
            "history": lambda: store.history(run_id),
            "network": lambda: store.load_network(run_id),
            "stored": lambda: stored(library, "a" * 32),
            "stop": lambda: store.request_stop(run_id),
            "change": lambda: store.request_change(run_id, {"learning_rate": 0.1}),
            "more": lambda: store.add_segment(run_id, CONFIG),
            "rename": lambda: library.rename(run_id, "renamed"),
            "note": lambda: library.set_note(run_id, "a note"),
            "labels": lambda: library.set_tags(run_id, ["b"]),
            "star": lambda: library.set_starred(run_id, True),
            "hide": lambda: library.set_hidden([run_id], True),
            "claim": lambda: store.claim(run_id),
            "delete": lambda: library.delete([run_id]),
            "bin": basket.runs,
            "restore": lambda: basket.restore([run_id]),
        }


@pytest.mark.slow
def test_a_made_up_record_is_shown_or_refused(capsys: pytest.CaptureFixture[str]) -> None:
    spoiler = Spoiler()
    tried: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    readable = 0

    @as_many(CASES)
    @given(
        TAGS, METRICS, st.sampled_from(["RUNNING", "SCHEDULED", "FINISHED", "KILLED"]), st.data()
    )
    def attempt(
        tags: dict[str, str | None], metrics: dict[str, float], status: str, data: st.DataObject
    ) -> None:
        nonlocal readable
        spoiler.spoil(tags, metrics, status)
        found = spoiler.store.look(spoiler.run_id)
        readable += isinstance(found, Run)
        if not isinstance(found, Run):
            assert found.reason
        uses = spoiler.uses()
        some = data.draw(st.lists(st.sampled_from(sorted(uses)), min_size=3, max_size=3))
        for name in ("the list", "tables", *some):
            tried[name] += 1
            try:
                uses[name]()
            except MnistLabError:
                refused[name] += 1

    attempt()
    assert 0.1 * CASES < readable < 0.9 * CASES  # both kinds are tried
    assert set(tried) == set(spoiler.uses())
    with capsys.disabled():
        print(
            f"\nstored runs: {CASES} tried, {CASES - readable} cannot be read; "
            f"{tried.total()} uses, {refused.total()} refused",
            end=" ",
        )


def test_what_is_whole_is_read() -> None:
    """The oracle of the other: not all is refused."""
    spoiler = Spoiler()
    spoiler.spoil({}, {"val_accuracy": 0.9}, "FINISHED")
    run = spoiler.store.get(spoiler.run_id)
    assert (run.state, run.user, run.hidden, run.turn) == ("completed", "a" * 32, True, 3)
    spoiled: dict[str, Any] = {"wanted": None, "user": None}
    spoiler.spoil(spoiled, {}, "FINISHED")
    assert spoiler.store.get(spoiler.run_id).user == ""
