"""The Draw page with AppTest; drawing itself is tested in a real browser."""

from pages.ui.state import Backend
from tests.pages.conftest import button, ended, open_page, wait_for


def test_without_a_model_one_button_trains_one(app: Backend) -> None:
    page = open_page("draw")
    assert not page.exception
    button(page, "Train the tutorial's model").click()
    wait_for(page, ended(app))
    page.run()
    assert not page.exception
    (model,) = [box for box in page.selectbox if box.label == "Model"]
    assert "test" in model.options[0]
    assert any("Draw a digit" in text.value for text in page.markdown)
