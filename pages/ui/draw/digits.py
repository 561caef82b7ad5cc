"""My digits: keep a drawing under its name, look through them, and teach them to a network."""

import numpy as np
import streamlit as st

from mnist_core.drawing.my_digits import MOST_BYTES, MyDigit, MyDigits, as_tensors, parse_digits
from mnist_core.drawing.prepare import strokes_to_mnist
from mnist_core.drawing.strokes import as_strokes
from mnist_core.errors import DrawingError
from mnist_core.jobs.teaching import teach
from pages.ui.draw import canvas, models
from pages.ui.pictures import DIGITS, picture
from pages.ui.state import backend
from pages.ui.words import percent

PAGE = 24  # thumbnails at once
COLUMNS = 8

KEPT = "digits.kept"  # how many drawings this session kept: each starts a new one on the canvas
LATEST = "digits.latest"  # (drawing, id) of the last one
SAID = "digits.said"  # what a callback has to tell; callbacks cannot show anything themselves


def keep(label: int) -> None:
    """Keep the drawing on the canvas; said twice of the same drawing, the last word counts."""
    drawing = canvas.drawn()
    strokes = as_strokes(drawing)
    if not strokes:
        st.session_state[SAID] = "Draw a digit first, then say what it was."
        return
    digit = MyDigit.new(label, strokes_to_mnist(strokes), strokes)
    before, known = st.session_state.get(LATEST, (None, ""))
    try:
        if before == drawing:
            MyDigits().delete(known)
        MyDigits().add(digit)
    except DrawingError as error:
        st.session_state[SAID] = str(error)
        return
    st.session_state[LATEST] = (drawing, digit.id)
    st.session_state[KEPT] = st.session_state.get(KEPT, 0) + 1
    st.session_state[SAID] = f"Kept as a {label}. The next stroke starts a new drawing."


def label_buttons() -> None:
    """What was it? A button and a key for each digit."""
    if SAID in st.session_state:
        st.toast(st.session_state.pop(SAID))
    st.caption("What was it? Say it, and the drawing is kept in **My digits**.")
    with st.container(horizontal=True, gap="xsmall", key="labels"):
        for digit in DIGITS:
            st.button(
                digit, key=f"label.{digit}", shortcut=digit, on_click=keep, args=(int(digit),)
            )


def my_digits(model: str, runs: models.Readers) -> None:
    kept = MyDigits()
    digits = kept.all()
    if digits:
        _scores(digits, model, runs)
        _teach(digits, model, runs)
        _thumbnails(digits)
    else:
        st.info("None yet. Draw a digit and press its key: it is kept here, on this computer.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.download_button(
            "Export",
            kept.export,  # called for a click: a file of each rerun would be gone by then
            "my-digits.json",
            "application/json",
            icon=":material/download:",
            disabled=not digits,
            on_click="ignore",
        )
        file = st.file_uploader(
            "Import digits that were exported here or elsewhere",
            type="json",
            max_upload_size=MOST_BYTES // 2**20,
            key="digits.import",
        )
    # Digits that are there already are left out, so a rerun imports nothing twice.
    if file is not None and (new := kept.add(*parse_digits(file.getvalue(), file.name))):
        st.toast(f"{new} digits imported.")
        st.rerun(scope="fragment")


def _scores(digits: tuple[MyDigit, ...], model: str, runs: models.Readers) -> None:
    """How well every model reads the set, next to its test accuracy."""
    images, labels = as_tensors(digits)
    rows = []
    for who in dict.fromkeys([model, models.SHIPPED, *runs]):
        readings = models.reader(who, runs).read(images.numpy().reshape(-1, 28, 28))
        right = np.mean([r.digit == y for r, y in zip(readings, labels.tolist(), strict=True)])
        test = models.test_accuracy(who, runs)
        rows.append(
            {
                "Model": models.title(who, runs),
                f"Your {len(digits)} digits": percent(float(right), 1),
                "Test set": "" if test is None else percent(test, 2),
            }
        )
    st.dataframe(rows, hide_index=True, height="content" if len(rows) < 6 else 240)


def _teach(digits: tuple[MyDigit, ...], model: str, runs: models.Readers) -> None:
    """Fine-tune the chosen run on the set, as a new run."""
    if model == models.SHIPPED:
        st.caption("Choose a run that was trained here as the model, and you can teach it these.")
    elif st.button(
        f"Teach them to {models.title(model, runs)}",
        icon=":material/school:",
        help="A new run goes on from its weights, on these digits mixed with MNIST's, so that it "
        "learns your hand and forgets nothing. A few seconds; then you see what it gained.",
    ):
        models.await_run(teach(backend().queue, model, digits))
        st.rerun()


def _thumbnails(digits: tuple[MyDigit, ...]) -> None:
    pages = -(-len(digits) // PAGE)
    page = st.pagination(pages, key="digits.page") if pages > 1 else 1
    newest = digits[::-1][(page - 1) * PAGE : page * PAGE]
    for first in range(0, len(newest), COLUMNS):
        for column, digit in zip(st.columns(COLUMNS), newest[first:], strict=False):
            with column:
                st.html(picture(digit.image, f"a {digit.label}", 56))
                st.button(
                    "",
                    icon=":material/close:",
                    key=f"delete.{digit.id}",
                    help=f"Delete this {digit.label}",
                    on_click=MyDigits().delete,
                    args=(digit.id,),
                    type="tertiary",
                )
