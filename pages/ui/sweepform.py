"""The form of a study: axes, sampler, pruning, trials, and what they will take."""

from typing import Any, get_args

import streamlit as st

from mnist_core.config import FIELDS, parse_config
from mnist_core.errors import ConfigError, MnistLabError
from mnist_core.sweep_config import (
    AXIS_SYNTAX,
    NO_AXIS,
    Objective,
    Pruner,
    Sampler,
    SweepConfig,
    parse_axis,
    parse_sweep,
    usual_axis,
)
from pages.ui import forms, runview
from pages.ui.studies import studies

POLL = 0.5  # seconds between two looks for the measured cost
SAMPLERS = {
    "grid": "grid (every combination)",
    "random": "random",
    "qmc": "quasi-random (evenly spread)",
    "tpe": "TPE (learns from what it tried)",
}
PRUNERS = {
    "none": "none",
    "median": "median (below the others' middle)",
    "halving": "successive halving (a third goes on)",
}
OBJECTIVES = {
    "val_accuracy": "validation accuracy",
    "val_loss": "validation loss",
    "accuracy_vs_parameters": "accuracy against parameters",
    "accuracy_vs_seconds": "accuracy against seconds",
}
DEFAULTS = {
    "fields": ["hidden_sizes", "learning_rate"],
    "sampler": "grid",
    "pruner": "none",
    "objective": "val_accuracy",
    "trials": 64,
    "epochs": 5,
}


def key(name: str) -> str:
    return f"sweep.{name}"


def free_name(names: list[str]) -> str:
    """A name that no study has."""
    return next(name for i in range(1, len(names) + 2) if (name := f"sweep {i}") not in names)


def fill(config: SweepConfig, names: list[str]) -> None:
    """Put a study's settings into the form, to be changed (from a callback)."""
    values = {
        "name": free_name(names),
        "fields": [axis.field for axis in config.axes],
        "sampler": config.sampler,
        "pruner": config.pruner,
        "objective": config.objective,
        "trials": config.trials,
        "epochs": config.base.epochs,
        **{f"axis.{axis.field}": str(axis) for axis in config.axes},
    }
    st.session_state[key("base")] = config.base
    for name, value in values.items():
        st.session_state[key(name)] = value


def sweep_form(names: list[str]) -> SweepConfig | None:
    """Draw the form; the study, or None while a value is not allowed (said at its field)."""
    for name, value in {**DEFAULTS, "name": free_name(names)}.items():
        st.session_state.setdefault(key(name), value)
    problems: dict[str, list[str]] = {}
    slots: dict[str, Any] = {}

    def slot(field: str) -> None:
        slots[field] = st.container()

    name = st.text_input("Name", key=key("name"))
    slot("name")
    allowed = [field for field in FIELDS if field not in NO_AXIS]
    fields = st.multiselect(
        "Explore",
        allowed,
        format_func=lambda field: FIELDS[field].label,
        key=key("fields"),
        help="The settings that differ from trial to trial. All others are as on the Train page.",
    )
    slot("axes")
    axes = {}
    for field in fields:
        st.session_state.setdefault(key(f"axis.{field}"), usual_axis(field))
        text = st.text_input(
            FIELDS[field].label,
            key=key(f"axis.{field}"),
            help=f"{AXIS_SYNTAX}. {FIELDS[field].help}",
        )
        slot(field)
        try:
            axes[field] = parse_axis(field, text)
        except ConfigError as error:
            problems[field] = [problem.allowed for problem in error.problems]
    sampler = st.selectbox(
        "Sampler", get_args(Sampler), format_func=SAMPLERS.__getitem__, key=key("sampler")
    )
    slot("sampler")
    trials = st.number_input("Trials", min_value=1, key=key("trials"))
    slot("trials")
    if "epochs" not in fields:
        st.number_input("Epochs", min_value=1, max_value=1000, key=key("epochs"))
    with st.expander("More settings"):
        pruner = st.selectbox(
            "Pruning",
            get_args(Pruner),
            format_func=PRUNERS.__getitem__,
            key=key("pruner"),
            help="Cuts trials that fall behind, so that the others get their time.",
        )
        slot("pruner")
        objective = st.selectbox(
            "Objective",
            get_args(Objective),
            format_func=OBJECTIVES.__getitem__,
            key=key("objective"),
        )
    config = None
    if not problems:
        try:
            base = st.session_state.get(key("base")) or _train_settings()
            config = parse_sweep(
                {
                    "name": name.strip(),
                    "base": {**base.model_dump(), "epochs": st.session_state[key("epochs")]}
                    if "epochs" not in fields
                    else base,
                    "axes": list(axes.values()),
                    "sampler": sampler,
                    "pruner": pruner,
                    "objective": objective,
                    "trials": trials,
                }
            )
        except ConfigError as error:
            for problem in error.problems:
                problems.setdefault(problem.field, []).append(problem.allowed)
    if name.strip() in names:
        problems["name"] = ["a study of this name exists; resume it, or choose another name"]
    for field, texts in problems.items():
        for text in texts:
            slots.get(field, slots["axes"]).error(text, icon=":material/error:")
    return None if problems else config


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
        st.fragment(_cost_when_known, run_every=POLL)(config)
    else:
        st.caption(known)


def _cost_when_known(config: SweepConfig) -> None:
    if _cost(config) is not None:
        st.rerun()
    st.caption(f"{config.planned:,} trials · measuring how long they will take …")


def _cost(config: SweepConfig) -> str | None:
    try:
        found = studies().cost(config)
    except MnistLabError as error:
        return f":red[{error}]"
    if found is None:
        return None
    time = runview.duration(found.seconds)
    memory = f"{found.memory / 2**20:,.0f} MB"
    return f"{found.trials:,} trials · about {time} on one worker · {memory} of memory"
