"""Two networks on one pad: the page and the browser say alike what they read, and what differs."""

import re

import numpy as np
import pytest

from mnist_core.config.fields import parse_config
from mnist_core.reading.predict import Prediction
from mnist_core.runs.execution import execute
from pages.ui.draw.models import SHIPPED, SHIPPED_NAME
from pages.ui.draw.second import CHOICE, WORDS, both, in_words
from pages.ui.state import Backend
from tests.helpers.node import call
from tests.helpers.pages import open_page

VIEW = "pages/ui/draw/live/view.js"


def shares(**digits: float) -> np.ndarray:
    found = np.full(10, (1 - sum(digits.values())) / (10 - len(digits)), np.float32)
    for name, share in digits.items():
        found[int(name[1:])] = share
    return found


def prediction(probabilities: np.ndarray) -> Prediction:
    return Prediction(probabilities, np.zeros((28, 28), np.float32), True)


@pytest.mark.parametrize(
    ("first", "second", "said", "differing"),
    [
        (shares(d4=0.9), shares(d4=0.85), "Both read 4.", []),
        (shares(d4=0.9), shares(d4=0.6, d9=0.3), "Both read 4.", [4, 9]),
        (shares(d7=0.8), shares(d1=0.7), "≠ The first reads 7, the second 1.", [1, 7]),
    ],
)
def test_where_two_networks_differ_is_marked_alike_on_both_sides(
    first: np.ndarray, second: np.ndarray, said: str, differing: list[int]
) -> None:
    (found,) = call(VIEW, "compared", [first.tolist(), second.tolist(), WORDS])
    assert found == {"said": said, "differing": differing}
    assert in_words(int(first.argmax()), int(second.argmax())) == said
    shown = both(("a <b>", "c"), prediction(first), prediction(second))
    assert said in shown
    assert "a &lt;b&gt;" in shown
    rows = re.findall(r"data-digit='(\d)'.*?<b>(≠?)</b></div>", shown)
    assert [int(digit) for digit, mark in rows if mark] == differing
    assert len(rows) == 10


def test_nothing_is_said_to_differ_before_something_is_drawn() -> None:
    (found,) = call(VIEW, "compared", [None, None, WORDS])
    assert found == {"said": in_words(None, None), "differing": []}
    shown = both(("a", "b"), None, None)
    assert "Draw a digit" in shown
    assert "≠" not in shown


def test_a_link_names_the_second_network_and_the_address_follows_the_choice(app: Backend) -> None:
    run_id = app.store.create(parse_config({"epochs": 1}))
    for _ in execute(run_id, app.store):
        pass
    app.look_again()
    page = open_page("draw", second=run_id)
    assert not page.exception
    assert page.selectbox(key=CHOICE).value == run_id
    assert any("Draw a digit, and both" in e.proto.body for e in page.get("html"))
    page.selectbox(key="model").set_value(run_id).run()
    assert page.selectbox(key=CHOICE).value is None, "no network reads next to itself"
    assert SHIPPED_NAME in page.selectbox(key=CHOICE).options[0]
    page.selectbox(key=CHOICE).set_value(SHIPPED).run()
    assert not page.exception
    assert page.query_params["second"] == SHIPPED
    page.selectbox(key=CHOICE).set_value(None).run()
    assert "second" not in page.query_params
    assert not any("both networks" in e.proto.body for e in page.get("html"))


def test_a_second_network_that_is_not_there_is_none(app: Backend) -> None:
    page = open_page("draw", second="0" * 32)
    assert not page.exception
    assert page.selectbox(key=CHOICE).value is None
