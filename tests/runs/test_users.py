"""Whose a run is: the secret stays secret, and nobody but its user changes a run."""

import copy
import pickle
from collections.abc import Callable

import pytest

from mnist_core.config.train import TrainConfig
from mnist_core.errors import NotYoursError, SettingError
from mnist_core.runs.bin import Bin
from mnist_core.runs.library import RunLibrary
from mnist_core.runs.records import Run
from mnist_core.runs.store import RunStore
from mnist_core.runs.users import (
    SERVER,
    Person,
    Role,
    is_secret,
    may_change,
    new_secret,
    person,
    role_at,
    role_of,
    user_of,
)

ADA, BOB = user_of(new_secret()), user_of(new_secret())


def test_a_user_does_not_tell_the_secret() -> None:
    secret = new_secret()
    assert is_secret(secret)
    assert secret != new_secret()
    assert secret not in user_of(secret)
    # The first 32 characters of what `printf %s "$secret" | sha256sum` says of 43 letters a.
    assert user_of("a" * 43) == "66d34fba71f8f450f7e45598853e53bf"
    assert not any(map(is_secret, ("", "a" * 42, "a" * 44, "a" * 42 + ";", SERVER)))


def test_one_may_change_ones_own_and_the_server_all() -> None:
    assert may_change(ADA, ADA)
    assert may_change(SERVER, ADA)
    assert may_change(SERVER, SERVER)
    assert not may_change(BOB, ADA)
    assert not may_change(BOB, SERVER)  # runs from before there were users, on a network


@pytest.mark.parametrize("user", [ADA, SERVER], ids=["somebody", "the server"])
def test_nobody_but_its_user_edits_or_deletes_a_run(user: str) -> None:
    store = RunStore()
    library = RunLibrary(store)
    run_id = store.create(TrainConfig(), "hers", user=user)
    asked: list[Callable[[str], object]] = [
        lambda by: store.request_change(run_id, {"learning_rate": 0.1}, by),
        lambda by: library.rename(run_id, "mine", by),
        lambda by: library.set_note(run_id, "mine", by),
        lambda by: library.set_tags(run_id, ["mine"], by),
        lambda by: library.set_starred(run_id, True, by),
        lambda by: library.delete([run_id], by),
    ]
    before = store.get(run_id)
    assert before.user == user
    for ask in asked:
        with pytest.raises(NotYoursError, match=r"run 'hers' is not yours.*take over its settings"):
            ask(BOB)
    assert store.get(run_id) == before

    store.set_state(run_id, "stopped")
    library.rename(run_id, "renamed", user)
    library.set_starred(run_id, True, SERVER)
    now = store.get(run_id)
    assert (now.name, now.starred, now.user) == ("renamed", True, user)


def test_a_deletion_of_several_of_which_one_is_not_ones_own_deletes_none() -> None:
    store = RunStore()
    library = RunLibrary(store)
    ids = [store.create(TrainConfig(), user=user) for user in (BOB, ADA)]
    for run_id in ids:
        store.set_state(run_id, "stopped")
    with pytest.raises(NotYoursError):
        library.delete(ids, BOB)
    assert {run.id for run in library.runs()} == set(ids)


def test_the_bin_of_each_has_ones_own_runs_alone() -> None:
    store = RunStore()
    library = RunLibrary(store)
    bin = Bin(library)
    hers, his = (store.create(TrainConfig(), user=user) for user in (ADA, BOB))
    for run_id in (hers, his):
        store.set_state(run_id, "stopped")
    library.delete([hers, his])

    def deleted(by: str) -> set[str]:
        return {run.id for run in bin.runs(by)}

    assert (deleted(ADA), deleted(BOB), deleted(SERVER)) == ({hers}, {his}, {hers, his})
    bin.empty([hers], BOB)
    bin.restore([hers], BOB)
    with pytest.raises(NotYoursError):
        library.restore([hers], BOB)
    assert deleted(ADA) == {hers}
    bin.restore([hers, his], ADA)
    assert deleted(SERVER) == {his}


def test_whose_a_run_is_stays_through_all_that_happens_to_it() -> None:
    store = RunStore()
    run_id = store.create(TrainConfig(epochs=1), user=ADA, turn=3)
    store.claim(run_id)
    store.set_state(run_id, "completed")
    store.add_segment(run_id, TrainConfig(epochs=1), turn=5)
    run = store.get(run_id)
    assert (run.user, run.turn, run.state) == (ADA, 5, "queued")


def test_a_run_from_before_there_were_users_is_the_servers() -> None:
    store = RunStore()
    run = store.get(store.create(TrainConfig()))
    assert (run.user, run.turn) == (SERVER, 0)
    assert not {"mnist_lab.user", "mnist_lab.turn"} & set(store.client.run(run.id).data.tags)
    assert isinstance(run, Run)


def test_a_person_is_a_user_with_a_role() -> None:
    ada = person("https://id.example", "17", "train")
    assert ada == person("https://id.example", "17", "look")
    assert ada != person("https://id.example/", "17", "train")
    assert ada != person("https://other.example", "17", "train")
    assert len(ada) == 32
    assert ada != "17"
    for same in (copy.deepcopy(ada), pickle.loads(pickle.dumps(ada))):
        assert isinstance(same, Person)
        assert (same, same.role) == (ada, "train")
    assert [role_of(by) for by in (SERVER, BOB, ada)] == ["administer", "train", "train"]


def test_who_looks_changes_nothing_and_who_administers_all() -> None:
    roles: tuple[Role, ...] = ("look", "train", "administer")
    for role, own, others in zip(roles, (False, True, True), (False, False, True), strict=True):
        ada = person("https://id.example", "17", role)
        assert (may_change(ada, str(ada)), may_change(ada, BOB)) == (own, others)
    store = RunStore()
    library = RunLibrary(store)
    run_id = store.create(TrainConfig(), "hers", user=ada)
    assert type(store.get(run_id).user) is str
    with pytest.raises(NotYoursError):
        library.rename(run_id, "renamed", person("https://id.example", "17", "look"))
    library.rename(run_id, "renamed", person("https://id.example", "18", "administer"))
    assert store.get(run_id).user == ada


@pytest.mark.parametrize(
    ("look", "train", "administer", "roles"),
    [
        ("", "", "", ("train", "train", "train")),
        ("", "", "Ada@School.example", ("administer", "train", "train")),
        ("", "@school.example", "", ("train", "train", "look")),
        ("@school.example", "", "", ("train", "train", None)),
        ("@school.example", "bob@school.example,", "", ("look", "train", None)),
        ("carl@elsewhere.example", "bob@school.example", "", (None, "train", "look")),
        ("school@school.example", "", "", (None, None, None)),
    ],
)
def test_the_variables_say_who_has_which_role(
    monkeypatch: pytest.MonkeyPatch,
    look: str,
    train: str,
    administer: str,
    roles: tuple[Role | None, ...],
) -> None:
    for name, people in (("LOOK", look), ("TRAIN", train), ("ADMINISTER", administer)):
        monkeypatch.setenv(f"MNIST_LAB_MAY_{name}", people)
    people = ("ada@school.example", "BOB@school.example", "carl@elsewhere.example")
    assert tuple(map(role_at, people)) == roles
    if look or train:
        assert role_at("") != "train"  # an address that nobody has verified


@pytest.mark.parametrize("administers", ["", "ada@school.example", "ada@school.example, "])
@pytest.mark.parametrize(
    ("look", "train", "role"), [("", "", "train"), ("", "@b", "look"), ("@b,", "", None)]
)
def test_an_address_that_is_not_known_is_in_no_list(
    monkeypatch: pytest.MonkeyPatch, administers: str, look: str, train: str, role: str | None
) -> None:
    monkeypatch.setenv("MNIST_LAB_MAY_ADMINISTER", administers)
    monkeypatch.setenv("MNIST_LAB_MAY_LOOK", look)
    monkeypatch.setenv("MNIST_LAB_MAY_TRAIN", train)
    assert role_at("") == role


@pytest.mark.parametrize("people", ["ada", "a@b@c", "a@b c@d", "<a@b>", "*@b", "a@b;c@d"])
def test_what_names_nobody_is_said(monkeypatch: pytest.MonkeyPatch, people: str) -> None:
    monkeypatch.setenv("MNIST_LAB_MAY_TRAIN", people)
    with pytest.raises(SettingError, match=r"MNIST_LAB_MAY_TRAIN = .*names people as"):
        role_at("ada@school.example")
