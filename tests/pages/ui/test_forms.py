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
