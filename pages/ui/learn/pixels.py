"""A picture as numbers, and the numbers in a row."""

import numpy as np
import streamlit as st

from mnist_core.learn.digits import digits
from pages.ui.fragments import fragment
from pages.ui.learn.choose import title
from pages.ui.pictures import picture, row

NUMBER, ROW, COLUMN, MIX = (f"learn.pixels.{name}" for name in ("number", "row", "column", "mix"))
WINDOW = 8  # pixels across, of which the numbers are written out
SHOWN = 280  # screen pixels across


def show() -> None:
    title("pixels")
    fragment(_numbers, None)()
    st.markdown(
        "A network takes a picture as a **row**: the 28 rows of pixels one after another, 784 "
        "numbers. Several pictures are a **batch**: 100 of them are a tensor of shape [100, 784]. "
        "The answers that go with them are 100 whole numbers from 0 to 9, of shape [100]."
    )
    fragment(_mixed, None)()


def _numbers() -> None:
    learn, _ = digits()
    count = len(learn)

    def any_other() -> None:
        st.session_state[NUMBER] = int(np.random.default_rng().integers(count)) + 1

    first, second = st.columns([1, 1], gap="large")
    with first:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.session_state.setdefault(NUMBER, 1)
            number = st.number_input(
                f"Picture, 1 to {count:,}", 1, count, key=NUMBER, persist_state="session", width=160
            )
            st.button("Any other", icon=":material/shuffle:", on_click=any_other)
        image = learn.rows[number - 1].reshape(28, 28)
        top = _slider("Move the window down", ROW)
        left = _slider("and to the right", COLUMN)
        label = int(learn.labels[number - 1])
        st.html(picture(_framed(image, top, left), f"A {label}, as people see it", SHOWN))
    with second:
        st.markdown(
            f"**What a network sees in the window**: row {top + 1} to {top + WINDOW}, "
            f"column {left + 1} to {left + WINDOW}"
        )
        window = image[top : top + WINDOW, left : left + WINDOW]
        lines = (" ".join(f"{value:.2f}" for value in line) for line in window)
        st.code("\n".join(lines), language=None)
        ink = int((image > 0).sum())
        st.markdown(
            f"Each pixel is a number from 0 (paper) to 1 (ink); in the file it is a whole one from "
            f"0 to 255, here divided by 255. Of this picture's 28 × 28 = 784 numbers {ink} are "
            f"above 0, and their mean is {float(image.mean()):.2f}."
        )
        place = 28 * top + left
        st.markdown(
            f"In a row, the window's first pixel is number 28 × {top} + {left} = **{place}**, "
            "counted from 0."
        )


def _slider(label: str, key: str) -> int:
    return int(st.slider(label, 0, 28 - WINDOW, 10, key=key, persist_state="session"))


def _framed(image: np.ndarray, top: int, left: int) -> np.ndarray:
    """The picture in colour, with the window a little blue."""
    shown = np.repeat(image[..., None], 3, axis=2).astype(np.float32)
    window = shown[top : top + WINDOW, left : left + WINDOW]
    window[...] = 0.75 * window + 0.25 * np.array([0.3, 0.6, 1.0], np.float32)
    return shown


def mixed_up() -> np.ndarray:
    """An order of the 784 pixels without any order, always the same."""
    return np.random.default_rng(7).permutation(784)


def _mixed() -> None:
    mix = st.toggle(
        "Mix up the pixels, of all pictures in the same way", key=MIX, persist_state="session"
    )
    learn, _ = digits()
    order = mixed_up() if mix else np.arange(784)
    st.html(
        row(
            [
                picture(learn.rows[place][order].reshape(28, 28), f"a {learn.labels[place]}", 84)
                for place in range(8)
            ]
        )
    )
    st.markdown(
        "Nobody reads these any more; **this kind of network reads them as well as before**. It is "
        "never told which pixels are neighbours: each has weights of its own, wherever it stands. "
        "What it learns is which numbers of the row are large together."
        if mix
        else "You see strokes because you see which pixels touch. A network that is given a row of "
        "784 numbers is not told."
    )
