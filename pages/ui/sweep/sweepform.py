"""The form of a study: axes, sampler, pruning, trials, and what they will take."""

import math
import uuid
from functools import cache
from typing import Any

import streamlit as st

from mnist_core.config.axes import MOST_VALUES, NO_AXIS, RangeAxis, parse_axis, usual_axis
from mnist_core.config.fields import FIELDS, parse_config
from mnist_core.config.questions import QUESTIONS
from mnist_core.config.share import LINKED, sweep_from_query, sweep_to_query
from mnist_core.config.sweep import MAX_TRIALS, SweepConfig, parse_sweep
from mnist_core.errors import ConfigError, DataError, MnistLabError, Problem
from mnist_core.runs.limits import check_sweep
from pages.ui import forms, links
from pages.ui.fragments import fragment
from pages.ui.state import backend, studies
from pages.ui.sweep.axisform import COUNT, axis_fields, current_axis, fill_axis, tried
from pages.ui.user import user
from pages.ui.words import duration

POLL = 0.5  # seconds between two looks for the measured cost
SAMPLERS = {
    "grid": "every combination (grid)",
    "random": "at random",
    "qmc": "evenly spread (quasi-random)",
    "tpe": "near what did well (TPE)",
}
PRUNERS = {
    "none": "nobody: all train to the end",
    "median": "whoever is below the middle (median)",
    "halving": "two of three, again and again (halving)",
}
OBJECTIVES = {
    "val_accuracy": "the highest validation accuracy",
    "val_loss": "the lowest validation loss",
    "accuracy_vs_parameters": "accuracy and few parameters, both",
}
DEFAULTS = {
    "fields": ["hidden_sizes", "learning_rate"],
    "sampler": "grid",
    "pruner": "none",
    "objective": "val_accuracy",
    "trials": 64,
    "epochs": 5,
}

NAMED = "sweep.named"  # session key: whether a person gave the study its name


def key(name: str) -> str:
    return f"sweep.{name}"


def free_name(names: list[str]) -> str:
    """A name that no study has."""
    return next(name for i in range(1, len(names) + 2) if (name := f"sweep {i}") not in names)


def offer_name(names: list[str]) -> None:
    """Put a name that no study has into the form (before its field is drawn)."""
    st.session_state[key("name")] = free_name(names)
    st.session_state[NAMED] = False


def _named() -> None:
    st.session_state[NAMED] = True


def fill(config: SweepConfig, names: list[str]) -> None:
    """Put a study's settings into the form, to be changed (from a callback)."""
    offer_name(names)
    values = {
        "fields": [axis.field for axis in config.axes],
        "sampler": config.sampler,
        "pruner": config.pruner,
        "objective": config.objective if config.objective in OBJECTIVES else DEFAULTS["objective"],
        "trials": config.trials,
        "epochs": config.base.epochs,
    }
    grid = config.grid() if config.sampler == "grid" else {}
    for axis in config.axes:
        fill_axis(axis, min(len(grid[axis.field]), MOST_VALUES) if grid else COUNT)
    st.session_state[key("base")] = config.base
    for name, value in values.items():
        st.session_state[key(name)] = value


def ask(names: list[str]) -> None:
    """Put the study that answers the chosen question into the form (from a callback)."""
    question = st.session_state[key("question")]
    if question is not None:
        fill(QUESTIONS[question], names)
        del st.session_state[key("base")]  # all else is as on the Train page


def take_asked(names: list[str]) -> bool:
    """Fill the form with the question that another page asked; whether one did."""
    question = st.session_state.pop(forms.ASKED, None)
    if question is not None:
        st.session_state[key("question")] = question
        ask(names)
    return question is not None


def open_link(names: list[str]) -> None:
    """Fill the form from the page's address, once a session, and say what could not be taken."""

    def take() -> list[str]:
        config, notes = sweep_from_query(st.query_params, free_name(names))
        if config is not None:
            fill(config, names)
            del st.session_state[key("base")]
            forms.fill(forms.TRAIN, config.base)  # as whoever shares the link had it there
        return notes

    links.take_once("sweep", take)


def keep_link(config: SweepConfig) -> None:
    """Let the page's address carry the form, unless nobody has touched it."""
    query = sweep_to_query(config)
    links.put_into_link({} if query == _untouched() else query, LINKED)


@cache
def _untouched() -> dict[str, str]:
    """What the address of a form that nobody has touched would carry."""
    axes = [parse_axis(field, usual_axis(field)) for field in DEFAULTS["fields"]]
    counted = [
        axis.model_copy(update={"count": COUNT}) if isinstance(axis, RangeAxis) else axis
        for axis in axes
    ]
    return sweep_to_query(parse_sweep({"name": "untouched", "axes": counted}))


def sweep_form(names: list[str]) -> SweepConfig | None:
    """Draw the form; the study, or None while a value is not allowed (said at its field)."""
    for name, value in DEFAULTS.items():
        st.session_state.setdefault(key(name), value)
    name = st.session_state.get(key("name"))
    if name is None or (name in names and not st.session_state.get(NAMED)):
        offer_name(names)
    slots: dict[str, Any] = {}

    def slot(field: str) -> None:
        slots[field] = st.container()

    def held(name: str) -> Any:
        return st.session_state[key(name)]

    st.selectbox(
        "Question",
        list(QUESTIONS),
        index=None,
        placeholder="choose one, or ask your own below",
        key=key("question"),
        persist_state="session",
        on_change=ask,
        args=(names,),
    )
    slot("name")
    fields = st.multiselect(
        "Explore",
        [field for field in FIELDS if field not in NO_AXIS],
        default=held("fields"),
        format_func=lambda field: FIELDS[field].label,
        key=key("fields"),
        persist_state="session",
        wrap=True,
        help="The settings that differ from trial to trial. All others are as on the Train page.",
    )
    slot("axes")
    for field in fields:
        axis_fields(field, counted=held("sampler") == "grid")
        slot(field)
    forms.options(
        "How values are chosen",
        SAMPLERS,
        key("sampler"),
        help="A grid is easy to read and grows fast with each setting. With three settings or "
        "more, the others find good values in fewer trials.",
    )
    slot("sampler")
    if held("sampler") != "grid":  # of a grid they are counted
        st.number_input(
            "Trials", min_value=1, value=held("trials"), key=key("trials"), persist_state="session"
        )
    slot("trials")
    if "epochs" not in fields:
        st.number_input(
            "Epochs", 1, 1000, held("epochs"), key=key("epochs"), persist_state="session"
        )
        slot("epochs")
    with st.expander("More settings"):
        name = held("name")
        st.text_input("Name", name, key=key("name"), persist_state="session", on_change=_named)
        forms.options(
            "Who is stopped early",
            PRUNERS,
            key("pruner"),
            help="Trials that fall behind after an epoch are cut (pruned), so that the others get "
            "their time.",
        )
        slot("pruner")
        forms.options("What is looked for", OBJECTIVES, key("objective"))
    try:
        config = current(names)
        check_sweep(config, user())
        if backend().ready:
            backend().queue.check(config.base, by=user())
    except ConfigError as error:
        for problem in error.problems:
            slot_of = slots.get(problem.field, slots["axes"])
            slot_of.error(problem.allowed, icon=":material/error:")
        return None
    for axis in config.axes:
        if said := tried(axis):
            slots[axis.field].caption(said)
    return config


def current(names: list[str]) -> SweepConfig:
    """What the form holds now; a button's callback sees what was typed last, too.

    ``names`` are of the studies that exist. Raises ConfigError with every value that is not
    allowed.
    """
    value = {name: st.session_state[key(name)] for name in ("name", *DEFAULTS)}
    name = value.pop("name").strip()
    problems = []
    if name in names and not st.session_state.get(NAMED):  # offered to somebody else, too
        name = free_name(names)
    if name in names:
        taken = "a study of this name exists; resume it, or choose another name"
        problems.append(Problem("name", name, taken))
    axes = []
    grid = value["sampler"] == "grid"
    for field in value.pop("fields"):
        try:
            axes.append(current_axis(field, counted=grid))
        except ConfigError as error:
            problems += [Problem(field, p.value, p.allowed) for p in error.problems]
    if grid:
        points = math.prod(len(axis.points(0)) for axis in axes)
        value["trials"] = min(max(points, 1), MAX_TRIALS)
    base = st.session_state.get(key("base")) or _train_settings()
    epochs = value.pop("epochs")
    if all(axis.field != "epochs" for axis in axes):
        base = {**base.model_dump(), "epochs": epochs}
    if all(problem.field == "name" for problem in problems):
        try:
            config = parse_sweep({"name": name, "base": base, "axes": axes, **value})
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return config


def _train_settings() -> Any:
    """The settings of the Train page's form, as far as they are allowed."""
    try:
        return parse_config(st.session_state.get(forms.widget_key(forms.TRAIN, "values"), {}))
    except ConfigError:
        return parse_config({})


def cost(config: SweepConfig) -> None:
    """What the study will take, measured on a worker while the page is already usable."""
    known = _cost(config)
    if known is None:
        fragment(_cost_when_known, POLL)(config)
    else:
        st.caption(known)


def _cost_when_known(config: SweepConfig) -> None:
    if _cost(config) is not None:
        st.rerun()
    st.caption(f"{config.planned:,} trials · measuring how long they will take …")


def _cost(config: SweepConfig) -> str | None:
    if not backend().ready:
        return None
    asker = st.session_state.setdefault(key("asker"), uuid.uuid4().hex)
    try:
        found = studies().cost(config, asker)
    except DataError as error:  # nothing is wrong with the study
        return f"{config.planned:,} trials · {error}"
    except MnistLabError as error:
        return f":red[{error}]"
    if found is None:
        return None
    time = duration(found.seconds)
    memory = f"{found.memory / 2**20:,.0f} MB"
    return f"{found.trials:,} trials · about {time} on one worker · {memory} of memory"
