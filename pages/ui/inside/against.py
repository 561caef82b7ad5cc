"""Two runs on the same pictures: where they disagree, who is right, and whether it matters."""

import streamlit as st

from mnist_core.insight.agreement import Agreement, agreement, in_words
from mnist_core.insight.answers import Answers
from mnist_core.insight.parts import Pictures
from mnist_core.runs.records import Run
from pages.ui import forms
from pages.ui.inside.choose import NEWEST
from pages.ui.looked import Looked, thumbnail
from pages.ui.pictures import row
from pages.ui.state import backend
from pages.ui.words import literal, told_apart

OTHER = "inside.other"
SHOWN = 56  # pictures at once


def comparable(run: Run) -> list[Run]:
    """The other runs that were kept away from the same pictures, newest first."""
    alike = (run.config.dataset, run.config.val_fraction, run.data.get("source", ""))
    return [
        other
        for other in backend().watch.library()
        if other.ready
        and other.id != run.id
        and (other.config.dataset, other.config.val_fraction, other.data.get("source", "")) == alike
    ]


def show(looked: Looked) -> None:
    others = {run.id: run for run in comparable(looked.run)[:NEWEST]}
    if not others:
        st.info(
            "No other run has the same data set and validation share. Train one with another "
            "setting, and see here on which pictures the two differ."
        )
        return
    if st.session_state.get(OTHER) not in others:
        st.session_state[OTHER] = next(iter(others))
    labels = told_apart({run_id: run.name for run_id, run in others.items()})
    other_id = st.selectbox(
        "The other run",
        list(others),
        format_func=labels.__getitem__,
        key=OTHER,
        persist_state="session",
    )
    second = Looked(others[other_id], looked.part)
    pictures, mine, theirs = looked.pictures, looked.answers, second.answers
    found = agreement(mine, theirs)
    names = names_of(looked.run, others[other_id])
    st.markdown(literal(in_words(*names, found)))
    _groups(pictures, mine, theirs, found, names)


def names_of(first: Run, second: Run) -> tuple[str, str]:
    """What the two are called, each by another name."""
    if first.name != second.name:
        return first.name, second.name
    return f"{first.name} (this one)", f"{second.name} (the other)"


def _groups(
    pictures: Pictures, mine: Answers, theirs: Answers, found: Agreement, names: tuple[str, str]
) -> None:
    """The pictures on which they differ, by who is right."""
    groups = {
        "first": (f"Only {names[0]} is right", found.first_right),
        "second": (f"Only {names[1]} is right", found.second_right),
        "other": ("Both wrong, differently", found.other_mistakes),
        "same": ("Both wrong, the same answer", found.same_mistake),
    }
    titles = {key: f"{literal(title)} · {len(rows):,}" for key, (title, rows) in groups.items()}
    key = forms.switch("Pictures on which", titles, "first", "inside.group")
    rows = groups[key][1]
    st.caption(f"Both right: {len(found.both_right):,}.")
    classes = pictures.classes
    if not len(rows):
        st.caption("None.")
    st.html(
        row(
            [
                thumbnail(
                    pictures.images[i],
                    f"{classes[pictures.labels[i]]}: {classes[mine.answers[i]]} | "
                    f"{classes[theirs.answers[i]]}",
                )
                for i in rows[:SHOWN]
            ]
        )
    )
    if len(rows):
        more = f" The first {SHOWN} of {len(rows):,}." if len(rows) > SHOWN else ""
        st.caption(
            f"What it shows: what {literal(names[0])} reads | what {literal(names[1])} reads.{more}"
        )
