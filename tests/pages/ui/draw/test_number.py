"""A number on the wide pad: what is said of each digit, and where it is marked."""

import base64
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from mnist_core.reading.predict import Prediction
from mnist_core.reading.row import Found
from pages.ui.draw.number import NOTHING, answer
from pages.ui.state import Backend
from tests.helpers.pages import open_page
from tests.helpers.photos import encoded, photo

BLACK = np.zeros((28, 28), np.float32)
SVG = "{http://www.w3.org/2000/svg}"


def found(digit: int, share: float, left: float, is_digit: bool = True) -> Found:
    shares = np.full(10, (1 - share) / 9, np.float32)
    shares[digit] = share
    return Found(Prediction(shares, BLACK, is_digit), (0,), (left, 40.0, left + 60, 240.0))


def drawing(said: str) -> ElementTree.Element:
    address = re.search(r"base64,([^']+)", said)
    assert address
    return ElementTree.fromstring(base64.b64decode(address[1]))


def test_nothing_is_asked_for() -> None:
    assert NOTHING in answer([], "", 840, 280)


def test_each_digit_is_said_and_marked_in_its_place() -> None:
    said = answer([found(4, 0.999, 30), found(0, 0.7, 300)], "", 840, 280)
    assert ">40</div>" in said
    assert "<b class='sure'>4 certain</b>, <b class='doubt'>0 not sure, 70 %</b>" in said
    _, first, second = drawing(said).findall(f"{SVG}rect")
    assert (float(first.attrib["x"]), float(first.attrib["y"])) == (16, 26)
    assert (first.attrib["stroke-dasharray"], second.attrib["stroke-dasharray"]) == ("", "6.0")
    texts = drawing(said).findall(f"{SVG}text")
    assert [(text.text, float(text.attrib["x"])) for text in texts] == [("4", 60), ("0", 330)]


@pytest.mark.parametrize(("share", "is_digit", "kind"), [(0.99, True, ""), (0.99, False, "doubt")])
def test_what_is_most_likely_no_digit_makes_the_number_doubtful(
    share: float, is_digit: bool, kind: str
) -> None:
    said = answer([found(3, share, 30, is_digit)], "", 840, 280)
    assert f"class='read {kind}'>3<" in said
    assert ("most likely none" in said) == (not is_digit)


@pytest.mark.usefixtures("app")
def test_a_picture_of_a_row_is_read_and_one_of_nothing_is_said_to_be() -> None:
    page = open_page("draw")
    page.segmented_control(key="what").set_value("A number").run()
    assert any(NOTHING in element.proto.body for element in page.get("html"))
    one = photo(300, other=False)
    row = np.concatenate([one[:, 250:700]] * 2, axis=1)
    upload = page.file_uploader(key="upload.row")
    upload.upload("row.png", encoded(row, "PNG"), "image/png").run()
    assert not page.exception
    assert any(">55</div>" in element.proto.body for element in page.get("html"))
    blank = encoded(np.full((100, 300), 200, np.uint8), "PNG")
    page.file_uploader(key="upload.row").upload("blank.png", blank, "image/png").run()
    assert "Nothing is written" in page.warning[0].value


def test_the_digit_s_pad_is_there_until_the_number_s_is_chosen(app: Backend) -> None:
    page = open_page("draw")
    assert page.slider(key="pen")
    page.segmented_control(key="what").set_value("A number").run()
    assert not [slider for slider in page.slider if slider.key == "pen"]
    page.segmented_control(key="what").set_value("A digit").run()
    assert page.slider(key="pen")
