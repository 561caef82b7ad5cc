"""What else there is to see of a data set: its classes, what they have in common, what is hard."""

from typing import TYPE_CHECKING, Literal

import numpy as np
import streamlit as st

from mnist_core.charts.data import balance_chart
from mnist_core.config.fields import FIELDS
from mnist_core.data.statistics import class_counts, mean_and_deviation
from pages.ui import forms
from pages.ui.learnt import mistake
from pages.ui.looked import Looked
from pages.ui.pictures import picture, row
from pages.ui.state import backend
from pages.ui.words import literal, percent, told_apart

if TYPE_CHECKING:
    from mnist_core.data.pictures import ImageDataset

DataPart = Literal["train", "test"]
PARTS: dict[DataPart, str] = {"train": "To learn from", "test": "To test with"}
VIEWS = {
    "pictures": "Pictures",
    "classes": "Classes",
    "mean": "Mean and spread",
    "hard": "Hardest and oddest",
}
SHARE = "data.val_fraction"  # widget keys
RUN, ORDER = "data.run", "data.order"
ORDERS = {"hard": "Hardest", "odd": "Oddest"}
NEWEST = 50  # runs offered
PAGE = 55  # hard pictures at once
SIDE = 72  # pixels of the screen, ten beside each other on a laptop


def part_of(data: "ImageDataset", part: DataPart) -> tuple[np.ndarray, np.ndarray]:
    """The pictures and labels of one of the two files."""
    if part == "test":
        return data.test_images, data.test_labels
    return data.images, data.labels


def classes(data: "ImageDataset") -> None:
    """How many pictures of each class train, validate and test, for a validation share."""
    from mnist_core.data.split import SPLIT_SEED, split_indices

    st.session_state.setdefault(SHARE, FIELDS["val_fraction"].default)
    share = forms.number(FIELDS["val_fraction"], SHARE, width=200)
    train, val = split_indices(len(data.labels), float(share), SPLIT_SEED)
    names, count = data.classes, len(data.classes)
    counts = {
        "training": class_counts(data.labels[train], count),
        "validation": class_counts(data.labels[val], count),
        "test": class_counts(data.test_labels, count),
    }
    sizes = {part: int(values.sum()) for part, values in counts.items()}
    st.markdown(
        f"**{sizes['training']:,} to train, {sizes['validation']:,} to validate, "
        f"{sizes['test']:,} to test.** Every run with this share keeps the same ones aside."
    )
    everyone = class_counts(data.labels, count)
    rarest, commonest = int(everyone.argmin()), int(everyone.argmax())
    guessed = percent(everyone[commonest] / everyone.sum(), 1)
    if everyone[rarest] == everyone[commonest]:
        said = (
            f"Each class has {everyone[rarest]:,} pictures to learn from. Who always answers the "
            f"same is right for {guessed}."
        )
    else:
        said = (
            f"The rarest class, {names[rarest]}, has {everyone[rarest]:,} pictures to learn from, "
            f"the most frequent, {names[commonest]}, {everyone[commonest]:,}. Who always answers "
            f"that is right for {guessed}."
        )
    st.plotly_chart(
        balance_chart({part: values.tolist() for part, values in counts.items()}, names),
        key="data.balance",
        alt=said,
        config={"displayModeBar": False},
    )
    st.caption(literal(said))


@st.cache_resource(max_entries=4, show_spinner="Adding up the pictures …")
def _mean(
    dataset: str, source: str, part: DataPart, _data: "ImageDataset"
) -> tuple[np.ndarray, np.ndarray]:
    images, labels = part_of(_data, part)
    return mean_and_deviation(images, labels, len(_data.classes))


def mean(data: "ImageDataset", part: DataPart) -> None:
    """The mean picture of each class, and where its pictures differ."""
    means, deviations = _mean(data.name, data.source, part, data)
    for title, images, scale, said in (
        ("The mean picture of each class", means, 1.0, "mean"),
        ("Where pictures of a class differ: their standard deviation", deviations, 2.0, "spread"),
    ):
        st.markdown(f"**{title}**")
        st.html(
            row(
                [
                    picture(scale * image, name, SIDE, label=f"{said} of {name}")
                    for name, image in zip(data.classes, images, strict=True)
                ]
            )
        )
    st.caption(
        "Who answers with the class whose mean is nearest is a classifier already, and what a "
        "network has to beat. Bright in the second row is where the pictures disagree."
    )


def hard(data: "ImageDataset", part: DataPart, label: int | None) -> None:
    """The pictures that a trained network finds hardest or cannot decide on."""
    runs = {
        run.id: run
        for run in backend().watch.library()
        if run.ready and run.state != "diverged" and run.config.dataset == data.name
    }
    if not runs:
        st.info(
            "No network has been trained on these pictures yet. Train one, and see here which it "
            "finds hardest: where a label is wrong, its picture is among them."
        )
        return
    ids = list(runs)[:NEWEST]
    if st.session_state.get(RUN) not in ids:
        st.session_state[RUN] = ids[0]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "As read by",
            ids,
            format_func=told_apart({i: runs[i].name for i in ids}).__getitem__,
            key=RUN,
            persist_state="session",
        )
        order = forms.switch("Order", ORDERS, "hard", ORDER)
    looked = Looked(runs[chosen], "test" if part == "test" else "training")
    pictures, answers = looked.pictures, looked.answers
    rows = answers.hardest() if order == "hard" else answers.oddest()
    if label is not None:
        rows = rows[pictures.labels[rows] == label]
    pages = -(-len(rows) // PAGE)
    which = 1
    if pages > 1:
        which = st.pagination(pages, key=f"data.page.{chosen}.{order}.{part}.{label}")
    st.html(row([mistake(pictures, answers, i) for i in rows[(which - 1) * PAGE : which * PAGE]]))
    st.caption(
        "What a picture shows by its label, what it is read as, and how surely. "
        + (
            "First the ones whose label the network thinks least likely: they are hard, or their "
            "label is wrong."
            if order == "hard"
            else "First the ones on which it is least decided between all classes."
        )
    )
