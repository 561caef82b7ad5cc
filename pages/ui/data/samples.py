"""Some pictures of a data set, as they are and distorted."""

import math
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from mnist_core.config.distortion import Distortion
from mnist_core.config.fields import FIELDS
from pages.ui import forms, runview
from pages.ui.pictures import picture, row

if TYPE_CHECKING:
    from torch import Tensor

    from mnist_core.data.pictures import ImageDataset

WALL = 63  # pictures as they are
SHOWN = 8  # of them, when they are shown with what distortions make of them
VARIANTS = 4  # of each
MOST_LOADED = 2  # data sets kept; CIFAR has 150 MB
SIDE = 84  # pixels of the screen
DRAW = "data.draw"  # session key: how often other pictures were asked for
ANY = "all"


def key(name: str) -> str:
    return forms.widget_key("data", name)


def choose_dataset() -> str:
    return forms.choice(FIELDS["dataset"], key("dataset"))


_lock = threading.Lock()  # two sessions fetch a data set one after the other
# The same for all sessions; by where it is, too, as other files may have been put there since.
_loaded: "OrderedDict[tuple[str, str], ImageDataset]" = OrderedDict()


def dataset(name: str) -> "ImageDataset":
    """The data set, kept for all sessions; the progress of a download is shown.

    Raises DataError where there is no way to get it.
    """
    from mnist_core.data.datasets import load_dataset, locate

    with st.empty(), _lock:
        place = (name, str(locate(name)))
        if place not in _loaded:
            _loaded[place] = load_dataset(name, runview.download_bar)
        _loaded.move_to_end(place)
        while len(_loaded) > MOST_LOADED:
            _loaded.popitem(last=False)
        return _loaded[place]


def choose_class(data: "ImageDataset") -> int | None:
    """The class to look at, or None for all."""
    chosen = st.selectbox(
        "Show", [ANY, *data.classes], key=f"data.class.{data.name}", persist_state="session"
    )
    return None if chosen == ANY else data.classes.index(chosen)


def next_draw() -> None:
    st.session_state[DRAW] = st.session_state.get(DRAW, 0) + 1


def strengths() -> Distortion:
    """A slider for each distortion."""
    values = {}
    for name, spec in FIELDS.items():
        if spec.distorts:
            assert spec.low is not None
            assert spec.high is not None
            st.session_state.setdefault(key(name), spec.default)
            values[name] = st.slider(
                spec.label,
                float(spec.low),
                float(spec.high),
                step=10.0 ** round(math.log10((spec.high - spec.low) / 60)),  # 40 to 120 of them
                key=key(name),
                persist_state="session",
                help=spec.help,
            )
    return Distortion.model_validate(values)


def facts(data: "ImageDataset") -> None:
    """How many pictures of each class there are, and where they are from."""
    runview.notice(data.notice)
    size = " × ".join(map(str, data.image_shape))
    st.markdown(
        f"**{len(data.labels):,} pictures to learn from, {len(data.test_labels):,} to test with**, "
        f"{size} pixels, {len(data.classes)} classes."
    )


def show(data: "ImageDataset", label: int | None, distortion: Distortion) -> None:
    """Some pictures, and beneath each what a few epochs would show the network instead."""
    import torch

    from mnist_core.data.augment import distort
    from mnist_core.data.pictures import as_rows

    draw = np.random.default_rng(st.session_state.get(DRAW, 0))
    labels = data.labels.numpy()
    rows = np.arange(len(labels)) if label is None else np.flatnonzero(labels == label)
    bent = bool(distortion.bends or distortion.thickness)
    picked = draw.choice(rows, min(WALL, len(rows)), replace=False)[: SHOWN if bent else WALL]
    images = as_rows(data.images[torch.from_numpy(picked)])
    names = [data.classes[label] for label in labels[picked]]
    st.html(row([_shown(x, data, name) for x, name in zip(images, names, strict=True)]))
    if not bent:
        st.caption("Move a slider to see what a network would be shown instead.")
        return
    st.markdown("**The same pictures, distorted: different in each epoch**")
    noise = torch.Generator().manual_seed(st.session_state.get(DRAW, 0))
    for epoch in range(1, VARIANTS + 1):
        varied = distort(images, distortion, noise).clamp(0, 1)
        st.html(row([_shown(x, data, f"epoch {epoch}") for x in varied]))


def _shown(image: "Tensor", data: "ImageDataset", caption: str) -> str:
    return picture(image.reshape(data.image_shape).numpy(), caption, SIDE)
