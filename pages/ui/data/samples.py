"""Some pictures of a data set, as they are and distorted."""

import math
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.config.distortion import Distortion
from mnist_core.config.fields import FIELDS
from mnist_core.config.share import from_query, to_query
from mnist_core.config.train import TrainConfig
from mnist_core.data.catalog import dataset_spec
from mnist_core.data.disk import place_and_size, removable, remove
from mnist_core.data.own import is_own
from pages.ui import forms, links, runview
from pages.ui.actions import reported
from pages.ui.address import PART, VIEW
from pages.ui.data import views
from pages.ui.pictures import picture, row
from pages.ui.words import literal

if TYPE_CHECKING:
    from mnist_core.data.pictures import ImageDataset

WALL = 100  # pictures at once as they are
SHOWN = 8  # of them, when they are shown with what distortions make of them
VARIANTS = 4  # of each
MOST_LOADED = 2  # data sets kept; CIFAR has 150 MB
SIDE = 72  # pixels of the screen, ten beside each other on a laptop
DRAW = "data.draw"  # session key: how often other pictures were asked for
CLASS = "class"  # in the page's address
REMOVED = "data.removed"  # session key: the data set that was removed here last
LINKED = ("dataset", *(name for name, spec in FIELDS.items() if spec.distorts))


def key(name: str) -> str:
    return forms.widget_key("data", name)


def open_link() -> None:
    """Choose what the page's address says, once a session, and say what could not be taken."""

    def take() -> list[str]:
        said = {name: st.query_params[name] for name in LINKED if name in st.query_params}
        config, notes = from_query(said)
        for name in said:
            st.session_state[key(name)] = getattr(config, name)
        if CLASS in st.query_params:
            st.session_state[_class_key(config.dataset)] = st.query_params[CLASS]
        for name, known in ((VIEW, views.VIEWS), (PART, views.PARTS)):
            notes += links.choose(name, key(name), known)
        return notes

    links.take_once("data", take)


def keep_link(
    data: "ImageDataset", part: views.DataPart, label: int | None, distortion: Distortion, view: str
) -> None:
    """Let the page's address carry what is chosen."""
    query = to_query(TrainConfig(dataset=data.name, **distortion.model_dump()))
    if label is not None:
        query[CLASS] = data.classes[label]
    if part != "train":
        query[PART] = part
    if view != "pictures":
        query[VIEW] = view
    links.put_into_link(query, (CLASS, PART, VIEW))


def choose_view() -> str:
    """What of the data set is shown."""
    return forms.switch(
        "What is shown", views.VIEWS, "pictures", key(VIEW), label_visibility="collapsed"
    )


def choose_part() -> views.DataPart:
    """The pictures to learn from, or those to test with."""
    return forms.switch("Part", views.PARTS, "train", key(PART))


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


def gone(name: str) -> bool:
    """Whether it was removed here: then it comes back when somebody asks for it, and not before."""
    if st.session_state.get(REMOVED) != name:
        return False
    if is_own(name):
        st.info("It is not on this computer any more. Choose another, or add its zip again.")
        return True
    st.info(f"{dataset_spec(name).title} is not on this computer any more.")
    st.button("Get it again", icon=":material/download:", on_click=_get_again)
    return True


def _get_again() -> None:
    del st.session_state[REMOVED]


@reported
def _remove(name: str) -> None:
    remove(name)
    with _lock:
        _loaded.clear()
    st.session_state[REMOVED] = name


def on_disk(name: str) -> None:
    """Where its files are, how much they take, and a way to give that back."""
    found = place_and_size(name)
    if found is None:
        return  # the digits that come with a package
    place, size = found
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{size / 1e6:,.{0 if size > 1e7 else 1}f} MB in {literal(str(place))}")
        if removable(name):
            with st.popover("Remove", icon=":material/delete:"):
                st.markdown(
                    "Its files are deleted. Runs stay; they find its pictures again when the same "
                    "zip is added with the same name and settings."
                    if is_own(name)
                    else "Its files are deleted. Runs stay, and it can be downloaded again."
                )
                st.button("Remove it", key="data.remove", on_click=_remove, args=(name,))


def choose_class(data: "ImageDataset") -> int | None:
    """The class to look at, or None for all."""
    said = st.session_state.get(_class_key(data.name), forms.EVERYTHING)
    if said not in (forms.EVERYTHING, *data.classes):
        note = f"Show: there is no class {said!r} among {', '.join(data.classes)}."
        st.session_state[key("notes")].append(note)
        links.show_note(note)
    chosen = forms.one_or_all("Show", data.classes, _class_key(data.name), "all")
    return data.classes.index(chosen) if chosen else None


def _class_key(dataset: str) -> str:
    return f"data.class.{dataset}"


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


def show(
    data: "ImageDataset", part: views.DataPart, label: int | None, distortion: Distortion
) -> None:
    """A wall of pictures, or beneath some what a few epochs would show the network instead."""
    from mnist_core.data.pictures import in_rows

    draw = st.session_state.get(DRAW, 0)
    everything, labels = views.part_of(data, part)
    rows = np.arange(len(labels)) if label is None else np.flatnonzero(labels == label)
    bent = bool(distortion.bends or distortion.thickness)
    rows = np.random.default_rng(draw).permutation(rows)
    if bent:
        picked = rows[:SHOWN]
    else:
        pages, which = math.ceil(len(rows) / WALL), 1
        if pages > 1:
            which = st.pagination(pages, key=f"data.page.{data.name}.{part}.{label}.{draw}")
        picked = rows[(which - 1) * WALL : which * WALL]
    images = in_rows(everything[picked])
    names = [data.classes[label] for label in labels[picked]]
    st.html(row([_shown(x, data, name) for x, name in zip(images, names, strict=True)]))
    if not bent:
        st.caption("Move a slider to see what a network would be shown instead.")
        return
    st.markdown("**The same pictures, distorted: different in each epoch**")
    import torch  # here: whoever does not distort needs none

    from mnist_core.data.augment import distort

    noise = torch.Generator().manual_seed(draw)
    for epoch in range(1, VARIANTS + 1):
        varied = distort(torch.from_numpy(images), distortion, noise).clamp(0, 1).numpy()
        st.html(row([_shown(x, data, f"epoch {epoch}") for x in varied]))


def _shown(image: NDArray[np.float32], data: "ImageDataset", caption: str) -> str:
    return picture(image.reshape(data.image_shape), caption, SIDE)
