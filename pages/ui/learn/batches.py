"""Batches and epochs: the same network with steps of few pictures and of many."""

import math

import streamlit as st

from mnist_core.charts.base import ACCENT, SECOND
from mnist_core.charts.courses import Line, epochs_chart, steps_chart
from mnist_core.learn.claims import jumps
from mnist_core.learn.course import Course, Plan
from pages.ui import forms
from pages.ui.learn.choose import title
from pages.ui.learn.live import Courses, heard, live, progress
from pages.ui.words import percent

SIZES = {10: "10", 100: "100", 1000: "1,000", 4000: "all 4,000"}
VIEWS = {"loss": "Loss by step", "accuracy": "Accuracy by epoch"}
EPOCHS, COUNT, AGAINST = 5, 4000, 100
UNITS, RATE = 32, 0.1


def show() -> None:
    title("batches")
    st.markdown(
        "A step of training looks at some pictures, a **batch**, and moves the weights once. When "
        f"all pictures have been in a batch once, an **epoch** is over. The network ({UNITS} "
        f"hidden units, ReLU) and the learning rate ({RATE:g}) are the same for both."
    )
    with st.container(horizontal=True, gap="medium"):
        size = forms.switch("Batch size", SIZES, 10, "learn.batches.size")
        view = forms.switch("Chart", VIEWS, "loss", "learn.batches.view")
    plans = {f"batches of {n:,}": _plan(n) for n in dict.fromkeys((size, AGAINST))}
    live("batches", plans, lambda courses: _draw(courses, view))
    st.markdown(
        "The loss of a batch is an estimate from the pictures in it: of few pictures it is a rough "
        "one, so the line trembles, and steps go astray a little. But a small batch makes a step "
        "out of few pictures, and an epoch of many steps. A large batch makes smooth steps, and "
        "few of them; each costs more arithmetic."
    )


def _plan(size: int) -> Plan:
    return Plan((UNITS,), "relu", rate=RATE, batch=size, epochs=EPOCHS, count=COUNT)


def _draw(courses: Courses, view: str) -> None:
    left, right = st.columns([3, 2], gap="medium")
    with left:
        pairs = list(zip(courses.items(), (ACCENT, SECOND), strict=False))
        if view == "loss":
            # The line with more steps is drawn first, and the other one over it.
            lines = [Line(name, course.losses, colour) for (name, course), colour in pairs]
            lines.sort(key=lambda line: -len(line.values))
            steps = max(course.plan.steps for course in courses.values()) * EPOCHS
            chart = steps_chart(lines, "Loss of each step", steps, height=300)
        else:
            lines = [
                Line(name, [point.val_accuracy for point in course.points], colour)
                for (name, course), colour in pairs
            ]
            heading = "Validation accuracy after each epoch"
            chart = epochs_chart(lines, heading, "read right", EPOCHS, height=300)
        st.plotly_chart(chart, key=f"learn.batches.{view}", alt=heard(courses))
    with right:
        st.markdown(progress(courses))
        for name, course in courses.items():
            st.markdown(in_words(name, course))


def in_words(name: str, course: Course) -> str:
    """Steps, pictures seen, loss and accuracy of a course."""
    plan, many = course.plan, "step" if course.plan.steps == 1 else "steps"
    said = (
        f"**{name.capitalize()}**: {plan.count:,} / {plan.batch:,} = {plan.steps:,} {many} an epoch"
    )
    if not course.epoch:
        return f"{said}."
    said += (
        f". After {len(course.losses):,} steps, {course.epoch * plan.count:,} pictures seen: "
        f"**{percent(course.points[-1].val_accuracy, 1)}** of the validation digits read right"
    )
    shake = jumps(course.losses)
    if math.isnan(shake):
        return f"{said}."
    return f"{said}. From one step to the next the loss changes by {shake:.2f} nats on average."
