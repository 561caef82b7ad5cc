"""The Learn page: its chapters, one after another, and what their widgets change."""

import math
import re

import numpy as np
import pytest

from mnist_core.learn.digits import digits
from mnist_core.learn.lesson import Lesson
from pages.ui.forms import TRAIN, widget_key
from pages.ui.learn import step
from pages.ui.learn.choose import CHAPTERS
from pages.ui.words import literal
from tests.helpers.courses import press, read
from tests.helpers.pages import button, open_page, pictures, said

pytestmark = pytest.mark.usefixtures("app")


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_each_chapter_opens_and_leads_to_the_next(chapter: str) -> None:
    page = read(chapter)
    assert page.query_params["chapter"] == chapter
    names = list(CHAPTERS)
    if chapter == names[-1]:
        assert not any(found.label.startswith("Next:") for found in page.button)
        return
    following = names[names.index(chapter) + 1]
    press(page, f"Next: {CHAPTERS[following].split(' · ')[1]}")
    assert page.subheader[0].value == CHAPTERS[following]
    assert page.query_params["chapter"] == following


def test_an_address_of_no_chapter_opens_the_first() -> None:
    page = open_page("learn", chapter="none")
    assert page.subheader[0].value == CHAPTERS["pixels"]
    assert literal("chapter: there is no 'none', but pixels, ") in page.warning[0].value


def test_the_window_shows_the_numbers_of_its_pixels() -> None:
    page = read("pixels")
    page.number_input(key="learn.pixels.number").set_value(12).run()
    page.slider(key="learn.pixels.row").set_value(7).run()
    page.slider(key="learn.pixels.column").set_value(9).run()
    learn, _ = digits()
    image = learn.rows[11].reshape(28, 28)
    shown = [[float(value) for value in line.split()] for line in page.code[0].value.split("\n")]
    np.testing.assert_allclose(shown, image[7:15, 9:17], atol=0.005)
    assert f"number 28 × 7 + 9 = **{28 * 7 + 9}**" in said(page)
    assert f"784 numbers {int((image > 0).sum())} are" in said(page)
    before = pictures(page)
    page.toggle(key="learn.pixels.mix").set_value(True).run()
    assert "reads them as well as before" in said(page)
    assert pictures(page) != before


def test_the_loss_is_that_of_the_share() -> None:
    page = read("loss")
    page.select_slider(key="learn.loss.share").set_value(0.5).run()
    assert f"**{math.log(2):.3f}**" in said(page)
    page.slider(key="learn.loss.change").set_value(1.0).run()
    found = re.search(r"at a loss of \*\*([\d.]+)\*\* \(before: ([\d.]+)\)", said(page))
    assert found is not None
    assert float(found[1]) > float(found[2])  # away from where training had put it
    levels = re.search(r"Over all 121 .* only \*\*(\d+) different values", said(page))
    assert levels is not None
    assert int(levels[1]) < 121 / 2


def test_a_step_goes_through_its_stages_and_moves_the_weights() -> None:
    page = read("step")
    assert "[32, 784]" in said(page)
    begun = Lesson(page.session_state[step.STATE].network)
    expected = begun.step(0.1)
    press(page, "Next: Forward")
    assert f"**{expected.right} of 32** pictures are read right" in said(page)
    press(page, "Next: The loss")
    assert f"**{expected.loss:.4f}**" in said(page)
    press(page, "Next: The gradients")
    unit, pixel = expected.steepest(1)[0]
    table = page.dataframe[0].value
    assert table["Derivative"][0] == pytest.approx(float(expected.gradients[0][0][unit, pixel]))
    press(page, "Next: The update")
    table = page.dataframe[0].value
    moved = table["Value"] - 0.1 * table["Derivative"]
    np.testing.assert_allclose(table["New value"], moved, atol=1e-7)
    assert f"**{expected.loss_after:.4f}**" in said(page)
    press(page, "Next: another batch")
    lesson = page.session_state[step.STATE]
    assert lesson.losses == (pytest.approx(expected.loss),)
    assert (lesson.network.layers[0][0] == expected.after.layers[0][0]).all()
    press(page, "Begin anew")
    assert page.session_state[step.STATE].losses == ()


def test_ten_steps_a_second_go_on_at_each_look_until_they_are_stopped() -> None:
    page = read("step")
    press(page, "Ten steps a second")
    taken = len(page.session_state[step.STATE].losses)
    assert taken % step.STEPS_A_LOOK == 0
    page.run()
    assert len(page.session_state[step.STATE].losses) == taken + step.STEPS_A_LOOK
    press(page, "Stop")
    stopped = len(page.session_state[step.STATE].losses)
    page.run()
    assert len(page.session_state[step.STATE].losses) == stopped
    assert f"After {stopped} steps" in said(page)


def test_steps_end_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(step, "LAST", 2 * step.STEPS_A_LOOK)
    page = read("step")
    press(page, "Ten steps a second")
    for _ in range(4):
        page.run()
    assert not page.exception
    assert len(page.session_state[step.STATE].losses) == 2 * step.STEPS_A_LOOK
    assert button(page, "Ten steps a second").disabled  # type: ignore[attr-defined]


def test_the_parameters_of_a_size_are_counted() -> None:
    page = read("further")
    page.text_input(key="learn.further.sizes").set_value("64, 16").run()
    parameters = 784 * 64 + 64 + 64 * 16 + 16 + 16 * 10 + 10
    assert f"**{parameters:,} parameters**" in said(page)
    page.text_input(key="learn.further.sizes").set_value("64, none").run()
    assert literal("64, none") in page.error[0].value
    page.text_input(key="learn.further.sizes").set_value("").run()
    assert "**7,850 parameters**" in said(page)


def test_work_is_counted_and_measured() -> None:
    page = read("device")
    page.select_slider(key="learn.device.units").set_value(64).run()
    page.select_slider(key="learn.device.batch").set_value(10).run()
    assert f"**{10 * (784 * 64 + 640):,}**" in said(page)
    press(page, "Measure on this processor")
    assert "A batch of 10: 64 times the units are 64 times the work" in said(page)
    assert len(page.session_state["learn.device.taken"]) == 7
    assert button(page, "Measure it on Devices")


def test_ideas_open_train_with_their_settings() -> None:
    page = read("further")
    found = next(b for b in page.button if b.key == "learn.further.0")
    found.click().run()
    assert page.session_state[widget_key(TRAIN, "values")]["hidden_sizes"] == "64, 32"
