"""The Draw page with AppTest; drawing itself is tested in a real browser."""

import re
import threading

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.config.fields import parse_config
from mnist_core.drawing.my_digits import DigitFile, MyDigit, MyDigits
from mnist_core.runs.execution import execute
from pages.ui.draw import digits
from pages.ui.draw.models import SHIPPED
from pages.ui.draw.think import cost
from pages.ui.state import RUN, Backend
from pages.ui.words import literal
from tests.helpers.pages import button, open_page, wait_for
from tests.helpers.waiting import PATIENCE
from tests.helpers.zips import add_zip, digit_files, zip_of


def test_without_a_run_the_shipped_network_reads_and_one_button_trains_one(app: Backend) -> None:
    page = open_page("draw")
    assert not page.exception
    model = page.selectbox(key="model")
    assert (model.value, len(model.options)) == (SHIPPED, 1)
    assert "test 99." in model.options[0]
    assert any("Draw a digit" in text for text in html(page))
    button(page, "Train the tutorial's model").click()
    wait_for(page, lambda shown: len(shown.selectbox(key="model").options) == 2)
    assert not [b for b in page.button if b.label == "Train the tutorial's model"]


def panel(name: str) -> AppTest:
    page = open_page("draw")
    return page.segmented_control(key="panel").set_value(name).run()


def test_the_units_have_a_panel_that_says_what_a_break_costs(app: Backend) -> None:
    run_id = app.store.create(parse_config({"epochs": 1}))
    for _ in execute(run_id, app.store):
        pass
    app.look_again()
    page = panel("See it think")
    assert not page.exception
    assert any("Choose a run as the model" in caption.value for caption in page.caption)
    page.selectbox(key="model").set_value(run_id).run()
    assert not page.exception
    (said,) = [text.value for text in page.markdown if "validation pictures" in text.value]
    assert re.fullmatch(r"Of its \d+ validation pictures it reads \*\*[\d.]+ %\*\* right\.", said)


def test_what_is_broken_is_told_apart_from_the_whole(app: Backend) -> None:
    run_id = app.store.create(parse_config({"epochs": 1, "hidden_sizes": "32"}))
    for _ in execute(run_id, app.store):
        pass
    app.look_again()
    run = app.watch.run(run_id)
    said = cost(run, {"off": [[0, unit] for unit in range(32)]})
    whole, left = (float(share) for share in re.findall(r"\*\*([\d.]+) %\*\*", said))
    assert left < 25 < whole, "with all units off, every picture gets one answer"
    said = cost(run, {"noise": 2, "biases": [0, 1]})
    whole, left = (float(share) for share in re.findall(r"\*\*([\d.]+) %\*\*", said))
    assert left < whole
    assert "as it is broken now" not in cost(run, {"off": [], "noise": 0})


def test_what_a_browser_makes_up_is_refused_and_the_page_stays(app: Backend) -> None:
    run_id = app.store.create(parse_config({"epochs": 1, "hidden_sizes": "32"}))
    for _ in execute(run_id, app.store):
        pass
    app.look_again()
    name = f"{run_id} {app.watch.run(run_id).checkpoint}"
    page = panel("See it think")
    page.selectbox(key="model").set_value(run_id).run()
    for made_up, said in (
        ({"network": name, "off": [["a", None]]}, "off = "),
        ({"network": name, "off": [[0, 32]]}, "off = (0, 32)"),
        ({"network": name, "noise": float("nan")}, "noise = nan"),
        ("everything", "broken = 'everything'"),
        ([1], "broken = "),
    ):
        page.session_state["live.units"] = {"broken": made_up}
        page.session_state["live"] = {"wanted": made_up}
        page.run()
        assert not page.exception
        assert any(literal(said) in error.value for error in page.error), [
            e.value for e in page.error
        ]
        assert any("Draw a digit" in text for text in html(page))
    page.session_state["live.units"] = {"broken": {"network": name, "off": [[0, 1]]}}
    page.run()
    assert not page.error
    assert any("as it is broken now" in text.value for text in page.markdown)


def test_a_file_of_digits_is_imported_once_and_beside_the_page(
    app: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, may_read = [], threading.Event()
    parse = digits.parse_digits

    def slowly(data: bytes, name: str) -> tuple[MyDigit, ...]:
        read.append(name)
        may_read.wait(PATIENCE)
        return parse(data, name)

    monkeypatch.setattr(digits, "parse_digits", slowly)
    theirs = [MyDigit.new(label, np.eye(28, dtype=np.float32)) for label in (3, 7)]
    data = DigitFile(digits=tuple(theirs)).model_dump_json().encode()
    page = panel("My digits")
    page.file_uploader(key=digits.IMPORT).upload("theirs.json", data).run()
    assert any("Reading theirs" in info.value for info in page.info)
    may_read.set()
    wait_for(page, lambda shown: any("Delete this 7" in b.label for b in shown.button))
    page.run()
    assert read == ["theirs.json"], "a rerun reads it no second time"
    assert [digit.label for digit in MyDigits().all()] == [3, 7]


def test_a_file_that_holds_no_digits_is_named(app: Backend) -> None:
    page = panel("My digits")
    page.file_uploader(key=digits.IMPORT).upload("letter.json", b'{"dear": "Sir"}').run()
    wait_for(
        page, lambda shown: any("json is not a file of digits" in e.value for e in shown.error)
    )
    page.file_uploader(key=digits.IMPORT).upload("other.json", b"{}").run()
    assert not any("letter" in e.value for e in page.error), "it was said of another file"


def html(page: AppTest) -> list[str]:
    return [element.proto.body for element in page.get("html")]


def test_a_network_that_reads_no_digits_is_said_to_read_none(app: Backend) -> None:
    def trained(dataset: str) -> str:
        run_id = app.store.create(parse_config({"dataset": dataset, "epochs": 1}))
        for _ in execute(run_id, app.store):
            pass
        app.look_again()
        return run_id

    two = trained(add_zip(zip_of(digit_files(6, (3, 7))), "A *pair*"))
    page = open_page("draw")
    page.session_state[RUN] = two  # as another page leaves it
    page.run()
    (said,) = [info.value for info in page.info if "does not read digits" in info.value]
    assert "It learnt A \\*pair\\*: its classes are 3, 7." in said
    assert page.selectbox(key="model").value == SHIPPED
    digits_too = trained(add_zip(zip_of(digit_files(4)), "ten"))
    page = open_page("draw")
    page.session_state[RUN] = digits_too
    page.session_state["model"] = digits_too
    page.run()
    assert not [info for info in page.info if "does not read digits" in info.value]
    assert page.selectbox(key="model").value == digits_too
    assert len(page.selectbox(key="model").options) == 2, "the other one is not offered"
