"""The fields of ``TrainConfig`` as widgets, and what people typed back as a ``TrainConfig``."""

from typing import Any, Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mnist_core.config.fields import FIELDS, FieldSpec, format_sizes, parse_config
from mnist_core.config.share import from_query, to_query
from mnist_core.config.train import TrainConfig
from mnist_core.errors import ConfigError
from pages.ui.words import literal

TRAIN = "train"  # the form of the Train page

# What a beginner changes first; everything else is one click away.
MAIN = ("hidden_sizes", "learning_rate", "epochs")


def widget_key(prefix: str, name: str) -> str:
    return f"{prefix}.{name}"


def fill(prefix: str, config: TrainConfig, original: tuple[str, TrainConfig] | None = None) -> None:
    """Put a configuration's values into the form (from a callback, before the widgets).

    ``original`` is the name and configuration of the run it was taken from: what differs from it
    is marked.
    """
    for name, value in config.model_dump().items():
        st.session_state[widget_key(prefix, name)] = _typed(name, value)
    st.session_state[widget_key(prefix, "original")] = original
    st.session_state[widget_key(prefix, "notes")] = []


def clone(name: str, config: TrainConfig, original: TrainConfig) -> None:
    """Fill the Train page's form with ``config``, marked against the run it was taken from."""
    fill(TRAIN, config, (name, original))


def open_link(prefix: str) -> None:
    """Fill the form from the page's address, once a session, and say what could not be taken."""
    notes_key = widget_key(prefix, "notes")
    if notes_key not in st.session_state:
        query = {name: st.query_params[name] for name in FIELDS if name in st.query_params}
        config, notes = from_query(query)
        if query:
            fill(prefix, config)
        st.session_state[notes_key] = notes
    for note in st.session_state[notes_key]:
        st.warning(f"From the link: {literal(note)}", icon=":material/link:")


def keep_link(config: TrainConfig) -> None:
    """Let the page's address carry the configuration."""
    others = {k: v for k, v in st.query_params.items() if k not in FIELDS}
    wanted = others | to_query(config)
    if wanted != st.query_params.to_dict():
        st.query_params.from_dict(wanted)


def current(prefix: str) -> TrainConfig:
    """What the form holds now, for a callback: what was typed last is not drawn again yet.

    Raises ConfigError for a value that is not allowed.
    """
    return parse_config({name: st.session_state[widget_key(prefix, name)] for name in FIELDS})


def config_form(
    prefix: str,
    devices: list[tuple[str, str]],
    disabled: bool,
    rest: DeltaGenerator | None = None,
) -> TrainConfig | None:
    """Draw a widget for every field; the configuration, or None while a value is not allowed.

    ``devices`` are (name, label) of what the workers have, empty while that is not known yet.
    ``rest`` is where the settings go that a beginner does not change first.
    """
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    source = st.session_state.get(widget_key(prefix, "original"))

    def field(name: str) -> None:
        values[name] = _widget(prefix, FIELDS[name], devices, disabled)
        try:
            value = getattr(parse_config({name: values[name]}), name)
        except ConfigError as error:
            problems[name] = error.problems[0].allowed
            st.error(literal(f"{values[name]!r}: {problems[name]}"), icon=":material/error:")
            return
        if source is not None and value != getattr(source[1], name):
            st.markdown(
                f":orange-badge[changed from {literal(shown(name, getattr(source[1], name)))}]"
            )

    if source is not None:
        st.caption(f"From **{literal(source[0])}**; what differs from it is marked.")
    for name in MAIN:
        field(name)
    rest = rest or st.container()
    with rest.expander("More settings", expanded=source is not None):
        for name, spec in FIELDS.items():
            if name not in MAIN and not spec.distorts:
                field(name)
    with rest.expander("Distort the pictures"):
        st.caption("A little different each time they are shown, so that no picture is memorised.")
        for name, spec in FIELDS.items():
            if spec.distorts:
                field(name)
    # Streamlit forgets widgets of a page that is left; these survive.
    st.session_state[widget_key(prefix, "values")] = values
    return None if problems else parse_config(values)


def shown(name: str, value: Any) -> str:
    """A field's value in words."""
    spec = FIELDS[name]
    match spec.kind:
        case "sizes":
            return format_sizes(value) or "no hidden layer"
        case "choice":
            return spec.choice_names.get(value, value)
        case "float":
            return f"{value:g}"
    return str(value)


def number(
    spec: FieldSpec,
    key: str,
    disabled: bool = False,
    label: str | None = None,
    width: int | Literal["stretch"] = "stretch",
) -> float | int:
    """A number input with the field's own bounds; ``width`` is in pixels."""
    assert spec.low is not None, spec.name
    assert spec.high is not None, spec.name
    whole = spec.kind == "int"
    return st.number_input(
        label or spec.label,
        min_value=int(spec.low) if whole else float(spec.low),
        max_value=int(spec.high) if whole else float(spec.high),
        value=st.session_state[key],
        step=1 if whole else _step(st.session_state[key]),
        format="%d" if whole else "%.6g",
        help=spec.help,
        key=key,
        persist_state="session",
        disabled=disabled,
        width=width,
    )


def choice(spec: FieldSpec, key: str, disabled: bool = False) -> str:
    """A list to choose from, with the choices' names."""
    chosen: str = st.selectbox(
        spec.label,
        spec.choices,
        index=spec.choices.index(st.session_state.get(key, spec.default)),
        format_func=lambda name: spec.choice_names.get(name, name),
        help=spec.help,
        key=key,
        persist_state="session",
        disabled=disabled,
    )
    return chosen


def _step(value: float) -> float:
    """One unit of the value's leading digit: 0.5 goes to 0.6, 0.001 to 0.002."""
    return 10.0 ** int(f"{value:e}".split("e")[1]) if value else 0.001


def _widget(prefix: str, spec: FieldSpec, devices: list[tuple[str, str]], disabled: bool) -> Any:
    key = widget_key(prefix, spec.name)
    if key not in st.session_state:
        kept = st.session_state.get(widget_key(prefix, "values"), {})
        st.session_state[key] = kept.get(spec.name, _typed(spec.name, spec.default))
    match spec.kind:
        case "int" | "float":
            return number(spec, key, disabled)
        case "choice":
            return choice(spec, key, disabled)
        case "sizes":
            return st.text_input(
                spec.label,
                st.session_state[key],
                help=spec.help,
                key=key,
                persist_state="session",
                disabled=disabled,
                placeholder="no hidden layer",
            )
        case "text":
            return _device(spec, key, devices, disabled)


def _device(spec: FieldSpec, key: str, devices: list[tuple[str, str]], disabled: bool) -> str:
    # The browser names its choice by the label, so none may change once it was shown: the devices
    # are known a few seconds after the first page.
    labels = {"auto": "Automatic", **dict(devices)}
    names = list(labels)
    if st.session_state[key] not in names:
        names.append(st.session_state[key])  # asked for by a link; Start will say what is there
    return st.selectbox(
        spec.label,
        names,
        index=names.index(st.session_state[key]),
        format_func=lambda name: labels.get(name, name),
        help=spec.help,
        key=key,
        persist_state="session",
        disabled=disabled,
    )


def _typed(name: str, value: Any) -> Any:
    """A field's value as its widget holds it."""
    return format_sizes(value) if FIELDS[name].kind == "sizes" else value
