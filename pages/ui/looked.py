"""Which run is looked into, on which pictures; its network and answers, kept for all viewers."""

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from mnist_core.config.train import TrainConfig
from mnist_core.data.pictures import in_rows
from mnist_core.errors import NetworkError
from mnist_core.insight.answers import Answers, read_all
from mnist_core.insight.parts import Part, Pictures, pictures_of
from mnist_core.nn.network import FloatArray, Network
from mnist_core.runs.records import Run
from pages.ui.pictures import picture
from pages.ui.state import predictor
from pages.ui.turns import turns


@st.cache_resource(max_entries=2, show_spinner=False)
def _pictures(_run: Run, dataset: str, source: str, val_fraction: float, part: Part) -> Pictures:
    return pictures_of(_run, part)


@st.cache_resource(max_entries=8, show_spinner="Reading the pictures …")
def _answers(run_id: str, checkpoint: str, part: Part, _pictures: Pictures) -> Answers:
    network = predictor(run_id, checkpoint).network
    return read_all(network, _pictures.images, _pictures.labels)


class Looked:
    """A run, a part of its data, and what its network answers to that.

    Each is read when it is first asked for, and kept for whoever asks next.
    """

    def __init__(self, run: Run, part: Part) -> None:
        self.run, self.part = run, part

    def __repr__(self) -> str:
        return f"Looked({self.run.id!r}, {self.part!r})"

    @property
    def config(self) -> TrainConfig:
        return self.run.config

    @property
    def network(self) -> Network:
        """Raises NetworkError for one that diverged."""
        network = predictor(self.run.id, self.run.checkpoint).network
        if self.run.state == "diverged" or not network.finite:
            raise NetworkError(
                f"{self.run.name} diverged: its answers are no numbers any more, so there is "
                "nothing to look at. Train it again with a smaller learning rate."
            )
        return network

    @property
    def pictures(self) -> Pictures:
        """Raises DataError where they are not on this machine."""
        config, source = self.config, self.run.data.get("source", "")
        with turns.aside():
            return _pictures(self.run, config.dataset, source, config.val_fraction, self.part)

    @property
    def answers(self) -> Answers:
        pictures, _ = self.pictures, self.network
        with turns.aside():
            return _answers(self.run.id, self.run.checkpoint, self.part, pictures)

    def some(self, most: int) -> Pictures:
        """The first ``most`` of the pictures; they lie in a random order but in the test part."""
        return self.pictures.of(slice(0, most))

    def caution(self) -> None:
        """What is to be known before one looks at this part."""
        if self.part == "test":
            st.warning(
                "The test set tells how good a network is on pictures that nobody has looked at. "
                "Who looks at its mistakes and then changes settings has used it up: take the "
                "validation pictures for that.",
                icon=":material/visibility_off:",
            )
        elif self.part == "training":
            st.caption(
                "It has learnt from these pictures: what it does here says little about others."
            )

    @property
    def said(self) -> str:
        """What its pictures are called in a sentence."""
        return f"{self.part} pictures"


def rows_of(pictures: Pictures) -> FloatArray:
    """Pictures as networks take them, (N, numbers)."""
    return in_rows(pictures.images)


def thumbnail(image: NDArray[np.uint8], caption: str, side: int = 64, **looks: Any) -> str:
    """A picture uint8 (h, w) or (h, w, 3) as HTML."""
    return picture(image.astype(np.float32) / np.float32(255), caption, side, **looks)
