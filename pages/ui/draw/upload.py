"""Upload: a photo or a scan of a digit, read in the same way as a drawing."""

import streamlit as st

from mnist_core.drawing.opening import ENDINGS, MOST_BYTES
from mnist_core.drawing.scans import prepare_image
from mnist_core.reading.predict import Predictor
from pages.ui.draw.answer import answer
from pages.ui.pictures import picture, row


def upload(reader: Predictor) -> None:
    file = st.file_uploader(
        "A picture of one digit, up to 10 MB, dark on light or light on dark",
        type=list(ENDINGS),
        max_upload_size=MOST_BYTES // 2**20,
        key="upload",
    )
    if file is None:
        return
    steps = prepare_image(file.getvalue())  # its errors say what is wrong with the file
    if steps.empty:
        st.warning("Nothing is written on this picture, as far as I can see.")
        return
    answer(reader(steps.image))
    st.html(row([picture(steps.ink, "The largest writing"), picture(steps.box, "Fitted")]))
