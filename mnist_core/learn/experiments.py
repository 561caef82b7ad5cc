"""The experiment at the end of each chapter: what to try, and whether it is done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mnist_core.config.train import TrainConfig
from mnist_core.learn.checks import (
    RANGE,
    RATES,
    Check,
    Mark,
    Progress,
    accurate,
    as_it_is,
    by_heart,
    low_loss,
    swept,
)
from mnist_core.learn.pairs import FEW, MANY, NARROW, NEAR, WIDE, bent, steps_taken, timed, too_far
from mnist_core.runs.records import Run

# Each was reached within a minute; on the sample in seconds (see tests/learn/test_experiments.py).
FIRST = Mark(0.95, 0.85)
CEILING = Mark(0.915, 0.88)
APART = Mark(0.03, 0.01)
LOSS = Mark(0.10, 0.33)
LEARNT = Mark(0.90, 0.85)
QUICK = Mark(0.97, 0.89)
FRUGAL = Mark(0.965, 0.91)
SOON, BUDGET, GAP = 3, 30_000, 0.03  # epochs, parameters, a difference of shares


@dataclass(frozen=True)
class Experiment:
    """``goal`` and ``hint`` (what to look at) are Markdown.

    ``settings`` are what Train is opened with, as changes of the defaults; with a ``question``,
    Sweep is opened with it, and they are what all trials share.
    """

    title: str
    goal: str
    hint: str
    check: Check
    settings: Mapping[str, Any] = field(default_factory=dict)
    question: str | None = None

    @property
    def config(self) -> TrainConfig:
        """The settings to open Train with."""
        return TrainConfig(**self.settings)


def _asked(mark: Mark) -> str:
    """A mark in words: **97 %** (91 % on the 5,000-digit sample)."""
    return f"**{100 * mark.full:g} %** ({100 * mark.sample:g} % on the 5,000-digit sample)"


EXPERIMENTS: dict[str, Experiment] = {
    "pixels": Experiment(
        "Train your first network",
        "Train the tutorial's network, as it is, until it reads at least "
        f"{_asked(FIRST)} of the validation digits. Press **Start training** and watch. More "
        "epochs, another seed or device are all that may differ.",
        "The curve begins near 10 %: an untrained network guesses, and there are ten digits.",
        accurate(FIRST, as_it_is, "No run with the tutorial's settings has ended yet."),
    ),
    "linear": Experiment(
        "As far as one layer goes",
        f"Reach {_asked(CEILING)} on validation without a hidden layer. Then try to get much "
        "further with more epochs or another learning rate.",
        "After a few epochs the curve lies flat. Inside shows one picture of weights for each "
        "digit: what speaks for it and what against it.",
        accurate(
            CEILING,
            lambda run: not run.config.hidden_sizes,
            "No run without a hidden layer has ended yet.",
        ),
        {"hidden_sizes": ()},
    ),
    "hidden": Experiment(
        "A hidden layer that bends nothing",
        "Train two networks that differ only in their **activation**: one with none, one with "
        f"ReLU. Let ReLU be at least **{100 * APART.full:g} points** "
        f"({100 * APART.sample:g} on the 5,000-digit sample) better on validation.",
        "Without an activation, two layers can do no more than one: compare it with a network "
        "that has no hidden layer.",
        bent(APART),
        {"activation": "none"},
    ),
    "loss": Experiment(
        "A lower loss",
        f"End a run with a validation loss below **{LOSS.full:.2f}** "
        f"({LOSS.sample:.2f} on the 5,000-digit sample, which has too few digits for less).",
        "On Train, the view of the loss shows whether it still falls. More hidden units help "
        "more than many more epochs.",
        low_loss(LOSS),
    ),
    "step": Experiment(
        "Few steps or many",
        f"Train twice for **one epoch**, with a batch size of at least **{MANY:,}** and of at "
        f"most **{FEW}**, and leave all else as it is. Both see every training digit once.",
        "How many steps is an epoch in each, how long does it take, and which reads better?",
        steps_taken,
        {"batch_size": MANY, "epochs": 1, "learning_rate": 0.1},
    ),
    "rate": Experiment(
        "Where it breaks",
        f"Raise the **learning rate** alone until a network no longer learns: it stays below "
        f"20 % or diverges. A rate at most **{NEAR:g} times** lower must reach {_asked(LEARNT)}.",
        "The curve just before it breaks: it jumps up and down instead of climbing.",
        too_far(LEARNT),
        {"learning_rate": 1.0},
    ),
    "batches": Experiment(
        "Quick to learn",
        f"Reach {_asked(QUICK)} on validation with a run of at most **{SOON} epochs**.",
        "Smaller batches take more steps in an epoch. With them, a lower learning rate. More "
        "hidden units help too.",
        accurate(
            QUICK,
            lambda run: run.result.get("epoch", SOON + 1) <= SOON,
            f"No run of at most {SOON} epochs has ended yet.",
        ),
        {"epochs": SOON, "batch_size": 20, "hidden_sizes": (64,)},
    ),
    "overfit": Experiment(
        "Make it learn by heart",
        "End a run whose accuracy on the training digits is at least "
        f"**{100 * GAP:g} points** above that on the validation digits.",
        "Few digits to learn from are soon known by heart: the form opens with a validation share "
        "of 90 %, so that only a tenth is left for training.",
        by_heart(GAP),
        {"val_fraction": 0.9, "epochs": 20},
    ),
    "functions": Experiment(
        "Much with little",
        f"Reach {_asked(FRUGAL)} on validation with at most **{BUDGET:,} parameters** "
        "(weights and biases).",
        "Each hidden unit costs 784 weights, a bias and ten weights to the digits. 32 units are "
        "25,450 parameters. More epochs and a schedule cost none.",
        accurate(
            FRUGAL,
            lambda run: 0 < run.started.get("parameters", 0) <= BUDGET,
            f"No run with at most {BUDGET:,} parameters has ended yet.",
        ),
        {"epochs": 10},
    ),
    "device": Experiment(
        "What the time depends on",
        f"Train the same settings twice: with **{NARROW}** and with **{WIDE:,}** hidden units, or "
        "on two devices if this machine has them. Compare the seconds.",
        "How many times the weights are there, and how many times longer does it take?",
        timed,
        {"hidden_sizes": (WIDE,), "epochs": 1},
    ),
    "further": Experiment(
        "Ask many networks at once",
        "Find the best learning rate with a **sweep**: at least "
        f"**{RATES} rates**, the highest at least **{RANGE:g} times** the lowest.",
        "Is the best rate in the middle of what was tried? At an edge, a better one may lie "
        "beyond it.",
        swept,
        question="Which learning rate?",
    ),
}


def progress(chapter: str, runs: Sequence[Run]) -> Progress:
    """How far a chapter's experiment is, by these runs, newest first."""
    return EXPERIMENTS[chapter].check(runs)
