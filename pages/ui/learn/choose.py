"""Which chapter is read."""

from collections.abc import Collection

import streamlit as st

from pages.ui import links
from pages.ui.address import keep_in_address

CHAPTER = "chapter"  # query parameter
CHOSEN = "learn.chapter"  # widget key
DONE = ":material/check: Experiment done"
CHAPTERS = {
    "pixels": "1 · From pixels to numbers",
    "linear": "2 · Without a hidden layer",
    "hidden": "3 · A hidden layer",
    "loss": "4 · How wrong is it?",
    "step": "5 · One step of training",
    "rate": "6 · The learning rate",
    "batches": "7 · Batches and epochs",
    "overfit": "8 · Learning by heart",
    "functions": "9 · What it can compute",
    "device": "10 · The device",
    "further": "11 · What to try next",
}


def choose_chapter(done: Collection[str]) -> str:
    """The chapter that is read; the page's address carries it. ``done`` are marked as such."""
    links.take_once("learn", lambda: links.choose(CHAPTER, CHOSEN, CHAPTERS))
    chosen = st.radio(
        "Chapter",
        list(CHAPTERS),
        index=list(CHAPTERS).index(st.session_state.get(CHOSEN, next(iter(CHAPTERS)))),
        format_func=CHAPTERS.__getitem__,
        # Not in the labels: a browser names its choice by the label, so none may change.
        captions=[DONE if chapter in done else "" for chapter in CHAPTERS],
        key=CHOSEN,
        persist_state="session",
    )
    st.caption(f"{len(done)} of {len(CHAPTERS)} experiments done")
    keep_in_address(CHAPTER, chosen)
    return chosen


def title(chapter: str) -> None:
    """The chapter's heading."""
    st.subheader(CHAPTERS[chapter])


def lead_on(chapter: str) -> None:
    """The way to the next chapter."""
    names = list(CHAPTERS)
    place = names.index(chapter) + 1
    if place < len(names):

        def go() -> None:
            st.session_state[CHOSEN] = names[place]

        title = CHAPTERS[names[place]].split(" · ")[1]
        st.button(f"Next: {title}", icon=":material/arrow_forward:", on_click=go)
