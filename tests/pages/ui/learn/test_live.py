"""The live trainings: stopped, gone on with, begun again, and left for another chapter."""

import pytest

from pages.ui.learn.choose import CHOSEN
from tests.helpers.courses import press, read
from tests.helpers.pages import button, said

pytestmark = pytest.mark.usefixtures("app")


def test_start_stop_and_start_again() -> None:
    page = read("batches")
    assert not button(page, "Start").disabled
    assert button(page, "Stop").disabled
    assert button(page, "Start again").disabled
    press(page, "Start")
    assert button(page, "Start").disabled
    assert "Epoch 1 of 5" in said(page)
    page.run()
    assert "Epoch 2 of 5" in said(page)
    press(page, "Stop")
    assert "Epoch 2 of 5" in said(page)
    page.run()
    assert "Epoch 2 of 5" in said(page)  # it stands still
    press(page, "Start")
    assert "Epoch 3 of 5" in said(page)  # and goes on from there
    press(page, "Start again")
    assert "Epoch 1 of 5" in said(page)


def test_another_chapter_in_between_loses_nothing() -> None:
    page = read("batches")
    page.segmented_control(key="learn.batches.size").set_value(1000).run()
    press(page, "Start")
    press(page, "Stop")
    page.radio(key=CHOSEN).set_value("linear").run()
    assert "Untrained" in said(page)
    page.radio(key=CHOSEN).set_value("batches").run()
    assert page.segmented_control(key="learn.batches.size").value == 1000
    assert "Epoch 1 of 5" in said(page)
    assert not button(page, "Start").disabled


def test_one_that_has_ended_asks_for_nothing_more() -> None:
    page = read("batches")
    press(page, "Start")
    for _ in range(4):
        page.run()
    assert "Epoch 5 of 5" in said(page)
    assert button(page, "Start").disabled
    assert button(page, "Stop").disabled
    press(page, "Start again")
    assert "Epoch 1 of 5" in said(page)
