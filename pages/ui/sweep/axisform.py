"""The fields of one explored setting: chosen values, or from, to, how many and in what steps."""

from typing import Any

import streamlit as st

from mnist_core.config.axes import (
    MOST_VALUES,
    ListAxis,
    RangeAxis,
    parse_axis,
    parse_range,
    shown,
    typed,
    usual_axis,
)
from mnist_core.config.fields import FIELDS
from pages.ui import forms

COUNT = 16  # values of a range to begin with
LISTED = 10  # values that are written out
KINDS = {"range": "From … to", "list": "Values"}
STEPS = {False: "equal steps", True: "equal factors"}


def part(field: str, name: str) -> str:
    """The key of one of a setting's fields: kind, values, low, high, count or log."""
    return f"sweep.axis.{field}.{name}"


def fill_axis(axis: ListAxis | RangeAxis, count: int = COUNT) -> None:
    """Put an axis into its fields (from a callback, or before they are drawn).

    ``count`` is how many values it has if it does not say so itself.
    """
    values: dict[str, Any]
    if isinstance(axis, RangeAxis):
        values = {
            "kind": "range",
            "low": typed(axis.low),
            "high": typed(axis.high),
            "count": axis.count or count,
            "log": axis.log,
        }
    else:
        chosen = FIELDS[axis.field].kind == "choice"
        values = {"kind": "list", "values": list(axis.values) if chosen else str(axis)}
    for name, value in values.items():
        st.session_state[part(axis.field, name)] = value


def begin(field: str) -> None:
    """Give a setting that nobody has filled in a usual axis, and its other fields something."""
    if part(field, "kind") not in st.session_state:
        fill_axis(parse_axis(field, usual_axis(field)))
    spec = FIELDS[field]
    low, high = (1, 128) if spec.kind == "sizes" else (spec.low, spec.high)
    others = {
        "values": [] if spec.kind == "choice" else "",
        "low": str(low),
        "high": str(high),
        "count": COUNT,
        "log": False,
    }
    for name, value in others.items():
        st.session_state.setdefault(part(field, name), value)


def current_axis(field: str, counted: bool) -> ListAxis | RangeAxis:
    """What a setting's fields hold now; a range says how many if that is ``counted``.

    Raises ConfigError for what is not allowed.
    """
    begin(field)

    def held(name: str) -> Any:
        return st.session_state[part(field, name)]

    if held("kind") == "range":
        count = held("count") if counted else None
        return parse_range(field, held("low"), held("high"), held("log"), count)
    values = held("values")
    return parse_axis(field, values if isinstance(values, str) else ",".join(values))


def axis_fields(field: str, counted: bool) -> None:
    """Draw the fields of a setting; ``counted``: it is asked how many values a range has."""
    begin(field)
    spec = FIELDS[field]
    if spec.kind == "choice":
        st.multiselect(
            spec.label,
            spec.choices,
            st.session_state[part(field, "values")],
            format_func=lambda name: spec.choice_names.get(name, name),
            key=part(field, "values"),
            persist_state="session",
            help=spec.help,
        )
        return
    key = part(field, "kind")
    kind = forms.switch(spec.label, KINDS, st.session_state[key], key, help=spec.help)
    if kind == "list":
        _text(field, "values", f"{spec.label}, values", "such as 16, 32, 64", hidden=True)
        return
    low, high = st.columns(2, gap="small")
    with low:
        _text(field, "low", "From")
    with high:
        _text(field, "high", "To")
    count, spaced = st.columns(2, gap="small")  # on a phone, after From and To
    if counted:
        with count:
            st.number_input(
                "How many",
                2,
                MOST_VALUES,
                st.session_state[part(field, "count")],
                key=part(field, "count"),
                persist_state="session",
            )
    with spaced if counted else count:
        forms.options(
            "Spaced by",
            STEPS,
            part(field, "log"),
            help="Equal factors suit what spans several powers of ten, as learning rates do: "
            "0.01, 0.1, 1.",
        )


def _text(field: str, name: str, label: str, hint: str = "", hidden: bool = False) -> None:
    st.text_input(
        label,
        st.session_state[part(field, name)],
        key=part(field, name),
        persist_state="session",
        placeholder=hint,
        label_visibility="collapsed" if hidden else "visible",
    )


def tried(axis: ListAxis | RangeAxis) -> str:
    """Which values will be tried, in words; nothing where they can be read in the field."""
    if isinstance(axis, ListAxis):
        return ""
    if axis.count is None:
        low, high = (shown(axis.number(end)) for end in (axis.low, axis.high))
        return f"any value from {low} to {high}, spread {'by factors' if axis.log else 'evenly'}"
    values = [shown(value) for value in axis.points(axis.count)]
    if len(values) > LISTED:
        values = [*values[:3], "…", *values[-2:]]
    return ", ".join(values)
