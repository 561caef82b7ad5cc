"""Learning by heart: few digits are learnt to the last one, and others are not read better."""

import streamlit as st

from mnist_core.charts.base import ACCENT, SECOND
from mnist_core.charts.courses import Line, epochs_chart
from mnist_core.learn.claims import best_epoch, gap
from mnist_core.learn.course import Course, Plan
from mnist_core.learn.digits import digits
from pages.ui import forms
from pages.ui.learn.choose import title
from pages.ui.learn.live import Courses, heard, live, progress
from pages.ui.words import percent

VIEWS = {"accuracy": "Accuracy", "loss": "Loss"}
EPOCHS, ALL = 20, 4000


def show() -> None:
    title("overfit")
    st.markdown(
        "A network with many weights can learn each of a few digits by heart. What counts is how "
        "it reads digits that it has never seen: solid lines. This is called **overfitting** when "
        "the dashed lines leave the solid ones behind."
    )
    with st.container(horizontal=True, gap="medium"):
        count = st.slider(
            "Digits to learn from",
            *(100, ALL, st.session_state.get("learn.overfit.count", 500), 100),
            key="learn.overfit.count",
            persist_state="session",
            width=220,
        )
        units = st.slider(
            "Hidden units",
            *(8, 128, st.session_state.get("learn.overfit.units", 128), 8),
            key="learn.overfit.units",
            persist_state="session",
            width=220,
        )
        view = forms.switch("Chart", VIEWS, "accuracy", "learn.overfit.view")
    plans = {
        f"{n:,} digits": Plan((units,), "relu", rate=0.5, batch=50, epochs=EPOCHS, count=n)
        for n in dict.fromkeys((count, ALL))
    }
    live("overfit", plans, lambda courses: _draw(courses, view))
    st.markdown(
        f"**Validation digits** ({len(digits()[1]):,} here) are never learnt from; by them one "
        "chooses when to stop, how many units to take, and all other settings. Whoever chooses by "
        "them has fitted these choices to them, so the final figure is measured once, at the very "
        "end, on a third part that nothing was chosen by: the **test set**."
    )


def _draw(courses: Courses, view: str) -> None:
    left, right = st.columns([3, 2], gap="medium")
    with left:
        lines = []
        for (name, course), colour in zip(courses.items(), (ACCENT, SECOND), strict=False):
            for part, said in (("val", "validation"), ("train", "training")):
                values = [getattr(point, f"{part}_{view}") for point in course.points]
                lines.append(Line(f"{name}, {said}", values, colour, dashed=part == "train"))
        first = next(iter(courses.values()))
        best = best_epoch(first.points)
        chart = epochs_chart(
            lines,
            f"{VIEWS[view]} after each epoch",
            "read right" if view == "accuracy" else "mean loss (nats)",
            EPOCHS,
            share=view == "accuracy",
            mark=(best, f"lowest validation loss, {first.plan.count:,} digits") if best else None,
            height=330,
        )
        st.plotly_chart(chart, key=f"learn.overfit.{view}", alt=heard(courses))
    with right:
        st.markdown(progress(courses))
        if first.epoch:
            for name, course in courses.items():
                st.markdown(in_words(name, course))


def in_words(name: str, course: Course) -> str:
    """Both accuracies, the gap between them, and when validation was best."""
    last, best = course.points[-1], best_epoch(course.points)
    lowest = course.points[best].val_loss
    said = (
        f"**{name}**: training {percent(last.train_accuracy, 1)}, validation "
        f"{percent(last.val_accuracy, 1)}: a gap of **{100 * gap(last):.1f} points**. The "
        f"validation loss was lowest ({lowest:.2f}) after epoch {best}"
    ).replace("-", "−")
    if best == course.epoch:
        return f"{said}, the last one so far."
    return f"{said}; now it is {last.val_loss:.2f}."
