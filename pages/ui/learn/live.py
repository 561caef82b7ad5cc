"""Small trainings side by side, drawn again and again while they run."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import streamlit as st

from mnist_core.learn.course import Course, Plan, advance, start
from pages.ui.fragments import alone, fragment
from pages.ui.turns import turns
from pages.ui.words import percent

TICK = 0.25  # seconds between two drawings, so that one sees the epochs come
DRAWINGS = 12  # of a training at most: on a slow machine they take longer than what they show

Courses = Mapping[str, Course]


@dataclass(frozen=True, eq=False)
class Training:
    """The courses by their names, and whether they run."""

    courses: Courses
    going: bool = False

    @property
    def plans(self) -> dict[str, Plan]:
        return {name: course.plan for name, course in self.courses.items()}

    @property
    def epoch(self) -> int:
        return max(course.epoch for course in self.courses.values())

    @property
    def done(self) -> bool:
        return all(course.done for course in self.courses.values())


def live(chapter: str, plans: Mapping[str, Plan], draw: Callable[[Courses], None]) -> None:
    """Buttons, and a part of the page in which ``draw`` shows how far the trainings are.

    Other plans than those that are shown begin anew, and wait for Start.
    """
    key = f"learn.{chapter}.training"
    held = st.session_state.get(key)
    if held is None or held.plans != plans:
        st.session_state[key] = _anew(plans)
    training: Training = st.session_state[key]
    _buttons(chapter, key, training)
    fragment(_part, TICK if training.going else None)(key, draw)


def _anew(plans: Mapping[str, Plan], going: bool = False) -> Training:
    with turns.aside():
        return Training({name: start(plan) for name, plan in plans.items()}, going)


def _buttons(chapter: str, key: str, training: Training) -> None:
    """They stay where they are, so that a second click does not meet another button."""

    def turn(going: bool) -> None:
        now: Training = st.session_state[key]
        st.session_state[key] = replace(now, going=going and not now.done)

    def again() -> None:
        st.session_state[key] = _anew(st.session_state[key].plans, going=True)

    with st.container(horizontal=True):
        st.button(
            "Start",
            type="primary",
            icon=":material/play_arrow:",
            key=f"learn.{chapter}.start",
            disabled=training.going or training.done,
            on_click=turn,
            args=(True,),
        )
        st.button(
            "Stop",
            icon=":material/stop:",
            key=f"learn.{chapter}.stop",
            disabled=not training.going,
            on_click=turn,
            args=(False,),
        )
        st.button(
            "Start again",
            icon=":material/replay:",
            key=f"learn.{chapter}.again",
            disabled=training.epoch == 0,
            on_click=again,
        )


def _part(key: str, draw: Callable[[Courses], None]) -> None:
    training: Training = st.session_state[key]
    if training.going and alone():
        with turns.aside():
            courses = {name: _further(course) for name, course in training.courses.items()}
        after = Training(courses)
        st.session_state[key] = after = replace(after, going=not after.done)
        draw(after.courses)
        if after.done:
            st.rerun()  # the buttons stand outside, and nothing has to look again
    else:
        draw(training.courses)


def _further(course: Course) -> Course:
    """An epoch or a few later."""
    for _ in range(math.ceil(course.plan.epochs / DRAWINGS)):
        course = advance(course)
    return course


def progress(courses: Courses) -> str:
    """How far they are, in a sentence."""
    course = next(iter(courses.values()))
    if course.epoch == 0:
        found = ", ".join(percent(c.points[0].val_accuracy, 1) for c in courses.values())
        return (
            f"**Untrained: {found} read right.** The weights are random, so the answers have "
            "nothing to do with the pictures, and of ten digits about one in ten is right by "
            "chance. Press Start."
        )
    return f"**Epoch {course.epoch} of {course.plan.epochs}**"


def heard(courses: Courses) -> str:
    """What a chart of the courses says, for who cannot see it."""
    return "; ".join(
        f"{name}: {percent(course.points[0].val_accuracy, 1)} of the validation digits read right "
        f"at first, {percent(course.points[-1].val_accuracy, 1)} after epoch {course.epoch}, at a "
        f"loss of {course.points[-1].val_loss:.3f}"
        for name, course in courses.items()
    )


def points(share: float) -> str:
    """A difference of shares in percentage points, signed: 0.031 -> +3.1."""
    return f"{100 * share:+.1f}".replace("-", "−")
