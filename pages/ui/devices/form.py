"""The form of a measurement: what varies, what stays, and where it is measured."""

from typing import Any

import streamlit as st

from mnist_core.config.fields import format_sizes
from mnist_core.config.measuring import (
    MOST_SETTINGS,
    TITLES,
    USUAL,
    Plan,
    Setting,
    Varied,
    choices,
    parse_plan,
    parse_values,
    usual,
)
from mnist_core.config.share import PLANNED, plan_from_query, plan_to_query
from mnist_core.errors import ClusterError, ConfigError
from mnist_core.nn.machine import usable_cores
from pages.ui import forms, links
from pages.ui.state import backend
from pages.ui.words import literal

HELP: dict[Varied, str] = {
    "units": "Of each hidden layer.",
    "pictures": "Of an epoch, which is one pass over all of them.",
    "batch_size": "Pictures averaged into one step.",
    "layers": "0 is a network without a hidden layer.",
}
PLAN = Plan.model_json_schema()["properties"]  # the fields with their bounds and defaults


def key(name: str) -> str:
    return f"devices.{name}"


def _values_key(varies: Varied) -> str:
    return key(f"values.{varies}")


def open_link() -> None:
    """Fill the form from the page's address, once a session, and say what could not be taken."""

    def take() -> list[str]:
        said, notes = plan_from_query(st.query_params)
        for name, value in said.items():
            st.session_state[key(name)] = value
        if "values" in said:
            varies: Varied = said.get("varies", "units")
            st.session_state[_values_key(varies)] = format_sizes(said["values"])
        if "settings" in said:
            st.session_state[key("asked")] = st.session_state.pop(key("settings"))
        return notes

    links.take_once("devices", take)


def possible() -> dict[str, Setting]:
    """What can be compared here, by name; nothing while the devices are not known.

    Raises MnistLabError if the trainer cannot start.
    """
    devices = backend().devices
    if not devices:
        return {}
    try:
        cores = max((worker.cores for worker in backend().watch.workers()), default=0)
    except ClusterError:  # Start says so, too
        cores = 0
    return {setting.name: setting for setting in choices(devices, cores or usable_cores())}


def current() -> Plan:
    """What the form holds now, for a callback.

    Raises:
        ConfigError: a value is not allowed.
    """
    held, found = st.session_state, possible()
    varies: Varied = held[key("varies")]
    fixed = {name: held[key(name)] for name in (*TITLES, "repeats") if key(name) in held}
    chosen = [found[name] for name in held[key("settings")] if name in found]
    values = parse_values(held[_values_key(varies)])
    return parse_plan({**fixed, "varies": varies, "values": values, "settings": chosen})


def draw() -> Plan | None:
    """Draw the form; the plan, or None while a value is not allowed (said at its field)."""
    open_link()
    found = possible()
    st.session_state.setdefault(key("varies"), "units")
    varies = forms.options(
        "What varies",
        {name: title.capitalize() for name, title in TITLES.items()},
        key("varies"),
    )
    usual_text = ", ".join(map(str, USUAL[varies]))
    st.text_input(
        "Values",
        st.session_state.setdefault(_values_key(varies), usual_text),
        key=_values_key(varies),
        persist_state="session",
        help="Whole numbers with commas between them.",
    )
    at_values = st.container()
    if not found:
        st.caption("What can be compared is known when the trainer has started.")
        return None
    _compare(found)
    at_settings = st.container()
    with st.expander("What stays the same"):
        for name in TITLES:
            if name != varies:
                _number(name, TITLES[name].capitalize(), HELP[name])
        _number("repeats", "Repeats", "How often each point is measured; the bars show the spread.")
    try:
        plan = current()
        links.put_into_link(plan_to_query(plan, usual(list(found.values()))), PLANNED)
        return plan
    except ConfigError as error:
        for problem in error.problems:
            if problem.field == "settings":
                at_settings.error(problem.allowed, icon=":material/error:")
            else:
                said = literal(f"{problem.shown}: {problem.allowed}")
                at_values.error(said, icon=":material/error:")
        return None


def _compare(found: dict[str, Setting]) -> None:
    """Which devices, threads and precisions are compared."""
    asked = st.session_state.get(key("asked"), [])  # by the page's address
    if absent := [name for name in asked if name not in found]:
        links.show_note(f"{', '.join(absent)}: not on this machine.")
    names = [name for name in asked if name in found]
    names = names or [setting.name for setting in usual(list(found.values()))]
    kept = [name for name in st.session_state.get(key("settings"), names) if name in found]
    st.session_state[key("settings")] = kept
    st.multiselect(
        "Compare",
        list(found),
        kept,
        key=key("settings"),
        persist_state="session",
        max_selections=MOST_SETTINGS,
        wrap=True,
        help="Threads are the CPU cores that compute at once. A float32 number has 32 bits, as in "
        "all training here; float64 has twice as many, bfloat16 half as many.",
    )
    if all(setting.on_cpu for setting in found.values()):
        st.caption("No GPU is present, so thread counts and precisions are compared.")


def _number(name: str, label: str, help: str) -> Any:
    field = PLAN[name]
    return st.number_input(
        label,
        min_value=field["minimum"],
        max_value=field["maximum"],
        value=st.session_state.setdefault(key(name), field["default"]),
        step=1,
        key=key(name),
        persist_state="session",
        help=help,
    )
