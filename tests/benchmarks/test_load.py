"""The benchmark of a class, in short: that it works, not how fast."""

import json
import traceback
from collections import Counter
from pathlib import Path

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks.load import lost, main, raised
from benchmarks.people import Seen, Session
from mnist_core.config.train import TrainConfig
from mnist_core.runs.store import RunStore


@pytest.mark.slow
def test_a_few_who_use_the_app_lose_nothing(
    sample_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--sessions", "3", "--minutes", "0.3", "--json"])
    found = json.loads(capsys.readouterr().out)
    for name in ("errors", "logged", "lost"):
        assert not found[name], found[name]
    for name in ("foreign_digits", "still_active"):
        assert found[name] == 0, name
    assert found["answers"] > 3
    assert 0 < found["answer_median"] <= found["answer_p95"]
    assert min(found["memory_begin"], found["memory_end"]) > 100
    assert found["first_to_give_out"] in found["used"]


def test_a_run_that_is_missing_or_broke_is_lost() -> None:
    store = RunStore()
    for seed, state in ((1, "completed"), (2, "interrupted"), (3, "stopped")):
        store.set_state(store.create(TrainConfig(seed=seed), user="ada"), state)  # type: ignore[arg-type]
    found = lost(store, {("ada", 1), ("ada", 2), ("ada", 4), ("bob", 3)})
    assert len(found) == 3
    assert found[:2] == ["seed 4 of ada is not there", "seed 3 of bob is not there"]
    assert "interrupted" in found[2]


def test_the_errors_of_a_log_are_counted() -> None:
    try:
        raise ValueError("no")
    except ValueError:
        one = traceback.format_exc()
    assert raised("started\n") == Counter()
    assert raised(f"started\n{one}then\n{one}") == Counter({"ValueError: no": 2})


def test_what_a_page_says_and_shows_is_heard() -> None:
    seen = Seen()
    session = Session("http://localhost", "secret", seen)
    for number, kind in enumerate(("exception", "alert", "button")):
        message = ForwardMsg()
        element = message.delta.new_element
        if kind == "exception":
            element.exception.message = "it broke"
        elif kind == "alert":
            element.alert.body, element.alert.format = "no room", element.alert.ERROR
        else:
            element.button.id, element.button.label = f"a-{number}-key", "Start"
        session.hear(message)
    assert dict(seen.errors) == {"exception: it broke": 1, "said: no room": 1}
    assert session.named("Start") == session.named("key") == "a-2-key"
    assert session.named("Stop") is None
    element.button.disabled = True
    session.hear(message)
    assert session.named("Start") is None
