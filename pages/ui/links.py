"""A form and the page's address: what a link fills in, and what a copy of it says."""

from collections.abc import Callable, Collection, Mapping

import streamlit as st

from mnist_core.config.fields import FIELDS
from mnist_core.config.share import EXPLORE, from_query, to_query
from mnist_core.config.train import TrainConfig
from pages.ui.forms import fill, widget_key
from pages.ui.words import literal


def open_link(prefix: str) -> None:
    """Fill the form from the page's address, once a session, and say what could not be taken."""

    def take() -> list[str]:
        query = {name: st.query_params[name] for name in FIELDS if name in st.query_params}
        config, notes = from_query(query)
        if query:
            fill(prefix, config)
        return notes

    take_once(prefix, take)


def take_once(prefix: str, take: Callable[[], list[str]]) -> None:
    """``take`` what an address holds into a form, once a session; show what it says of it."""
    notes_key = widget_key(prefix, "notes")
    if notes_key not in st.session_state:
        st.session_state[notes_key] = take()
    for note in st.session_state[notes_key]:
        show_note(note)


def choose(name: str, key: str, known: Collection[str]) -> list[str]:
    """Choose for a widget what the address says under ``name``; what is to be said of it."""
    said = st.query_params.get(name)
    if said is None:
        return []
    if said not in known:
        return [f"{name}: there is no {said!r}, but {', '.join(known)}."]
    st.session_state[key] = said
    return []


def show_note(note: str) -> None:
    """What of a link could not be taken."""
    st.warning(f"From the link: {literal(note)}", icon=":material/link:")


def keep_link(config: TrainConfig) -> None:
    """Let the page's address carry the configuration."""
    put_into_link(to_query(config))


def put_into_link(values: Mapping[str, str], also: Collection[str] = ()) -> None:
    """Let the page's address carry these, and none other of a form's fields.

    ``also`` are the names of a page's fields that are no hyperparameters.
    """
    owned = {*FIELDS, *also}
    known = st.query_params.items()
    others = {k: v for k, v in known if k not in owned and not k.startswith(EXPLORE)}
    wanted = others | dict(values)
    if wanted != st.query_params.to_dict():
        st.query_params.from_dict(wanted)
