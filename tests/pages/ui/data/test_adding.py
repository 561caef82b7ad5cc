"""The form for pictures of one's own: in the wrong order, twice, cancelled, refused."""

import threading
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from mnist_core.data import adding
from mnist_core.data.fitting import fitted_picture
from mnist_core.data.own import about, own_titles
from pages.ui.data.adding import ADDING
from pages.ui.state import Backend
from pages.ui.words import literal
from tests.helpers.pages import button, open_page, pictures, said, wait_for
from tests.helpers.waiting import PATIENCE, wait_until
from tests.helpers.zips import add_zip, digit_files, zip_of

PETS = {**digit_files(6, (3, 7)), "3/note.txt": b"hello"}


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Reading a zip waits for this event at each of its pictures."""
    may_read = threading.Event()

    def slowly(*args: object) -> object:
        may_read.wait(PATIENCE)
        return fitted_picture(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(adding, "EVERY", 1)
    monkeypatch.setattr(adding, "fitted_picture", slowly)
    yield may_read
    may_read.set()


def given(data: bytes, name: str = "pets.zip") -> AppTest:
    """The Data page with a zip in its form."""
    page = open_page("data")
    page.file_uploader(key="data.add.zip.0").upload(name, data).run()
    return page


def test_a_zip_becomes_a_data_set_that_is_shown(app: Backend) -> None:
    page = given(zip_of(PETS))
    button(page, "Add them").click()
    wait_for(page, lambda shown: own_titles() and ADDING not in shown.session_state)
    (name,) = own_titles()
    assert page.selectbox(key="data.dataset").value == name
    assert page.selectbox(key="data.dataset").options[-1] == "pets (your own)"
    assert "**10 pictures to learn from, 2 to test with**, 28 × 28 pixels, 2 classes." in said(page)
    assert "From pets\\.zip; 1 of its files could not be taken." in said(page)
    (refused,) = page.dataframe[0].value.to_dict("records")
    assert refused["File"] == "3/note.txt"
    assert "cannot be read" in refused["Why it was not taken"]
    assert pictures(page).count("<img alt='3'") == pictures(page).count("<img alt='7'") == 5
    assert page.query_params["dataset"] == name
    assert page.file_uploader(key="data.add.zip.1").value is None, "the form is empty again"
    assert page.text_input(key="data.add.title.1").value == ""


def test_the_form_says_what_is_missing_and_keeps_what_was_typed(app: Backend) -> None:
    page = open_page("data")
    page.text_input(key="data.add.title.0").set_value("Pets")
    button(page, "Add them").click().run()
    assert page.error[0].value == literal("Choose a zip first; then add it.")
    assert page.text_input(key="data.add.title.0").value == "Pets"
    page.file_uploader(key="data.add.zip.0").upload("pets.zip", b"none").run()
    button(page, "Add them").click()
    wait_for(page, lambda shown: shown.error and ADDING not in shown.session_state)
    assert "pets\\.zip cannot be read as a zip" in page.error[0].value
    page.file_uploader(key="data.add.zip.0").upload("pets.zip", zip_of(PETS)).run()
    assert not page.error, "it was said of another zip"
    page.number_input(key="data.add.side.0").set_value(12)
    page.segmented_control(key="data.add.colour.0").set_value(True)
    page.slider(key="data.add.share.0").set_value(50)
    button(page, "Add them").click()
    wait_for(page, lambda shown: own_titles() and ADDING not in shown.session_state)
    assert not page.error
    (name,) = own_titles()
    found = about(name)
    assert found is not None
    assert (found.title, found.side, found.colour) == ("Pets", 12, True)
    assert "**6 pictures to learn from, 6 to test with**" in said(page)


def test_a_second_click_starts_nothing(app: Backend, held: threading.Event) -> None:
    page = given(zip_of(PETS))
    add = button(page, "Add them")
    add.click().run()
    before = page.session_state[ADDING]
    add.click().run()  # on what the browser still shows
    assert page.session_state[ADDING] is before
    assert "Add them" not in [found.label for found in page.button]
    held.set()
    wait_for(page, lambda shown: ADDING not in shown.session_state)
    assert [*own_titles().values()] == ["pets"]
    assert not page.error


def test_a_zip_is_cancelled_and_nothing_is_left(app: Backend, held: threading.Event) -> None:
    page = given(zip_of(PETS))
    button(page, "Add them").click().run()
    work = page.session_state[ADDING]
    page.button(key="data.add.stop").click().run()
    held.set()
    wait_until(work.name.done, "it has stopped")
    wait_for(page, lambda shown: ADDING not in shown.session_state)
    assert own_titles() == {}
    assert button(page, "Add them"), "it can be tried again"


def test_what_was_removed_is_gone_until_it_is_added_again(app: Backend) -> None:
    name = add_zip(zip_of(PETS), "pets")
    page = open_page("data", dataset=name)
    page.button(key="data.remove").click().run()
    assert not page.exception
    assert "add its zip again" in page.info[0].value
    assert page.selectbox(key="data.dataset").options[-1] == f"{name} (not on this machine)"
    assert own_titles() == {}
    page.file_uploader(key="data.add.zip.0").upload("pets.zip", zip_of(PETS)).run()
    button(page, "Add them").click()
    wait_for(page, lambda shown: ADDING not in shown.session_state)
    assert [*own_titles()] == [name]
    assert "**10 pictures to learn from" in said(page)


def test_train_is_filled_with_it_and_refuses_one_that_is_gone(app: Backend) -> None:
    name = add_zip(zip_of(PETS), "pets")
    page = open_page("data", dataset=name)
    button(page, "Train with these").click().run()
    assert page.session_state["train.dataset"] == name
    page = wait_for(open_page("train", dataset="own:gone-01234567"), lambda shown: shown.error)
    assert "is not on this machine" in page.error[0].value  # at the field
    assert button(page, "Start training").disabled  # type: ignore[attr-defined]
    assert app.store.newest() == []
