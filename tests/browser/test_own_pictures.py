"""Pictures of one's own in a real browser: from a zip to a network, and what Draw says of it."""

import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.helpers.browser import arrive, go_to, settle
from tests.helpers.zips import digit_files, zip_of


@pytest.mark.own_workers  # they find the pictures in this app's home
def test_a_zip_trains_a_network_that_draw_says_reads_no_digits(page: Page) -> None:
    arrive(page, "Data")
    page.get_by_text("Add your own pictures").click()
    named = {"3": "three", "7": "seven"}
    files = {named[path[0]] + path[1:]: png for path, png in digit_files(40, (3, 7)).items()}
    data = zip_of({**files, "three/x.png": b"no picture"})
    zipped: FilePayload = {"name": "pair.zip", "mimeType": "application/zip", "buffer": data}
    page.locator("input[type=file]").set_input_files(files=[zipped])
    expect(page.get_by_text("pair.zip")).to_be_visible()
    settle(page)
    page.get_by_role("button", name="Add them").dblclick()
    expect(page.get_by_text("68 pictures to learn from, 12 to test with")).to_be_visible()
    expect(page.get_by_text("From pair.zip; 1 of its files could not be taken.")).to_be_visible()
    expect(page.get_by_role("button", name="Add them")).to_be_hidden()
    settle(page)

    page.get_by_role("button", name="Train with these").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Train")
    page.get_by_label("Epochs", exact=True).fill("1")
    page.get_by_label("Epochs", exact=True).press("Enter")
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_text("Completed")).to_be_visible()
    expect(page.get_by_text("of 13 validation pictures are read right")).to_be_visible()
    settle(page)
    expect(page.get_by_role("button", name="Draw digits for it")).to_be_hidden()

    go_to(page, "Draw")
    expect(page.get_by_text("does not read digits.")).to_be_visible()
    expect(page.get_by_text("It learnt pair: its classes are seven, three.")).to_be_visible()
    expect(page.locator("canvas.upper-canvas")).to_be_visible()
