"""Add your own pictures: a zip of folders becomes a data set, while the page goes on."""

from contextlib import closing
from pathlib import PurePath

import streamlit as st

from mnist_core.config.texts import fitted, in_one_line
from mnist_core.data.adding import TEST_SHARES, Reading, Wish, add
from mnist_core.data.own import MOST_CLASSES, MOST_TITLE, SIDES, about
from mnist_core.data.zipped import MOST_ZIPPED
from mnist_core.errors import DataError, MnistLabError
from mnist_core.runs.limits import check_disk
from pages.ui import forms
from pages.ui.actions import PROBLEM, forget_problem, reported, start_button
from pages.ui.data import samples
from pages.ui.fragments import fragment
from pages.ui.state import in_background
from pages.ui.user import user
from pages.ui.words import literal

POLL = 0.5  # seconds between two looks at how far it is
ADDING = "data.adding"  # session key: the zip that is read now
COUNT = "data.added"  # session key: how many were added: each leaves an empty form
COLOURS = {False: "Grey", True: "Colour"}


class Adding:
    """A zip that becomes a data set in a thread of its own."""

    def __init__(self, data: bytes, zip_name: str, wish: Wish) -> None:
        self.zip_name = zip_name
        self.reading = Reading(0, 0)
        self.stopped = False
        self.name = in_background(lambda: self._add(data, wish), "add pictures")

    def __repr__(self) -> str:
        return f"Adding({self.zip_name!r})"

    def _add(self, data: bytes, wish: Wish) -> str | None:
        """The data set's name; None if it was stopped before."""
        with closing(add(data, self.zip_name, wish)) as steps:
            while not self.stopped:
                try:
                    self.reading = next(steps)
                except StopIteration as end:
                    name: str = end.value
                    return name
        return None


def take_added() -> None:
    """Show what was added once it is there, and say why something could not be."""
    adding: Adding | None = st.session_state.get(ADDING)
    if adding is None or not adding.name.done():
        return
    del st.session_state[ADDING]
    try:
        name = adding.name.result()
    except MnistLabError as error:
        st.session_state[PROBLEM] = str(error)
        return
    if name is None:
        return
    st.session_state[COUNT] = st.session_state.get(COUNT, 0) + 1
    st.session_state[samples.key("dataset")] = name
    st.session_state.pop(samples.REMOVED, None)
    st.toast(f"{literal(adding.zip_name)} is a data set now.", icon=":material/check:")


def add_your_own() -> None:
    """The form, and how far the zip is that was given."""
    with st.expander(
        "Add your own pictures",
        expanded=ADDING in st.session_state,
        icon=":material/add_photo_alternate:",
        key=_key("open"),
        on_change="rerun",  # else it closes when a message comes in above it
    ):
        _form()
        if ADDING in st.session_state:
            fragment(_progress, POLL)()
        else:
            start_button("Add them", "own", _start, icon=":material/add:", width="stretch")


def _key(name: str) -> str:
    return f"data.add.{name}.{st.session_state.get(COUNT, 0)}"


def _form() -> None:
    st.caption(
        f"A zip with a folder of pictures for each class, 2 to {MOST_CLASSES}: the folder's name "
        "is the class. They are kept on this machine alone."
    )
    st.file_uploader(
        f"Zip, up to {MOST_ZIPPED // 2**20} MB",
        type="zip",
        max_upload_size=MOST_ZIPPED // 2**20,
        key=_key("zip"),
        on_change=forget_problem,
    )
    usual = Wish("usual")
    st.text_input(
        "Name", key=_key("title"), max_chars=MOST_TITLE, placeholder="as the zip is called"
    )
    low, high = SIDES
    st.number_input(
        "Side in pixels",
        *(low, high, usual.side),
        key=_key("side"),
        help=f"All pictures become squares of this size, {low} to {high}. Each is seen whole: what "
        "is left over has the colour of its border. MNIST has 28.",
    )
    forms.switch("Colours", COLOURS, usual.colour, _key("colour"))
    low_share, high_share = (round(100 * share) for share in TEST_SHARES)
    st.slider(
        "Held out as the test set",
        *(low_share, high_share, round(100 * usual.test_share)),
        format="%d %%",
        key=_key("share"),
        help="Of each class, always the same pictures. No network learns from them.",
    )


def _start() -> None:
    said = {name: st.session_state[_key(name)] for name in ("zip", "title", "side", "share")}
    if said["zip"] is None:
        raise DataError("Choose a zip first; then add it.")
    check_disk(user())
    zip_name = in_one_line(fitted(said["zip"].name, 2 * MOST_TITLE))
    title = said["title"].strip() or fitted(PurePath(zip_name).stem, MOST_TITLE)
    colour = st.session_state[_key("colour")]
    wish = Wish(title, said["side"], colour, said["share"] / 100)
    st.session_state[ADDING] = Adding(said["zip"].getvalue(), zip_name, wish)


@reported
def _stop() -> None:
    if ADDING in st.session_state:
        st.session_state[ADDING].stopped = True


def _progress() -> None:
    adding: Adding | None = st.session_state.get(ADDING)
    if adding is None or adding.name.done():
        st.rerun()
    done, total = adding.reading.done, adding.reading.total
    text = f"Reading {literal(adding.zip_name)}: {done:,} of {total:,} files"
    st.progress(done / total if total else 0.0, text=text)
    st.button("Cancel", key="data.add.stop", icon=":material/close:", on_click=_stop)


def origin(name: str) -> None:
    """Where a data set of one's own is from, and what of its zip was not taken."""
    known = about(name)
    if known is None:
        return
    files = known.refused
    st.caption(
        f"From {literal(known.zip_name)}"
        + (f"; {len(files):,} of its files could not be taken." if files else ".")
    )
    if files:
        with st.expander("Which, and why"):
            rows = [{"File": r.file, "Why it was not taken": r.reason} for r in files]
            st.dataframe(rows, hide_index=True, height="content" if len(rows) < 6 else 240)
