"""Jobs that a scheduler will not do, by what it says of them."""

from collections import Counter
from collections.abc import Mapping

LOOKS = 5  # looks at which a scheduler knows nothing of a job until it counts as lost
GONE = (None, "released", "forgotten", "memory", "erred")  # a scheduler's words for: not coming


class Missing:
    """Which jobs are lost, look after look."""

    def __init__(self) -> None:
        self._unknown: Counter[str] = Counter()

    def lost(self, states: Mapping[str, str | None]) -> set[str]:
        """The keys of the jobs that are lost, by a scheduler's word for each; None: not known."""
        unknown = {key for key, state in states.items() if state is None}
        # A job that was just submitted may not be known yet: it is looked for again.
        self._unknown = Counter({key: self._unknown[key] + 1 for key in unknown})
        return {
            key
            for key, state in states.items()
            if state in GONE and (key not in unknown or self._unknown[key] >= LOOKS)
        }
