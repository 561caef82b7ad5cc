"""What a network gets wrong: what it reads as what, its worst mistakes, and how sure it may be."""

import math

import numpy as np
import streamlit as st

from mnist_core.charts.answers import calibration_chart, confusion_chart
from mnist_core.insight.answers import (
    Answers,
    Calibration,
    Indices,
    calibration,
    class_scores,
)
from mnist_core.insight.parts import Pictures
from pages.ui import forms
from pages.ui.learnt import mistake, summary
from pages.ui.looked import Looked
from pages.ui.pictures import row
from pages.ui.words import literal, percent

SHOWN, READ = "inside.shown", "inside.read"  # widget keys: which cell of the matrix is looked at
CHART = "inside.confusion"
PAGE = 20  # pictures at once


def show(looked: Looked) -> None:
    pictures, answers = looked.pictures, looked.answers
    classes = pictures.classes
    st.markdown(summary(answers, classes, looked.said))
    matrix, cell = st.columns([1.15, 1], gap="large")
    with cell:
        with st.container(horizontal=True):
            shown = _class("Shown", SHOWN, classes)
            read = _class("Read as", READ, classes)
        rows, what = _chosen(answers, classes, shown, read)
        st.markdown(what)
        _pictures(pictures, answers, rows)
    with matrix:
        chosen = (shown, read) if shown is not None and read is not None else None
        st.plotly_chart(
            confusion_chart(answers.confusion, classes, chosen),
            key=CHART,
            on_select=_click,
            selection_mode="points",
            alt=_matrix_in_words(answers, classes),
            config={"displayModeBar": False},
        )
        st.caption("Click a cell, and those pictures are shown beside it.")
    scores, sure = st.columns([1.15, 1], gap="large")
    with scores:
        _table(answers, classes)
    with sure:
        _calibration(answers)


def _class(label: str, key: str, classes: tuple[str, ...]) -> int | None:
    """A class, or None for any."""
    chosen = forms.one_or_all(label, classes, key, "any")
    return classes.index(chosen) if chosen else None


def _click() -> None:
    """A cell of the matrix was clicked; a click on nothing shows all mistakes again."""
    points = st.session_state[CHART].selection.points
    for axis, key in (("y", SHOWN), ("x", READ)):
        st.session_state[key] = points[0][axis] if points else forms.EVERYTHING


def _chosen(
    answers: Answers, classes: tuple[str, ...], shown: int | None, read: int | None
) -> tuple[Indices, str]:
    """The rows to look at, and what they are."""
    if shown is not None and read is not None:
        rows = answers.cell(shown, read)
        a, b = literal(classes[shown]), literal(classes[read])
        if shown == read:
            return rows[::-1], f"**{a}, read right**: {len(rows):,}, the least sure first"
        return rows, f"**{a}, read as {b}**: {len(rows):,}, the surest first"
    rows = answers.mistakes()
    if shown is not None:
        rows = rows[answers.labels[rows] == shown]
        return rows, f"**{literal(classes[shown])}, misread**: {len(rows):,}, the surest first"
    if read is not None:
        rows = rows[answers.answers[rows] == read]
        what = f"**Wrongly read as {literal(classes[read])}**"
        return rows, f"{what}: {len(rows):,}, the surest first"
    return rows, f"**Its worst mistakes**: all {len(rows):,}, the surest first"


def _pictures(pictures: Pictures, answers: Answers, rows: Indices) -> None:
    """Some of them at once, each with what it is, what it was taken for and how surely."""
    if not len(rows):
        st.caption("None.")
        return
    pages = math.ceil(len(rows) / PAGE)
    which = 1
    if pages > 1:
        # A list of another length is another list, which begins at its first page.
        which = st.pagination(pages, key=f"inside.page.{len(rows)}.{rows[0]}")
    shown = rows[(which - 1) * PAGE : which * PAGE]
    st.html(row([mistake(pictures, answers, i) for i in shown]))


def _matrix_in_words(answers: Answers, classes: tuple[str, ...]) -> str:
    """What the matrix says, for those who cannot see it."""
    wrong = answers.confusion - np.diag(answers.confusion.diagonal())
    order = np.argsort(-wrong, axis=None, kind="stable")[:5]
    pairs = [divmod(int(place), len(classes)) for place in order]
    said = [f"{classes[t]} as {classes[a]} {wrong[t, a]}" for t, a in pairs if wrong[t, a]]
    return "How many pictures of each class were read as which; most often: " + (
        ", ".join(said) or "no mistake"
    )


def _table(answers: Answers, classes: tuple[str, ...]) -> None:
    st.markdown("**Class by class**")
    scores = class_scores(answers.confusion)
    st.dataframe(
        {
            "Class": list(classes),
            "Pictures": [score.count for score in scores],
            "Read right": [100 * score.recall for score in scores],
            "Right when it says so": [100 * score.precision for score in scores],
        },
        hide_index=True,
        column_config={
            "Read right": st.column_config.NumberColumn(
                format="%.1f %%",
                help="Recall: of the pictures of this class, the share that is read as it.",
            ),
            "Right when it says so": st.column_config.NumberColumn(
                format="%.1f %%",
                help="Precision: of the pictures that are read as this class, the share that is.",
            ),
        },
        height="content" if len(classes) <= 20 else 400,
        key="inside.classes",
    )


def _calibration(answers: Answers) -> None:
    found = calibration(answers)
    st.plotly_chart(
        calibration_chart([(b.count, b.confidence, b.accuracy) for b in found.bins]),
        key="inside.calibration",
        alt=calibration_in_words(found),
        config={"displayModeBar": False},
    )
    st.caption(calibration_in_words(found))


def calibration_in_words(found: Calibration) -> str:
    """Whether the network is as often right as it is sure."""
    total = sum(b.count for b in found.bins)
    sure = sum(b.count * b.confidence for b in found.bins) / total
    right = sum(b.count * b.accuracy for b in found.bins) / total
    said = (
        f"On average it is {percent(sure, 1)} sure and {percent(right, 1)} right; the two differ "
        f"by {100 * found.error:.1f} points (expected calibration error)"
    )
    if found.error <= found.chance:
        return f"{said}, no more than chance makes of {total:,} pictures."
    kind = "too sure of itself" if sure > right else "less sure than it could be"
    return f"{said}: it is {kind}."
