"""Whose a session is, and what two users on one server can do with each other's runs."""

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
import streamlit as st
from streamlit import config
from streamlit.testing.v1 import AppTest

from mnist_core.config.sweep import parse_sweep
from mnist_core.config.train import TrainConfig
from mnist_core.drawing.my_digits import MyDigits
from mnist_core.errors import NotYoursError
from mnist_core.runs.client import StoreClient
from mnist_core.runs.users import SERVER, is_secret, user_of
from pages.ui.state import Backend, studies
from pages.ui.train.queue import FEW
from pages.ui.user import COOKIE, SECRET, USER, one_person
from tests.helpers.gate import Gate
from tests.helpers.pages import ROOT, button, open_page, pictures, said, wait_for
from tests.helpers.waiting import wait_until

HERE = {"Host": "localhost:8501", "Origin": "http://localhost:8501"}
SECRET_OF_ADA = "ada" + 40 * "-"
TINY = TrainConfig(hidden_sizes=(4,), epochs=1)
HELD = TrainConfig(hidden_sizes=(4,), epochs=2)  # a gate holds between two epochs


@pytest.fixture
def network(app: Backend) -> Iterator[Backend]:
    """An app that answers the network."""
    before = config.get_option("server.address")
    config.set_option("server.address", "0.0.0.0")
    yield app
    config.set_option("server.address", before)


@pytest.mark.parametrize(
    ("serves", "visitor", "headers", "alone"),
    [
        ("localhost", None, HERE, True),
        ("localhost", None, {}, True),  # no browser
        ("127.0.0.1", "127.0.0.1", {"Host": "127.0.0.1:8501"}, True),
        ("::1", "::1", {"Host": "[::1]:8501", "Origin": "http://[::1]:8501"}, True),
        ("0.0.0.0", None, HERE, False),  # opened to a network: this machine's user is one of many
        (None, None, HERE, False),  # Streamlit's own default is a network, too
        ("192.168.1.7", "192.168.1.8", {}, False),
        ("localhost", "192.168.1.8", HERE, False),
        ("localhost", None, {**HERE, "X-Forwarded-For": "192.168.1.8"}, False),
        ("localhost", None, {**HERE, "Forwarded": "for=192.168.1.8"}, False),
        ("localhost", None, {**HERE, "X-Real-Ip": "127.0.0.1"}, False),
        # A proxy that says nothing: the browser's page is the proxy's.
        ("localhost", None, {**HERE, "Origin": "https://lab.school.example"}, False),
        ("localhost", None, {"Host": "lab.school.example"}, False),
        ("localhost", None, {**HERE, "Origin": "null"}, False),
        ("localhost", None, {"Host": "[localhost"}, False),
        ("localhost", None, {**HERE, "Origin": "http://localhost.example"}, False),
    ],
)
def test_who_is_alone_at_the_server(
    serves: str | None, visitor: str | None, headers: dict[str, str], alone: bool
) -> None:
    assert one_person(serves, visitor, headers) == alone


CHANGES = (
    *("start", "stop", "resume", "extend", "request_change", "teach", "import_network"),
    *("rename", "set_note", "set_tags", "set_starred", "set_hidden", "hide"),
    *("delete", "restore", "empty", "runs"),
)
# Whose verbs take ``by``. ``runs`` of the bin are one's own; a list of runs is everybody's.
ASKED = re.compile(
    r"backend\(\)(\.(queue|store|bin|library))?|opened(\.queue)?|library|studies\(\)"
)


def test_every_page_says_who_asks_for_a_change() -> None:
    seen: Counter[str] = Counter()
    for path in (ROOT / "pages").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        calls: dict[ast.AST, ast.Call] = {
            node.func: node for node in ast.walk(tree) if isinstance(node, ast.Call)
        }
        for node in ast.walk(tree):
            match node:
                case ast.Attribute(attr=verb, value=value) if verb in CHANGES:
                    what = ast.unparse(value)
                    if not (ASKED.fullmatch(what) or (verb == "runs" and what == "bin")):
                        continue
                    if verb == "runs" and what != "bin":
                        continue
                case ast.Name(id=verb, ctx=ast.Load()) if verb in ("teach", "import_network"):
                    pass
                case _:
                    continue
            call = calls.get(node)
            given = {word.arg for word in call.keywords} if call else set()
            assert "by" in given, f"{path.name}, line {node.lineno}: {ast.unparse(node)}"
            seen[verb] += 1
    assert set(seen) == set(CHANGES)


def labels(page: AppTest) -> set[str]:
    return {found.label for found in page.button}


def press(page: AppTest, label: str) -> AppTest:
    button(page, label).click().run()  # type: ignore[attr-defined]
    assert not page.exception, page.exception
    return page


def user_of_session(page: AppTest) -> str:
    found: str = page.session_state[USER]
    return found


def test_one_person_sees_nothing_of_all_this(app: Backend) -> None:
    page = open_page("runs")
    assert user_of_session(page) == SERVER
    assert SECRET not in page.session_state
    assert not page.get("bidi_component")
    app.store.create(TINY, "hers")  # of whoever runs the server
    page.run()
    assert not page.segmented_control


def test_two_users_train_the_same_settings_and_neither_can_stop_the_other(
    network: Backend, gate: Gate
) -> None:
    gate.allow(0)
    ada, bob = open_page("train"), open_page("train")
    assert user_of_session(ada) != user_of_session(bob)
    assert SERVER not in (user_of_session(ada), user_of_session(bob))
    press(ada, "Start training")
    wait_for(ada, lambda page: "Stop" in labels(page))
    # A visitor who opens Train lands on no run of another, and gets no Stop.
    wait_for(bob, lambda page: "Add to queue" in labels(page))
    assert not {"Stop", "Cancel"} & labels(bob)
    assert "run" not in bob.query_params
    press(bob, "Add to queue")
    toasts: list[str] = []

    def waits(page: AppTest) -> bool:
        toasts.extend(toast.value for toast in page.toast)
        return "Stop" in labels(page)  # of one's own run

    if not waits(bob):
        wait_for(bob, waits)
    assert toasts == ["Added to the queue: 1 before it."]
    hers, his = sorted(network.store.active(), key=lambda run: run.created)
    assert (hers.user, his.user) == (user_of_session(ada), user_of_session(bob))
    assert hers.config == his.config

    # By a link, one looks at the other's: no Stop, no knob.
    look = open_page("train", run=hers.id)
    wait_for(look, lambda page: "Another visitor's run" in said(page))
    assert not {"Stop", "Change from the next epoch on", "Cancel"} & labels(look)
    press(ada, "Stop")
    press(bob, "Stop")
    gate.open()
    wait_until(lambda: not network.store.active(), "both have ended")
    assert network.store.get(hers.id).stop_requested


def finished(opened: Backend, name: str, by: str) -> str:
    run_id = opened.queue.start(TINY, name, by=by)
    wait_until(lambda: not opened.store.get(run_id).active, "it has ended")
    return run_id


def test_anothers_run_can_be_looked_at_and_cloned(network: Backend) -> None:
    run_id = finished(network, "hers", "a" * 32)
    page = open_page("train")
    wait_for(page, lambda page: "Start training" in labels(page))
    assert "hers" not in said(page)
    page = open_page("train", run=run_id)
    wait_for(page, lambda page: "Another visitor's run" in said(page))
    assert not {"Continue training", "Resume", "Restart"} & labels(page)
    press(page, "Clone")
    assert page.text_input(key="train.hidden_sizes").value == "4"
    assert "From **hers**" in said(page)


def test_runs_lists_mine_or_all(network: Backend) -> None:
    page = open_page("runs")
    mine = finished(network, "mine", user_of_session(page))
    theirs = finished(network, "hers", "a" * 32)
    wait_for(page, lambda page: "1 of 2 runs" in said(page))
    page.segmented_control(key="runs.whose").set_value("all").run()
    assert "2 of 2 runs" in said(page)

    page.query_params["runs"] = theirs
    page.run()
    assert button(page, "Delete").disabled  # type: ignore[attr-defined]
    assert button(page, "Star").disabled  # type: ignore[attr-defined]
    assert all(field.disabled for field in page.text_input if field.label in ("Name", "Note"))
    page.query_params["runs"] = mine
    page.run()
    assert not button(page, "Delete").disabled  # type: ignore[attr-defined]
    press(page, "Delete")
    assert [run.id for run in network.library.runs()] == [theirs]
    press(page, "Undo")
    assert len(network.library.runs()) == 2


def test_who_hides_a_run_keeps_it_from_others(network: Backend, gate: Gate) -> None:
    ada, bob = open_page("runs"), open_page("runs")
    run_id = finished(network, "hers", user_of_session(ada))
    finished(network, "his", user_of_session(bob))
    for page in (ada, bob):
        page.session_state["runs.whose"] = "all"
    ada.query_params["runs"] = run_id
    wait_for(ada, lambda page: "Hide from others" in labels(page))
    wait_for(bob, lambda page: "2 of 2 runs" in said(page))
    press(ada, "Hide from others")
    assert network.store.get(run_id).hidden
    assert "2 of 2 runs" in said(ada)
    wait_for(bob, lambda page: "1 of 1 runs" in said(page))
    for name in ("train", "runs"):  # by an address that somebody still has
        page = open_page(name, run=run_id, runs=run_id)
        assert any(
            "Not in this app's store" in w.value or "not in this app" in w.value
            for w in page.warning
        )
        assert "hers" not in said(page)
    with pytest.raises(NotYoursError):
        network.library.set_hidden([run_id], False, user_of_session(bob))
    press(ada, "Show to others")
    wait_for(bob, lambda page: "2 of 2 runs" in said(page))

    # What trains is a part of the queue, without a name.
    gate.allow(0)
    trains = network.queue.start(HELD, "her secret", by=user_of_session(ada))
    network.library.set_hidden([trains], True, user_of_session(ada))
    network.look_again()
    page = wait_for(open_page("train"), lambda page: "a hidden run" in said(page) + pictures(page))
    assert "her secret" not in said(page) + pictures(page)
    assert "Show" not in labels(page)
    network.queue.stop(trains)
    gate.open()
    wait_until(lambda: not network.store.active(), "it has ended")


def test_who_hides_a_sweep_keeps_it_and_its_runs_from_others(network: Backend) -> None:
    ada, bob = open_page("sweep"), open_page("sweep")
    values = {"name": "her sweep", "axes": {"hidden_sizes": "4,5"}, "base": {"epochs": 1}}
    studies().start(parse_sweep({**values, "sampler": "random", "trials": 2}), user_of_session(ada))
    wait_until(lambda: not studies().look("her sweep").active, "it has ended")
    for page in (ada, bob):
        page.session_state["study"] = "her sweep"
        wait_for(page, lambda page: "her sweep" in said(page))
    assert "Hide from others" not in labels(bob)
    press(ada, "Hide from others")
    assert "her sweep" in said(ada)
    bob.run()
    assert not bob.exception
    assert "her sweep" not in said(bob)
    assert all("her sweep" not in box.options for box in bob.selectbox)
    assert [run.hidden for run in network.library.runs()] == [True] * 2
    with pytest.raises(NotYoursError):
        studies().hide("her sweep", False, by=user_of_session(bob))
    studies().extend("her sweep", 1, by=user_of_session(ada))
    wait_until(lambda: not studies().look("her sweep").active, "it has ended again")
    assert [run.hidden for run in network.library.runs()] == [True] * 3
    ada.run()
    press(ada, "Show to others")
    wait_for(bob, lambda page: "her sweep" in said(page))
    assert not any(run.hidden for run in network.library.runs())


def test_too_many_runs_are_said_at_the_button(
    network: Backend, monkeypatch: pytest.MonkeyPatch, gate: Gate
) -> None:
    monkeypatch.setattr(network.queue.turns, "_most", 1)
    gate.allow(0)
    page = open_page("train")
    network.queue.start(HELD, by=user_of_session(page))
    wait_for(page, lambda page: any(b.label == "Add to queue" and b.disabled for b in page.button))
    assert "you have 1 run waiting or training" in said(page)
    sweep = open_page("sweep")  # another browser
    assert "No more can start now" not in said(sweep)
    for run in network.store.active():
        network.queue.stop(run.id)
    gate.open()
    wait_for(
        page, lambda page: any(b.label == "Start training" and not b.disabled for b in page.button)
    )


def test_of_a_long_queue_the_next_are_listed_and_ones_own(network: Backend, gate: Gate) -> None:
    gate.allow(0)
    page = open_page("train")
    user, others = user_of_session(page), ["b" * 32, "c" * 32]
    for seed in range(2 * FEW):
        config = HELD.model_copy(update={"seed": seed})
        network.queue.start(config, f"run {seed}", by=others[seed % 2])
    own = network.queue.start(HELD, "my own", by=user)
    later = network.queue.start(HELD.model_copy(update={"seed": 1}), "my second", by=user)
    page = open_page("train", run=own)
    page.session_state["user"] = user
    network.store.requeue(later, network.queue.owner, turn=99)  # its turn is the last
    network.look_again()
    wait_for(page, lambda page: "others that wait" in str([t.label for t in page.toggle]))
    (toggle,) = page.toggle
    listed = [line for line in said(page).splitlines() if re.match(r"\d+\. ", line)]
    assert len(listed) == FEW + 1
    assert "my second" in listed[-1]
    toggle.set_value(True).run()
    listed = [line for line in said(page).splitlines() if re.match(r"\d+\. ", line)]
    waiting = len(network.queue.waiting())
    assert len(listed) == waiting > FEW + 1
    for run in network.library.active():
        network.queue.stop(run.id)
    gate.open()
    wait_until(lambda: not network.store.active(), "all have ended")


def test_a_limit_is_said_at_its_field_before_anything_starts(
    network: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_LAB_MOST_EPOCHS", "4")
    monkeypatch.setenv("MNIST_LAB_MOST_TRIALS", "3")
    for name, start, most in (("train", "Start training", 4), ("sweep", "Start sweep", 3)):
        page = wait_for(open_page(name), lambda page: page.error)
        assert f"{most} are the most that anybody may ask for here" in page.error[0].value
        assert button(page, start).disabled  # type: ignore[attr-defined]
    page = open_page("train")
    (epochs,) = (field for field in page.number_input if field.label == "Epochs")
    epochs.set_value(4).run()
    assert not page.error
    assert not button(page, "Start training").disabled  # type: ignore[attr-defined]
    monkeypatch.setenv("MNIST_LAB_MOST_GB", "1e-9")
    run_id = network.store.create(TINY, user=user_of_session(page))
    network.store.set_state(run_id, "completed")
    network.store.attach(run_id, "big", bytes(5000))
    st.cache_data.clear()  # what was counted ten seconds ago
    network.look_again()
    page.run()
    assert "No more can be kept" in said(page)
    assert button(page, "Start training").disabled  # type: ignore[attr-defined]


def test_to_one_person_there_are_no_such_limits(
    app: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("MOST_EPOCHS", "MOST_TRIALS"):
        monkeypatch.setenv(f"MNIST_LAB_{name}", "1")
    monkeypatch.setenv("MNIST_LAB_FREE_GB", "1e9")
    for name, start in (("train", "Start training"), ("sweep", "Start sweep")):
        page = open_page(name)
        assert not page.error
        assert not button(page, start).disabled  # type: ignore[attr-defined]


def test_each_has_digits_of_ones_own(network: Backend) -> None:
    import numpy as np

    from mnist_core.drawing.my_digits import MyDigit

    ada, bob = open_page("draw"), open_page("draw")
    MyDigits.of_user(user_of_session(ada)).add(MyDigit.new(1, np.ones((28, 28), np.float32)))
    MyDigits().add(MyDigit.new(7, np.ones((28, 28), np.float32)))  # the server's own person
    for page, found in ((ada, 1), (bob, 0)):
        page.session_state["panel"] = "My digits"
        wait_for(page, lambda page: not page.exception)
        assert sum(label.startswith("Delete this") for label in labels(page)) == found
    assert "Delete this 1" in labels(ada)


def test_the_secret_is_in_no_record_and_on_no_page(network: Backend) -> None:
    page = open_page("train")
    run_id = finished(network, "mine", user_of_session(page))
    secret = page.session_state[SECRET]
    assert secret not in str(network.store.client.run(run_id).to_dictionary())
    assert secret not in str(network.store.get(run_id))
    for name in ("train", "runs"):
        shown = open_page(name, run=run_id, runs=run_id)
        assert secret not in said(shown)
        assert user_of_session(page) not in said(shown) + str(shown.query_params)


def counted_queries(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often the store was asked since the last time that this was."""
    asked: list[str] = []
    for name in ("run", "search", "metric"):
        original = getattr(StoreClient, name)

        def counting(*args: Any, _name: str = name, _do: Any = original, **words: Any) -> Any:
            asked.append(_name)
            return _do(*args, **words)

        monkeypatch.setattr(StoreClient, name, counting)

    def since() -> int:
        count = len(asked)
        asked.clear()
        return count

    return since


@pytest.mark.parametrize("name", ["train", "runs"])
def test_a_look_asks_the_store_no_more_often_on_a_network(
    app: Backend, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    run_id = finished(app, "a run", SERVER)
    count, found = counted_queries(monkeypatch), {}
    monkeypatch.setattr(app.queue, "find_lost", lambda: None)  # which looks by itself
    monkeypatch.setattr("pages.ui.watch.time", SimpleNamespace(monotonic=lambda: 0.0))
    before = config.get_option("server.address")
    for address in ("localhost", "0.0.0.0"):
        config.set_option("server.address", address)
        page = open_page(name, run=run_id, runs=run_id)
        app.watch.forget()
        count()
        page.run()
        assert not page.exception
        found[address] = count()
    config.set_option("server.address", before)
    assert 0 < found["0.0.0.0"] <= found["localhost"]


@dataclass
class Visitor:
    """Who visits, as Streamlit has it of a browser's first request."""

    cookies: dict[str, str]
    headers: tuple[tuple[str, str], ...] = (("Host", "192.168.1.7:8501"),)
    remote_ip: str = "192.168.1.8"


@pytest.mark.parametrize(
    ("kept", "known"),
    [
        (SECRET_OF_ADA, True),
        ("", False),
        (SECRET_OF_ADA[:-1], False),
        (user_of(SECRET_OF_ADA), False),  # which others can see, if they read the store
    ],
)
def test_whose_a_session_is_says_the_browsers_cookie(
    app: Backend, monkeypatch: pytest.MonkeyPatch, kept: str, known: bool
) -> None:
    visitor = Visitor({COOKIE: kept})
    monkeypatch.setattr("streamlit.runtime.context._get_client_context", lambda: visitor)
    page = open_page("train")
    assert (user_of_session(page) == user_of(SECRET_OF_ADA)) == known
    assert is_secret(page.session_state[SECRET])
    assert user_of_session(page) == user_of(page.session_state[SECRET])
