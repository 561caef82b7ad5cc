"""How wrong an answer is, in a number that a small change of a weight changes."""

import math

import numpy as np
import streamlit as st

from mnist_core.charts.learn import cross_entropy_curve, nudge_chart
from mnist_core.learn.digits import digits
from mnist_core.learn.onestep import nudged
from mnist_core.learn.trainer import begin, losses, train_epoch
from mnist_core.nn.network import Network, softmax
from pages.ui.fragments import fragment
from pages.ui.learn.choose import title
from pages.ui.turns import turns
from pages.ui.words import percent

SHARE, CHANGE = "learn.loss.share", "learn.loss.change"
SHARES = (0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9, 0.95, 0.99, 0.999)
PICTURES = 100
FARTHEST = 1.5  # added to the weight, at most
CLASS, UNIT = 3, 0  # which weight is changed: from unit 0 to the sum of the threes


def show() -> None:
    title("loss")
    fragment(_one, None)()
    st.markdown("**Why not simply count mistakes?**")
    fragment(_many, None)()


def _one() -> None:
    first, second = st.columns([1, 1], gap="large")
    with first:
        share = st.select_slider(
            "The network gives the right digit this share",
            SHARES,
            0.1,
            format_func=lambda value: percent(value, 1),
            key=SHARE,
            persist_state="session",
        )
        lost = -math.log(share)
        st.markdown(
            f"The **loss** of this answer is minus the natural logarithm of that share: "
            f"−ln {share:g} = **{lost:.3f}**."
        )
        st.markdown(
            "A sure and right answer costs almost nothing, a sure and wrong one a lot. It is "
            "called **cross-entropy**, and over a batch its mean is taken."
        )
        st.markdown(
            f"Who guesses gives each of ten digits 10 % and loses ln 10 = {math.log(10):.3f}: "
            "about what an untrained network begins with."
        )
    with second:
        st.plotly_chart(
            cross_entropy_curve(share),
            key="learn-loss-curve",
            alt=f"The loss falls as the share of the right digit grows: 6.9 at 0.1 %, 2.3 at 10 %, "
            f"0.7 at 50 %, 0 at 100 %; at {percent(share, 1)} it is {lost:.3f}.",
        )


@st.cache_resource(max_entries=1, show_spinner=False)
def _trained() -> Network:
    """A network that has learnt a little: an epoch of the chapters' digits."""
    learn, _ = digits()
    return train_epoch(begin((784, 16, 10), "relu", 1), learn, 0.1, 100, 1, 1)[0]


@st.cache_data(max_entries=1, show_spinner=False)
def _changed() -> tuple[list[float], list[float], list[int]]:
    """Changes of the weight, and for each the loss and how many are read right."""
    _, valid = digits()
    batch = valid.first(PICTURES)
    changes = np.linspace(-FARTHEST, FARTHEST, 121)
    found, right = [], []
    for change in changes:
        shares = softmax(nudged(_trained(), CLASS, UNIT, float(change))(batch.rows))
        found.append(float(losses(shares, batch.labels).mean()))
        right.append(int((shares.argmax(1) == batch.labels).sum()))
    return changes.tolist(), found, right


def _many() -> None:
    with turns.aside():
        changes, found, right = _changed()
    chosen = st.slider(
        "Added to one weight (of the sum for 3, from hidden unit 0)",
        -FARTHEST,
        FARTHEST,
        0.0,
        0.025,
        key=CHANGE,
        persist_state="session",
    )
    place = int(np.argmin(np.abs(np.array(changes) - chosen)))
    before = int(np.argmin(np.abs(np.array(changes))))
    levels = len(set(right))
    best = int(np.argmin(found))
    st.markdown(
        f"With {chosen:+.3f} on this weight, the network reads **{right[place]} of {PICTURES}** "
        f"pictures right (before: {right[before]}), at a loss of **{found[place]:.4f}** "
        f"(before: {found[before]:.4f})."
    )
    st.plotly_chart(
        nudge_chart(changes, found, right, PICTURES, chosen),
        key="learn-loss-nudge",
        alt=f"The loss is a smooth curve with its lowest point, {found[best]:.4f}, at a change of "
        f"{changes[best]:+.2f}; the pictures read right move in jumps between {min(right)} and "
        f"{max(right)}.",
    )
    st.markdown(
        f"Over all {len(changes)} positions of the slider the count of right answers has only "
        f"**{levels} different values**: between its jumps it is flat, and says nothing about "
        "where to go. The loss changes with every move, so that it has a **slope**, and a slope is "
        "all that training needs: move each weight a little to the side where the loss falls."
    )
