"""The form of a run's settings."""

import pytest
from streamlit.testing.v1 import AppTest

CPU, APPLE = ("cpu", "CPU, 8 cores"), ("mps", "Apple GPU")


def form(devices: list[tuple[str, str]], **settings: object) -> None:
    import streamlit as st

    from pages.ui.forms import config_form, widget_key

    for name, value in settings.items():
        st.session_state.setdefault(widget_key("test", name), value)
    config_form("test", devices)


@pytest.mark.parametrize(
    ("devices", "settings", "said"),
    [
        ([CPU], {}, []),
        ([APPLE, CPU], {"hidden_sizes": "2000"}, ["Automatic is: Apple GPU."]),
        ([APPLE, CPU], {}, ["Automatic is: CPU, 8 cores. A network of this size trains faster"]),
        ([APPLE, CPU], {"device": "mps"}, []),
        # The same network has four times the work with pictures in colour.
        ([APPLE, CPU], {"hidden_sizes": "300", "dataset": "cifar10"}, ["Automatic is: Apple GPU."]),
    ],
)
def test_the_form_says_what_automatic_is_and_why(
    devices: list[tuple[str, str]], settings: dict[str, object], said: list[str]
) -> None:
    page = AppTest.from_function(form, kwargs={"devices": devices, **settings}).run()
    assert not page.exception
    found = [caption.value for caption in page.caption if "Automatic is" in caption.value]
    assert len(found) == len(said)
    assert all(text.startswith(start) for text, start in zip(found, said, strict=True))


def test_what_stands_for_everything_is_told_apart_from_a_class_of_that_name() -> None:
    def form() -> None:
        import streamlit as st

        from pages.ui import forms

        st.write(repr(forms.one_or_all("Show", ("all", "all of them", "cat"), "show", "all")))

    page = AppTest.from_function(form).run()
    (choices,) = page.selectbox
    assert len(set(choices.options)) == 4
    assert page.markdown[0].value == "''"
    page.selectbox(key="show").set_value("all").run()
    assert page.markdown[0].value == "'all'"
    other = AppTest.from_function(form)
    other.session_state["show"] = "a class of another data set"
    assert other.run().markdown[0].value == "''"
