"""What the page's address says, and what a session has put there: links, Back and Forward."""

import streamlit as st

FILTER = "filter"  # query parameter: which runs are listed
VIEW, PART = "view", "part"  # query parameters: what of a run is looked into, on which pictures
SECOND = "second"  # query parameter: the network that reads next to another on Draw
IN_ADDRESS = ("run", "runs", FILTER, SECOND)
ADDRESS = "address."  # session keys: what the address said since the browser last showed it
SAID = "address.new."  # session keys: what it says that was not written here


def read_address() -> None:
    """At the beginning of a page: what of its address did this session not write?"""
    for name in IN_ADDRESS:
        if not _seen_by_browser(name):
            said, opened = st.query_params.get(name, ""), ADDRESS + name not in st.session_state
            st.session_state[ADDRESS + name] = [said]
            if said or not opened:
                st.session_state[SAID + name] = said


def acknowledge_address() -> None:
    """At a poll: what was written before the address that the browser shows is past."""
    for name in IN_ADDRESS:
        _seen_by_browser(name)


def _seen_by_browser(name: str) -> bool:
    """Whether the browser shows one of the values that were written last; forgets older ones.

    A rerun that was asked for before the browser had the latest comes with one before it. Without
    that, who clicks twice in a row would be thrown back to the first click.
    """
    said, known = st.query_params.get(name, ""), st.session_state.get(ADDRESS + name, [])
    if said in known:
        st.session_state[ADDRESS + name] = known[known.index(said) :]
    return said in known


def in_address(name: str) -> str | None:
    """What a link, or Back and Forward, put there since the last look; else None."""
    said: str | None = st.session_state.pop(SAID + name, None)
    return said


def write_address(name: str, value: str) -> None:
    """Let the page's address carry this; an empty value leaves it out. Not for callbacks."""
    known = st.session_state.get(ADDRESS + name) or [st.query_params.get(name, "")]
    st.session_state[ADDRESS + name] = known if known[-1] == value else [*known, value]
    keep_in_address(name, value)


def keep_in_address(name: str, value: str) -> None:
    """Let the page's address carry what a session begins with; an empty value leaves it out."""
    if st.query_params.get(name, "") != value:
        if value:
            st.query_params[name] = value
        else:
            del st.query_params[name]
