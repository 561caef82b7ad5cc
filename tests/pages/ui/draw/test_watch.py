"""Watch it learn: which epochs are shown, how many own digits each reads, what travels when."""

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.config.fields import parse_config
from mnist_core.drawing.my_digits import MyDigit, MyDigits
from mnist_core.nn.network import Network
from mnist_core.runs.execution import execute
from mnist_core.runs.snapshots import read_snapshots, snapshot_files
from pages.ui.draw.watch import CHOSEN, PANEL, few, right_of
from pages.ui.state import Backend
from tests.helpers.pages import button, open_page, wait_for


@pytest.mark.parametrize(("count", "most"), [(2, 2), (9, 9), (10, 9), (165, 20), (40, 2), (7, 3)])
def test_epochs_are_bounded_and_evenly_spaced_with_first_and_newest(count: int, most: int) -> None:
    kept = {epoch: str(epoch) for epoch in range(count)}
    shown = [*few(kept, most)]
    assert len(shown) <= most
    assert (shown[0], shown[-1]) == (0, count - 1)
    gaps = {after - before for before, after in pairwise(shown[:-1])}
    assert len(gaps) <= 1
    assert len(shown) == count if count <= most else len(shown) >= most // 2


def test_more_epochs_need_none_that_was_left_out() -> None:
    before: set[int] = set()
    for count in range(1, 200):
        shown = set(few(dict.fromkeys(range(count)), 12))
        assert shown - before <= {count - 1}
        before |= {count - 1}
        before &= shown


def trained(app: Backend, **values: object) -> str:
    run_id = app.store.create(parse_config({"epochs": 2, "hidden_sizes": "16", **values}))
    for _ in execute(run_id, app.store):
        pass
    app.look_again()
    return run_id


def epochs_of(app: Backend, run_id: str) -> dict[int, Network]:
    found: dict[int, Network] = {}
    for file in snapshot_files(app.store, run_id):
        found.update(read_snapshots(app.store, run_id, file))
    return found


def opened() -> AppTest:
    page = open_page("draw")
    page.segmented_control(key="panel").set_value("Watch it learn").run()
    assert not page.exception
    return page


def test_the_share_of_own_digits_is_each_epochs_own(app: Backend) -> None:
    epochs = epochs_of(app, trained(app))
    rng = np.random.default_rng(3)
    images = rng.random((20, 28, 28), np.float32)
    kept = MyDigits()
    kept.add(*(MyDigit.new(i % 10, image) for i, image in enumerate(images)))
    digits = kept.all()
    seen = np.stack([digit.image.ravel() for digit in digits])
    labels = np.array([digit.label for digit in digits])
    wanted = [float((network(seen).argmax(1) == labels).mean()) for network in epochs.values()]
    first = right_of("a", {0: epochs[0]}, kept)
    assert first == wanted[:1]
    assert right_of("a", epochs, kept) == pytest.approx(wanted)
    kept.add(MyDigit.new(1, images[0].T))
    assert right_of("a", epochs, kept) != wanted, "another set of digits is read again"


def test_the_browser_is_sent_the_epochs_it_asks_for_and_no_others(app: Backend) -> None:
    run_id = trained(app)
    page = opened()
    assert page.selectbox(key=CHOSEN).value == run_id
    assert any("Keep some digits of your own" in caption.value for caption in page.caption)

    def mounted() -> list[object]:
        return [c.proto for c in page.get("bidi_component")]

    told = [json.loads(c.json)["learnt"] for c in mounted() if '"learnt"' in c.json]
    (learnt,) = told
    assert [epoch for epoch, _ in learnt["epochs"]] == [0, 1, 2]
    assert (learnt["run"], learnt["last"]) == (run_id, 2)
    assert not [c for c in mounted() if c.bytes]
    names = [name for _, name in learnt["epochs"]]
    for made_up in ("all", [1, {}], ["epoch 9 of nothing"], [names[2], names[0]]):
        page.session_state[PANEL] = {"wanted": made_up}
        page.run()
        assert not page.exception
        sent = [c.bytes for c in mounted() if c.bytes]
        assert len(sent) == (made_up == [names[2], names[0]])
    head, _, body = sent[0].partition(b"\n")
    assert json.loads(head)["ids"] == [names[0], names[2]]
    assert len(body) == 2 * 2 * (784 * 16 + 16 + 160 + 10), "two networks, as float16"


def test_own_digits_have_a_curve_and_trials_of_a_sweep_are_not_offered(
    app: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id, trial = trained(app), trained(app, hidden_sizes="8")
    library = app.watch.library
    monkeypatch.setattr(
        app.watch,
        "library",
        lambda: [replace(r, study="s", trial=0) if r.id == trial else r for r in library()],
    )
    MyDigits().add(MyDigit.new(3, np.eye(28, dtype=np.float32)))
    page = opened()
    assert page.selectbox(key=CHOSEN).value == run_id
    assert len(page.selectbox(key=CHOSEN).options) == 1
    (curve,) = page.get("plotly_chart")
    assert "my digits" in curve.proto.spec


def test_one_click_trains_the_network_that_is_watched(app: Backend) -> None:
    page = opened()
    button(page, "Train the tutorial's model").click()
    wait_for(page, lambda shown: not getattr(button(shown, "Train it anew"), "disabled", True))
    (first,) = app.store.newest(2)
    assert page.selectbox(key=CHOSEN).value == first.id
    button(page, "Train it anew").click()
    wait_for(page, lambda shown: not app.store.active() and len(app.store.newest(2)) == 2)
    again, _ = app.store.newest(2)
    assert again.config == first.config
    assert page.selectbox(key=CHOSEN).value == again.id
