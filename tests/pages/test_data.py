"""The Data page: what it shows, distortions, a data set that is not there."""

import shutil
from pathlib import Path

import pytest

from mnist_core.config.fields import parse_config
from mnist_core.settings import Settings
from pages.ui.data.samples import SHOWN, WALL
from pages.ui.state import Backend
from pages.ui.words import literal
from tests.helpers.pages import button, open_page
from tests.helpers.waiting import wait_until


def pictures(page: object) -> list[str]:
    return [body for html in page.get("html") if "<figure" in (body := html.proto.body)]


def test_pictures_are_shown_as_they_are(app: Backend) -> None:
    page = open_page("data")
    assert not page.exception
    assert any("pictures to learn from" in text.value for text in page.markdown)
    (before,) = pictures(page)
    assert before.count("<img") == WALL
    assert any("Move a slider" in text.value for text in page.caption)
    button(page, "Other pictures").click().run()
    (after,) = pictures(page)
    assert after != before
    page.selectbox(key="data.class.mnist").set_value("3").run()
    assert pictures(page)[0].count(">3</figcaption>") > SHOWN


def test_distortions_are_shown_and_taken_to_the_form(app: Backend) -> None:
    page = open_page("data")
    wall = pictures(page)[0]
    page.slider(key="data.rotation").set_value(30.0).run()
    plain, *varied = pictures(page)
    assert wall.startswith(plain.removesuffix("</div>")), "the first of the wall stay"
    assert [drawn.count("<img") for drawn in (plain, *varied)] == [SHOWN] * 5
    assert len({plain, *varied}) == 5
    button(page, "Train with these").click().run()
    assert page.session_state["train.rotation"] == 30.0
    assert page.session_state["train.shift"] == 0.0
    assert app.store.newest() == []


@pytest.mark.usefixtures("app")
def test_the_address_carries_what_is_chosen_and_opens_it() -> None:
    page = open_page("data")
    assert page.query_params == {}
    page.selectbox(key="data.class.mnist").set_value("3")
    page.slider(key="data.rotation").set_value(30.0).run()
    again = open_page("data", **page.query_params)
    assert not again.exception
    assert again.selectbox(key="data.class.mnist").value == "3"
    assert again.slider(key="data.rotation").value == 30.0
    assert pictures(again) == pictures(page)
    assert again.query_params == page.query_params


@pytest.mark.usefixtures("app")
def test_what_is_wrong_in_the_address_is_said() -> None:
    page = open_page("data", **{"class": "ten", "rotation": "400", "dataset": "nothing"})
    assert not page.exception
    said = " ".join(warning.value for warning in page.warning)
    for wrong in ("ten", "400", "nothing"):
        assert wrong in said
    assert page.slider(key="data.rotation").value == page.slider(key="data.rotation").max


@pytest.mark.usefixtures("app")
def test_a_damaged_file_is_a_message_that_names_it(
    small_mnist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = shutil.copytree(small_mnist, tmp_path / "copy")
    file = copy / "MNIST" / "raw" / "train-images-idx3-ubyte"
    file.write_bytes(file.read_bytes()[:-1])
    monkeypatch.setenv("MNIST_LAB_DATA", str(copy))
    page = open_page("data")
    assert not page.exception
    assert literal(str(file)) in page.error[0].value


@pytest.mark.usefixtures("app")
def test_a_data_set_without_a_way_to_get_it_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from torchvision.datasets import KMNIST

    monkeypatch.setattr(KMNIST, "mirrors", ["http://127.0.0.1:9/"])  # nobody listens there
    page = open_page("data")
    page.selectbox(key="data.dataset").set_value("kmnist").run()
    assert not page.exception
    assert literal("MNIST_LAB_DATA") in page.error[0].value


@pytest.mark.usefixtures("app")
def test_all_pictures_are_paged_by_part_and_class() -> None:
    page = open_page("data")
    first = pictures(page)
    page.segmented_control(key="data.part").set_value("test").run()
    assert pictures(page)[0].count("<img") == 100  # the test part has no more
    assert pictures(page) != first
    page.selectbox(key="data.class.mnist").set_value("4").run()
    assert pictures(page)[0].count("<img") == 10
    assert page.query_params["part"] == "test"


@pytest.mark.usefixtures("app")
def test_classes_are_counted_for_a_validation_share() -> None:
    page = open_page("data", view="classes")
    assert any("480 to train, 120 to validate, 100 to test" in text.value for text in page.markdown)
    page.number_input(key="data.val_fraction").set_value(0.5).run()
    assert any("300 to train, 300 to validate" in text.value for text in page.markdown)
    assert any("Each class has 60 pictures to learn from" in text.value for text in page.caption)
    assert len(page.get("plotly_chart")) == 1


@pytest.mark.usefixtures("app")
def test_each_class_has_a_mean_and_a_spread() -> None:
    page = open_page("data", view="mean")
    assert not page.exception
    mean, spread = pictures(page)
    assert mean.count("alt='mean of ") == spread.count("alt='spread of ") == 10


def test_what_a_network_finds_hardest_is_shown_once_there_is_one(app: Backend) -> None:
    page = open_page("data", view="hard")
    assert "No network has been trained" in page.info[0].value
    app.queue.start(parse_config({"epochs": 1, "hidden_sizes": "8"}))
    wait_until(lambda: not app.store.active(), "it has ended")
    app.look_again()
    page = open_page("data", view="hard")
    (hardest,) = pictures(page)
    assert hardest.count("<img") == 55
    page.segmented_control(key="data.order").set_value("odd").run()
    assert pictures(page) != [hardest]
    page.selectbox(key="data.class.mnist").set_value("7").run()
    assert pictures(page)[0].count(": 7, read as") == pictures(page)[0].count("<img")
    assert not page.exception


@pytest.mark.usefixtures("app")
def test_what_was_downloaded_can_be_removed_and_comes_back_when_asked_for(
    small_mnist: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MNIST_LAB_DATA")
    downloads = Settings().downloads
    shutil.copytree(small_mnist, downloads, dirs_exist_ok=True)
    page = open_page("data")
    assert any(literal(str(downloads)) in text.value for text in page.caption)
    page.button(key="data.remove").click().run()
    assert not page.exception
    assert "MNIST is not on this computer any more" in page.info[0].value
    assert pictures(page) == []
    shutil.copytree(small_mnist, downloads, dirs_exist_ok=True)  # as a download does
    button(page, "Get it again").click().run()
    assert not page.exception
    assert pictures(page)[0].count("<img") == WALL


@pytest.mark.usefixtures("app")
def test_a_folder_of_somebody_s_own_has_no_button_that_removes_it() -> None:
    page = open_page("data")
    assert "data.remove" not in [found.key for found in page.button]
