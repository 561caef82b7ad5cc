"""What a run's own numbers say is wrong with its settings, in plain words, and what to try.

The thresholds are rules of thumb, set on runs of MNIST and Fashion-MNIST; each is next to the
curve it stands for.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from mnist_core.config.fields import FIELDS
from mnist_core.config.train import TrainConfig
from mnist_core.insight.units import silent
from mnist_core.runs.records import Run

if TYPE_CHECKING:
    from mnist_core.nn.network import FloatArray, Network

Kind = Literal["diverged", "too_small", "too_large", "overfitting", "dead_units", "improving"]
Rows = Sequence[dict[str, float]]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: what the numbers say, and settings that may mend it."""

    kind: Kind
    text: str
    advice: str
    suggestion: TrainConfig


def diagnose(run: Run, rows: Rows) -> list[Finding]:
    """What the curves of a run that has ended say; nothing stands out in an empty list.

    ``rows`` are ``RunStore.history``'s. Only where the first is of the untrained network is a run
    compared with it: members of a population have none, and an imported network was not seen.
    """
    if run.active or len(rows) < 2:
        return []
    config = run.config
    for row in rows:
        if not (math.isfinite(row["train_loss"]) and math.isfinite(row["val_loss"])):
            return [_diverged(config, int(row["epoch"]))]
    checks = [_overfitting, _improving]
    if rows[0]["epoch"] == 0 and run.origin == "fresh":
        checks = [_too_small, _too_large, *checks]
    found = (check(config, rows) for check in checks)
    findings = [finding for finding in found if finding is not None]
    # A run that has hardly begun to learn improves until its end, of course.
    slow = any(finding.kind == "too_small" for finding in findings)
    return [f for f in findings if not (slow and f.kind == "improving")]


def dead_units(network: "Network", pictures: "FloatArray") -> list[tuple[int, int]]:
    """(dead, all) units of each hidden layer; none unless the activation is ReLU.

    See ``mnist_core.insight.units.silent``. ``pictures`` are (N, in_size).
    """
    if network.activation != "relu":
        return []
    *hidden, _ = network.sums(pictures)
    return [(int(silent(network, sums).sum()), sums.shape[1]) for sums in hidden]


def dead_finding(config: TrainConfig, counts: Sequence[tuple[int, int]]) -> Finding | None:
    """What ``dead_units`` counted, in words; None while every unit is alive."""
    layers = [
        f"{dead} of the {total} units in hidden layer {i + 1}"
        for i, (dead, total) in enumerate(counts)
        if dead
    ]
    if not layers:
        return None
    return Finding(
        "dead_units",
        f"Dead ReLU units: {' and '.join(layers)} answer 0 to every picture and learn no more.",
        "GELU never falls silent for good; a smaller learning rate kills fewer units too.",
        config.model_copy(update={"activation": "gelu"}),
    )


def _diverged(config: TrainConfig, epoch: int) -> Finding:
    return Finding(
        "diverged",
        f"Diverged in epoch {epoch}: the loss grew until it was no longer a number.",
        "The steps are too large. Try a tenth of the learning rate.",
        _with_rate(config, 0.1),
    )


def _too_small(config: TrainConfig, rows: Rows) -> Finding | None:
    """A line that falls evenly and is still high: 2.3, 2.2, 2.1. A healthy one falls and bends."""
    losses = [row["train_loss"] for row in rows]
    drops = [a - b for a, b in pairwise(losses)]
    if min(drops) <= 0 or losses[-1] < 0.3 * losses[0] or drops[-1] < 0.25 * drops[0]:
        return None
    return Finding(
        "too_small",
        f"Learning rate too small: the training loss fell steadily, but only from {losses[0]:.2f} "
        f"to {losses[-1]:.2f} in {len(drops)} epochs.",
        "Take larger steps. Try ten times the learning rate.",
        _with_rate(config, 10),
    )


def _too_large(config: TrainConfig, rows: Rows) -> Finding | None:
    """No better than the untrained network, on a path that does not just creep downwards."""
    first, last = rows[0]["val_loss"], rows[-1]["val_loss"]
    losses = [row["train_loss"] for row in rows]
    creeping = all(a > b for a, b in pairwise(losses))
    if last < 0.98 * first or creeping:
        return None
    return Finding(
        "too_large",
        f"It learnt nothing: the validation loss is {last:.2f}, and was {first:.2f} before "
        "training. The first steps were so large that the network cannot recover.",
        "Try a tenth of the learning rate.",
        _with_rate(config, 0.1),
    )


def _overfitting(config: TrainConfig, rows: Rows) -> Finding | None:
    """Validation loss 10 % above its best, two epochs or more ago, and training loss below."""
    best = min(rows, key=lambda row: row["val_loss"])
    last, epoch = rows[-1], int(best["epoch"])
    if (
        last["val_loss"] < 1.1 * best["val_loss"]
        or last["epoch"] - epoch < 2
        or epoch == 0
        or last["train_loss"] >= best["train_loss"]
    ):
        return None
    if config.hidden_sizes and config.dropout < 0.2:
        advice, change = "Try dropout 0.2, so that no unit can rely on another.", {"dropout": 0.2}
    else:
        decay = min(max(1e-4, 10 * config.weight_decay), FIELDS["weight_decay"].high or 1)
        advice, change = f"Try weight decay {decay:g}.", {"weight_decay": decay}
    return Finding(
        "overfitting",
        f"Overfitting since epoch {epoch}: the validation loss rose from {best['val_loss']:.3f} to "
        f"{last['val_loss']:.3f} while the training loss went on falling to "
        f"{last['train_loss']:.3f}. It learns its pictures by heart.",
        advice + f" Or stop after {epoch} epochs.",
        config.model_copy(update=change),
    )


def _improving(config: TrainConfig, rows: Rows) -> Finding | None:
    """The last epoch was the best one, by 0.2 points or more, and lowered the loss by 1 %."""
    before, last = rows[-2], rows[-1]
    gain = last["val_accuracy"] - max(row["val_accuracy"] for row in rows[:-1])
    if gain < 0.002 or last["val_loss"] > 0.99 * before["val_loss"]:
        return None
    epochs = min(2 * config.epochs, int(FIELDS["epochs"].high or 0))
    return Finding(
        "improving",
        f"Still improving at the end: the last epoch gained {100 * gain:.2f} points.",
        f"Train longer. Try {epochs} epochs.",
        config.model_copy(update={"epochs": epochs}),
    )


def _with_rate(config: TrainConfig, factor: float) -> TrainConfig:
    spec = FIELDS["learning_rate"]
    rate = min(max(config.learning_rate * factor, spec.low or 0), spec.high or math.inf)
    return config.model_copy(update={"learning_rate": float(f"{rate:.3g}")})
