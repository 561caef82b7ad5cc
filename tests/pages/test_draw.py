"""The Draw page with AppTest; drawing itself is tested in a real browser."""

from streamlit.testing.v1 import AppTest

from pages.ui.draw.models import SHIPPED
from pages.ui.state import Backend
from tests.helpers.pages import button, open_page, wait_for


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


def html(page: AppTest) -> list[str]:
    return [element.proto.body for element in page.get("html")]
