"""Where to go from here: sizes worth a try, and what the tutorial suggests at its end."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import streamlit as st

from mnist_core.config.fields import parse_config
from mnist_core.config.train import TrainConfig
from mnist_core.errors import ConfigError
from pages.ui import forms
from pages.ui.fragments import fragment
from pages.ui.learn.choose import title
from pages.ui.words import literal

SIZES = "learn.further.sizes"


@dataclass(frozen=True)
class Idea:
    """Something to change, what to look at, and the settings that Train is opened with."""

    title: str
    text: str
    settings: dict[str, Any]


IDEAS = (
    Idea(
        "Deeper",
        "Two hidden layers instead of one. Does the second one help as much as the first did?",
        {"hidden_sizes": (64, 32)},
    ),
    Idea(
        "Another way down",
        "Adam gives each weight a step size of its own. PyTorch's default rate for it is 0.001; "
        "what happens at 0.5?",
        {"optimizer": "adam", "learning_rate": 0.001},
    ),
    Idea(
        "Forget some",
        "Dropout switches off half the hidden units at each step, another half each time. Look at "
        "the gap between training and validation.",
        {"hidden_sizes": (256,), "dropout": 0.5, "epochs": 10},
    ),
    Idea(
        "Slower towards the end",
        "The learning rate falls to nothing along half a cosine, so that the last steps are small. "
        "Or lower it by hand: below the chart, while the network trains.",
        {"hidden_sizes": (128,), "schedule": "cosine", "epochs": 10},
    ),
    Idea(
        "Every picture a little different",
        "Shifted and turned each time it is shown: harder to learn by heart, slower to learn.",
        {"hidden_sizes": (256,), "shift": 1.0, "rotation": 10.0, "epochs": 15},
    ),
    Idea(
        "Clothes instead of digits",
        "Fashion-MNIST: the same size, ten kinds of clothes. Are they read as well as digits? "
        "Train downloads it if it is not here.",
        {"dataset": "fashion_mnist"},
    ),
)


def show() -> None:
    title("further")
    fragment(_size, None)()
    st.markdown("**Six things to change**")
    columns = st.columns(2, gap="large")
    for place, idea in enumerate(IDEAS):
        with columns[place % 2]:
            st.markdown(f"**{idea.title}.** {idea.text}")
            _offer(parse_config(idea.settings), f"learn.further.{place}")
    st.markdown(
        "Many settings at once, and what mattered among them: that is a sweep, on the page "
        "**Sweep**. And the hardest test of all: **Draw** a digit yourself."
    )


def _size() -> None:
    """How many parameters a network has, before anybody trains it."""
    typed = st.text_input(
        "Hidden layer sizes, with commas; nothing for none",
        "32",
        key=SIZES,
        persist_state="session",
        max_chars=60,
        width=360,
    )
    try:
        config = parse_config({"hidden_sizes": typed})
    except ConfigError as error:
        st.error(literal(f"{typed!r}: {error.problems[0].allowed}"), icon=":material/error:")
        return
    sizes = (784, *config.hidden_sizes, 10)
    parts = [a * b + b for a, b in pairwise(sizes)]
    said = " + ".join(f"({a} × {b} + {b})" for a, b in pairwise(sizes))
    largest = max(range(len(parts)), key=parts.__getitem__)
    st.markdown(
        f"{said} = **{sum(parts):,} parameters**. {parts[largest] / sum(parts):.0%} of them are in "
        f"layer {largest + 1}."
        if len(parts) > 1
        else f"{said} = **{parts[0]:,} parameters**, all of them in the one layer."
    )
    _offer(config, "learn.further.sized")


def _offer(config: TrainConfig, key: str) -> None:
    """A button that opens Train with a configuration; nothing is started."""

    def take() -> None:
        forms.fill(forms.TRAIN, config)

    if st.button("Open Train with it", icon=":material/arrow_forward:", key=key, on_click=take):
        st.switch_page("pages/train.py")
