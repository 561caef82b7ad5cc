"""Upload: a photo or a scan of a digit, read in the same way as a drawing."""

import streamlit as st

from mnist_core.drawing.opening import ENDINGS, MOST_BYTES
from mnist_core.drawing.scans import prepare_image
from mnist_core.reading.predict import Predictor
from pages.ui.draw.answer import answer
from pages.ui.pictures import picture, row


def upload(reader: Predictor) -> None:
    data = picture_file("A picture of one digit", "upload")
    if data is None:
        return
    steps = prepare_image(data)  # its errors say what is wrong with the file
    if steps.empty:
        nothing_written()
        return
    answer(reader(steps.image))
    st.html(row([picture(steps.ink, "The largest writing"), picture(steps.box, "Fitted")]))


def picture_file(what: str, key: str) -> bytes | None:
    """A picture's file of one's own, once it is chosen; ``what`` it is to show."""
    most = MOST_BYTES // 2**20
    file = st.file_uploader(
        f"{what}, up to {most} MB, dark on light or light on dark",
        type=list(ENDINGS),
        max_upload_size=most,
        key=key,
    )
    return None if file is None else file.getvalue()


def nothing_written() -> None:
    st.warning("Nothing is written on this picture, as far as I can see.")
