"""My digits: keep a drawing under its name, look through them, and teach them to a network."""

from pathlib import Path

import numpy as np
import streamlit as st

from mnist_core.drawing.my_digits import MOST_BYTES, MyDigit, MyDigits, as_arrays, parse_digits
from mnist_core.drawing.prepare import strokes_to_mnist
from mnist_core.drawing.strokes import as_strokes
from mnist_core.errors import DrawingError, MnistLabError
from mnist_core.runs.users import SERVER
from pages.ui.actions import PROBLEM, forget_problem, reported, show_problem, start_button
from pages.ui.download import download_button
from pages.ui.draw import canvas, models
from pages.ui.fragments import fragment
from pages.ui.pictures import DIGITS, picture
from pages.ui.state import backend, in_background, predictor
from pages.ui.user import mine, user
from pages.ui.words import literal, percent

PAGE = 24  # thumbnails at once
COLUMNS = 8
SCORED = 8  # runs whose reading of the set is shown, beside the chosen model's

KEPT = "digits.kept"  # how many drawings this session kept: each starts a new one on the canvas
LATEST = "digits.latest"  # (drawing, id) of the last one
POLL = 0.5  # seconds between two looks at an import
IMPORT = "digits.import"  # key of the file chooser
IMPORTING = "digits.importing"  # a file's name, and how many of its digits are new, when known
SAID = "digits.said"  # what a callback has to tell; callbacks cannot show anything themselves


def own() -> MyDigits:
    """The set of this session's user."""
    return MyDigits.of_user(user())


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
            own().delete(known)
        own().add(digit)
    except DrawingError as error:
        st.session_state[SAID] = str(error)
        return
    st.session_state[LATEST] = (drawing, digit.id)
    st.session_state[KEPT] = st.session_state.get(KEPT, 0) + 1
    canvas.open_empty()
    st.session_state[SAID] = f"Kept as a {label}. The next stroke starts a new drawing."


def label_buttons() -> None:
    """What was it? A button and a key for each digit."""
    if SAID in st.session_state:
        st.toast(literal(st.session_state.pop(SAID)))
    st.caption("What was it? Click it or press its key: the drawing is kept in **My digits**.")
    with st.container(horizontal=True, gap="xsmall", key="labels"):
        for digit in DIGITS:
            st.button(
                digit, key=f"label-{digit}", shortcut=digit, on_click=keep, args=(int(digit),)
            )


@st.cache_resource(max_entries=4, show_spinner=False)
def read(path: str, version: tuple[int, int]) -> tuple[MyDigit, ...]:
    """The digits of a file; read again when it was changed, not for each stroke."""
    return MyDigits(Path(path).parent).all()


def my_digits(model: str, runs: models.Readers) -> None:
    """The panel: what was kept, who reads it how well, and what can be done with it."""
    show_problem()
    kept = own()
    digits = read(str(kept.path), kept.version)
    if digits:
        _scores(kept, digits, model, runs)
        _teach(len(digits), model, runs)
        _thumbnails(digits)
    else:
        where = "here, on this computer" if user() == SERVER else "on the server, for you alone"
        st.info(f"None yet. Draw a digit and press its key: it is kept {where}.")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        download_button(
            "Export", kept.export, "my-digits.json", "application/json", disabled=not digits
        )
        st.file_uploader(
            "Import digits that were exported here or elsewhere",
            type="json",
            max_upload_size=MOST_BYTES // 2**20,
            key=IMPORT,
            on_change=_take_in,
            disabled=IMPORTING in st.session_state,
        )
    if IMPORTING in st.session_state:
        fragment(_reading, POLL)()


def _take_in() -> None:
    """Begin to import a file, once and beside the page: to read thousands of digits takes long."""
    file = st.session_state[IMPORT]
    forget_problem()
    if file is not None:
        data, name, kept = file.getvalue(), file.name, own()
        work = in_background(lambda: kept.add(*parse_digits(data, name)), "import digits")
        st.session_state[IMPORTING] = (name, work)


def _reading() -> None:
    """What becomes of the file that is imported."""
    name, work = st.session_state[IMPORTING]
    if not work.done():
        st.info(f"Reading {literal(name)} …", icon=":material/hourglass_top:")
        return
    del st.session_state[IMPORTING]
    try:
        new = work.result()
        st.session_state[SAID] = f"{new:,} digits imported." if new else "All are here already."
    except MnistLabError as error:
        st.session_state[PROBLEM] = str(error)
    st.rerun()


@st.cache_data(max_entries=500, show_spinner=False)
def _share_read(model: str, checkpoint: str, path: str, version: tuple[int, int]) -> float:
    """The share of the digits that a model reads right; ``checkpoint`` is empty for the app's."""
    images, labels = as_arrays(read(path, version))
    who = models.shipped() if model == models.SHIPPED else predictor(model, checkpoint)
    readings = who.read(images.reshape(-1, 28, 28))
    return float(np.mean([r.digit == y for r, y in zip(readings, labels, strict=True)]))


def _scores(kept: MyDigits, digits: tuple[MyDigit, ...], model: str, runs: models.Readers) -> None:
    """How well the chosen model and the newest read the set, next to their test accuracy."""
    newest = list(runs)[:SCORED]
    yours = "Your digit" if len(digits) == 1 else f"Your {len(digits)} digits"
    titles, rows = models.titles(runs), []
    for who in dict.fromkeys([model, models.SHIPPED, *newest]):
        checkpoint = "" if who == models.SHIPPED else runs[who].checkpoint
        right = _share_read(who, checkpoint, str(kept.path), kept.version)
        test = models.test_accuracy(who, runs)
        rows.append(
            {
                "Model": titles[who],
                yours: percent(right, 1),
                "Test set": "" if test is None else percent(test, 2),
            }
        )
    st.dataframe(rows, hide_index=True, height="content" if len(rows) < 6 else 240)
    if len(runs) > SCORED:
        st.caption(f"The newest {SCORED} of {len(runs)} runs; choose another as the model.")


def _start_teaching(model: str) -> None:
    from mnist_core.jobs.teaching import teach

    models.await_run(teach(backend().queue, model, own().all(), by=user()))


def _teach(count: int, model: str, runs: models.Readers) -> None:
    """Fine-tune the chosen run on the set, as a new run."""
    if model == models.SHIPPED or not mine(runs[model]):
        whose = "that was trained here" if user() == SERVER else "of yours"
        st.caption(f"Choose a run {whose} as the model, and you can teach it these.")
        return
    start_button(
        f"Teach {'it' if count == 1 else 'them'} to {literal(models.titles(runs)[model])}",
        "teach",
        _start_teaching,
        model,
        icon=":material/school:",
        help="A new run goes on from its weights, on these digits mixed with MNIST's, so that it "
        "learns your hand and forgets nothing. A few seconds; then you see what it gained.",
    )


def _thumbnails(digits: tuple[MyDigit, ...]) -> None:
    pages = -(-len(digits) // PAGE)
    page = st.pagination(pages, key="digits.page") if pages > 1 else 1
    newest = digits[::-1][(page - 1) * PAGE : page * PAGE]
    for first in range(0, len(newest), COLUMNS):
        for column, digit in zip(st.columns(COLUMNS), newest[first:], strict=False):
            with column:
                st.html(picture(digit.image, f"a {digit.label}", 56))
                st.button(
                    f"Delete this {digit.label}",  # heard, not seen, see frame.css
                    icon=":material/close:",
                    key=f"delete.{digit.id}",
                    help=f"Delete this {digit.label}",
                    on_click=reported(own().delete),
                    args=(digit.id,),
                    type="tertiary",
                )
