"""Numbers as people read them, and names letter by letter."""

import re
from collections import Counter
from collections.abc import Mapping

from mnist_core.nn.network import Network
from pages.ui.visitors import for_visitors


def percent(share: float, digits: int = 2) -> str:
    """0.9663 -> 96.63 %"""
    return f"{share:.{digits}%}".replace("%", " %")


def duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def shapes(network: Network) -> str:
    """The parameters with their shapes, as the tutorial prints them."""
    return "\n".join(
        f"{name:<16} {list(array.shape)!s:<12} {array.size:>9,} numbers"
        for name, array in network.weights.items()
    )


# Between these Streamlit makes arrows, dashes, signs and links of what escaping leaves.
_JOINED = re.compile(
    r"(?<=[-<])(?=-)|(?<=-)(?=>)|(?<=[<>~])(?==)|(?<=:)(?=//)|(?<=www)(?=\.)|(?<=@)"
)
WORD_JOINER = "\u2060"  # no width, no break


def literal(text: str) -> str:
    """A text that somebody typed, or an error, for a place that takes Markdown: letter by letter.

    Visitors are shown no places of this machine, see ``visitors``.
    """
    apart = _JOINED.sub(WORD_JOINER, " ".join(for_visitors(text).split()))
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", apart)


def told_apart(names: Mapping[str, str]) -> dict[str, str]:
    """Labels for a list to choose from, by key: of two with one name, the later says which it is.

    ``names`` come newest first, and a label does not change when another one is added.
    """
    count: Counter[str] = Counter()
    labels: dict[str, str] = {}
    taken: set[str] = set()
    for key, name in reversed(names.items()):
        label = name
        while label in taken or (label == name and count[name]):
            count[name] += 1
            label = f"{name} ({count[name]})"
        count[name] = max(count[name], 1)
        labels[key] = label
        taken.add(label)
    return {key: labels[key] for key in names}
