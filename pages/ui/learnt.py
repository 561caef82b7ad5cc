"""What a run that has ended gets wrong, in a sentence and a few pictures."""

import streamlit as st

from mnist_core.errors import DataError, MnistLabError
from mnist_core.insight.answers import Answers, most_confused
from mnist_core.insight.parts import Pictures
from mnist_core.runs.records import Run
from pages.ui.looked import Looked, thumbnail
from pages.ui.pictures import row
from pages.ui.state import select_run
from pages.ui.words import literal, percent

WORST = 10  # mistakes shown


def summary(answers: Answers, classes: tuple[str, ...], said: str) -> str:
    """How much of the pictures is read right, and what is confused most, in Markdown."""
    right, count = int(answers.right.sum()), len(answers.labels)
    text = (
        f"**{right:,} of {count:,} {said} are read right** ({percent(right / count, 1)}), "
        f"{count - right:,} wrong."
    )
    if (worst := most_confused(answers.confusion)) is not None:
        truth, answer, times = worst
        how_often = "once" if times == 1 else "twice" if times == 2 else f"{times:,} times"
        text += (
            f" Most often **{literal(classes[truth])}** is read as **{literal(classes[answer])}**: "
            f"{how_often}."
        )
    return text


def mistake(pictures: Pictures, answers: Answers, place: int) -> str:
    """A picture with what it shows, what it is read as if that is not it, and how surely."""
    truth, answer = (pictures.classes[which[place]] for which in (pictures.labels, answers.answers))
    said = truth if truth == answer else f"{truth} → {answer}"
    return thumbnail(
        pictures.images[place],
        f"{said}, {percent(float(answers.confidence[place]), 0)}",
        label=f"picture {pictures.numbers[place]}: {truth}, read as {answer}",
    )


def show(run: Run) -> None:
    """What it gets wrong among its validation pictures, and the way to look closer."""
    if not run.ready or run.state == "diverged":
        return
    looked = Looked(run, "validation")
    try:
        pictures, answers = looked.pictures, looked.answers
    except DataError as error:
        st.caption(literal(str(error)))
        return
    except MnistLabError as error:  # its network cannot be read; what else there is to say remains
        st.error(literal(str(error)), icon=":material/error:")
        return
    st.markdown(summary(answers, pictures.classes, looked.said))
    rows = answers.mistakes()[:WORST]
    st.html(row([mistake(pictures, answers, place) for place in rows]))
    if st.button(
        "Look inside",
        key=f"inside-{run.id}",
        icon=":material/search:",
        help="All it confuses, its hidden units, a map of what it sees, how it learnt.",
    ):
        select_run(run.id)
        st.switch_page("pages/inside.py")
