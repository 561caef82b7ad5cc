"""Without a hidden layer: ten weighted sums and softmax, and how far that leads."""

import streamlit as st

from mnist_core.charts.base import ACCENT
from mnist_core.charts.courses import Line, epochs_chart
from mnist_core.learn.claims import chance, rises
from mnist_core.learn.course import Course, Plan, parameters
from mnist_core.learn.digits import digits
from pages.ui.learn.choose import title
from pages.ui.learn.live import Courses, heard, live, points, progress
from pages.ui.pictures import picture, row, signed
from pages.ui.words import percent

PLAN = Plan(hidden=(), activation="none", rate=0.5, batch=100, epochs=40, count=4000)


def show() -> None:
    title("linear")
    st.markdown(
        "The simplest network adds up, for each of the ten digits, all 784 pixels, each times a "
        "weight, and a bias. Softmax makes shares of the ten sums; the largest is the answer. "
        "This is called logistic regression."
    )
    live("linear", {"No hidden layer": PLAN}, _draw)
    st.markdown(
        "**Each picture is a template.** Where it is blue, ink speaks for the digit; where it is "
        "orange, against it; where it is dark, it does not matter. The sum is how well the picture "
        "fits. There is one template for all sevens, with a bar and without, upright and slanted. "
        "That is the ceiling of this network: it needs parts that answer to some sevens only. "
        "The next chapter adds them."
    )


def _draw(courses: Courses) -> None:
    (course,) = courses.values()
    left, right = st.columns([3, 2], gap="medium")
    with left:
        train = [point.train_accuracy for point in course.points]
        val = [point.val_accuracy for point in course.points]
        lines = [
            Line("validation", val, ACCENT),
            Line("training", train, ACCENT, dashed=True),
        ]
        st.plotly_chart(
            epochs_chart(lines, "Accuracy after each epoch", "read right", PLAN.epochs, height=260),
            key="learn.linear.chart",
            alt=heard(courses),
        )
    with right:
        st.markdown(progress(courses))
        if course.epoch:
            st.markdown(
                f"It reads {percent(train[-1], 1)} of the {PLAN.count:,} digits that it learns "
                f"from, and {percent(val[-1], 1)} of {len(digits()[1]):,} others (validation); "
                f"untrained it was {percent(val[0], 1)}."
            )
            st.markdown(ceiling(course))
        (weight, bias), *_ = course.network.layers
        st.caption(
            f"{weight.shape[0]} × {weight.shape[1]} weights + {len(bias)} biases = "
            f"{parameters(course.network):,} parameters."
        )
    st.html(
        row(
            [
                picture(signed(weights.reshape(28, 28)), str(digit), 70, f"weights of {digit}")
                for digit, weights in enumerate(weight)
            ]
        )
    )


def ceiling(course: Course) -> str:
    """Whether validation still rises, in a sentence; it is asked after a quarter of the epochs."""
    since = course.epoch // 2
    if course.epoch < PLAN.epochs // 4:
        return "Both still rise." if min(rises(course.points, 0)) > 0 else ""
    train, val = rises(course.points, since)
    noise = chance(course.points[-1].val_accuracy, len(digits()[1]))
    said = (
        f"From epoch {since} to {course.epoch} training changed by {points(train)} points, "
        f"validation by {points(val)}. With other pictures to validate with, chance alone would "
        f"move it by about ±{100 * noise:.1f} points"
    )
    if val < noise and train > noise:
        return f"{said}: **validation has stopped rising, training goes on.**"
    return f"{said}."
