"""What was changed while a run trained, and after it had ended, in words."""

from mnist_core.config.fields import FIELDS
from mnist_core.config.knobs import KNOBS, Knobs
from mnist_core.config.train import TrainConfig
from mnist_core.runs.records import Run
from pages.ui.forms import shown

FEW = 3  # changes that are told in one line


def numbers(knobs: Knobs, before: TrainConfig) -> str:
    """Those that are not what they were, each with its name."""
    new = {name: getattr(knobs, name) for name in KNOBS}
    return ", ".join(
        f"{FIELDS[name].label.lower()} {shown(name, value)}"
        for name, value in new.items()
        if value != getattr(before, name)
    )


def changes(run: Run) -> list[tuple[int, str]]:
    """Each change: the epochs of the run before it, and what is new in words."""
    return [
        (c.start, f"from epoch {c.start + 1}: {numbers(c.knobs, s.at(c.start - 1))}")
        for s in run.segments
        for c in s.changes
    ]


def said(made: list[tuple[int, str]]) -> str:
    """The last few changes as one sentence; empty if there are none."""
    if not made:
        return ""
    words = "; ".join(text for _, text in made[-FEW:])
    earlier = f"; and {len(made) - FEW} before these" if len(made) > FEW else ""
    return f"Changed while it trained: {words}{earlier}."


def continued(run: Run) -> str:
    """That it was trained on after its end, and how far; empty if it was not."""
    if len(run.segments) == 1:
        return ""
    epochs = int(run.result.get("epoch", run.last_epoch))
    return f"continued after epoch {run.segments[-1].start}: {epochs} epochs in all"
