"""What became better or worse against the run before, and whether that is more than chance."""

import streamlit as st

from mnist_core.config.fields import FIELDS
from mnist_core.insight.before import gain, more_than_chance, run_before
from mnist_core.insight.compare import differing
from mnist_core.runs.records import Run
from pages.ui.changes import continued
from pages.ui.forms import shown
from pages.ui.state import backend
from pages.ui.user import mine
from pages.ui.words import literal

SEEN = "train.seen"  # session key: the runs that were looked at here
BEFORE = "train.before"  # session key: (a run's id, that of the run before it)
ENDED = 5.0  # seconds for which what is known of a run that has ended will do


def before(run: Run) -> Run | None:
    """The run before this one, of those that this session looked at if it did."""
    if not run.data:
        return None  # on which pictures it is trained is not known yet
    seen = st.session_state.setdefault(SEEN, set())
    seen.add(run.id)
    of, known = st.session_state.get(BEFORE, (None, None))
    if of != run.id:  # looked for once: the list may be long, and this is drawn at each poll
        found = run_before(run, filter(mine, backend().watch.library()), seen)
        known = found.id if found else None
        st.session_state[BEFORE] = (run.id, known)
    return backend().watch.run(known, ENDED) if known else None


def show(run: Run, other: Run | None) -> None:
    """The difference in words; nothing for a first run."""
    if other is None or run.figure("val_accuracy") is None:
        return
    now, then = run.segments[-1], other.segments[-1]
    changed = [
        f"{FIELDS[name].label.lower()} {shown(name, getattr(then.config, name))} → "
        f"{shown(name, getattr(now.config, name))}"
        for name in differing([now.config, then.config])
    ]
    for of, which in ((run, "this one"), (other, "that one")):
        if words := continued(of):
            changed.append(f"{which} was {words}")
        if of.segments[-1].changes:
            changed.append(f"{which} was changed while it trained")
    points = f"{100 * gain(run, other):+.1f}".replace("-", "−")
    alike = points[1:] == "0.0"
    gap = "As good as the run before" if alike else f"{points} points against the run before"
    what = f" ({literal(', '.join(changed))})" if changed else ""
    chance = more_than_chance(run, other, backend().watch.library())
    st.markdown(f"**{gap}**{what}. {chance}")
