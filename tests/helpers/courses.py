"""The trainings of the page Learn, to their end."""

from functools import cache

from streamlit.testing.v1 import AppTest

from mnist_core.learn.course import Course, Plan, advance, start
from pages.ui.learn.choose import CHAPTERS
from tests.helpers.pages import button, open_page


@cache
def trained(plan: Plan) -> Course:
    """A plan's course at its end; the same for all tests of a process."""
    course = start(plan)
    while not course.done:
        course = advance(course)
    return course


def read(chapter: str) -> AppTest:
    """A chapter as it is opened."""
    page = open_page("learn", chapter=chapter)
    assert not page.exception, page.exception
    assert page.subheader[0].value == CHAPTERS[chapter]
    return page


def press(page: AppTest, label: str) -> None:
    button(page, label).click().run()
    assert not page.exception, page.exception


def to_the_end(page: AppTest) -> None:
    """Start, and look until it has ended."""
    press(page, "Start")
    for _ in range(100):
        if button(page, "Stop").disabled:
            return
        page.run()
        assert not page.exception, page.exception
    raise AssertionError("it does not end")
