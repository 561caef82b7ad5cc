"""The fields of ``TrainConfig`` as widgets, and what people typed back as a ``TrainConfig``."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Literal, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mnist_core.config.device import explain_automatic, multiplications
from mnist_core.config.fields import FIELDS, FieldSpec, format_sizes, parse_config
from mnist_core.config.train import TrainConfig
from mnist_core.data.catalog import dataset_spec
from mnist_core.data.own import own_titles
from mnist_core.errors import ConfigError, Problem
from pages.ui.words import literal

K = TypeVar("K")

TRAIN = "train"  # the form of the Train page
EVERYTHING = ""  # of a list, what stands for all of it
ASKED = "asked"  # session key: a question with which another page opens Sweep

# What a beginner changes first; everything else is one click away.
MAIN = ("hidden_sizes", "learning_rate", "epochs")


def widget_key(prefix: str, name: str) -> str:
    return f"{prefix}.{name}"


def fill(prefix: str, config: TrainConfig, original: tuple[str, TrainConfig] | None = None) -> None:
    """Put a configuration's values into the form (from a callback, before the widgets).

    ``original`` is the name and configuration of the run it was taken from: what differs from it
    is marked.
    """
    values = {name: _typed(name, value) for name, value in config.model_dump().items()}
    for name, value in values.items():
        st.session_state[widget_key(prefix, name)] = value
    st.session_state[widget_key(prefix, "values")] = values  # for who looks before it is drawn
    st.session_state[widget_key(prefix, "original")] = original
    st.session_state[widget_key(prefix, "notes")] = []


def put(prefix: str, settings: Mapping[str, Any]) -> None:
    """Put these settings into the form, and leave the others (before the widgets)."""
    for name, value in settings.items():
        st.session_state[widget_key(prefix, name)] = _typed(name, value)


def clone(name: str, config: TrainConfig, original: TrainConfig) -> None:
    """Fill the Train page's form with ``config``, marked against the run it was taken from."""
    fill(TRAIN, config, (name, original))


def current(prefix: str) -> TrainConfig:
    """What the form holds now, for a callback: what was typed last is not drawn again yet.

    Raises ConfigError for a value that is not allowed.
    """
    return parse_config({name: st.session_state[widget_key(prefix, name)] for name in FIELDS})


def config_form(
    prefix: str,
    devices: list[tuple[str, str]],
    rest: DeltaGenerator | None = None,
    fixed: Collection[str] = (),
    hidden: Collection[str] = (),
    check: Callable[[TrainConfig], None] | None = None,
) -> TrainConfig | None:
    """Draw a widget for every field; the configuration, or None while a value is not allowed.

    ``devices`` are (name, label) of what the workers have, empty while that is not known yet.
    ``rest`` is where the settings go that a beginner does not change first. Fields that are
    ``fixed`` cannot be changed, and those that are ``hidden`` are not shown; they hold what was
    ``put`` there. ``check`` raises ConfigError for what cannot be trained as a whole.
    """
    values: dict[str, Any] = {}
    below: dict[str, DeltaGenerator] = {}
    problems: set[str] = set()
    source = st.session_state.get(widget_key(prefix, "original"))
    first = st.container()
    rest = rest or st.container()

    def refuse(problem: Problem) -> None:
        place = below.get(problem.field, rest)
        place.error(literal(f"{problem.shown}: {problem.allowed}"), icon=":material/error:")

    def field(name: str) -> None:
        if name in hidden:
            values[name] = st.session_state[widget_key(prefix, name)]
            return
        values[name] = _widget(prefix, FIELDS[name], devices, name in fixed)
        below[name] = st.container()
        try:
            value = getattr(parse_config({name: values[name]}), name)
        except ConfigError as error:
            problems.add(name)
            refuse(error.problems[0])
            return
        if source is not None and value != getattr(source[1], name):
            st.markdown(
                f":orange-badge[changed from {literal(shown(name, getattr(source[1], name)))}]"
            )

    with first:
        if source is not None:
            st.caption(f"From **{literal(source[0])}**; what differs from it is marked.")
        for name in MAIN:
            field(name)

    def folded(title: str, names: list[str], expanded: bool = False) -> DeltaGenerator:
        """Where these fields go: nothing can be unfolded in which there is nothing."""
        return rest.expander(title, expanded=expanded) if set(names) - set(hidden) else rest

    others = [n for n, spec in FIELDS.items() if n not in MAIN and not spec.distorts]
    more = folded("More settings", others, expanded=source is not None)
    with more:
        for name in others:
            field(name)
    distorting = [name for name, spec in FIELDS.items() if spec.distorts]
    with (distorted := folded("Distort the pictures", distorting)):
        if distorted is not rest:
            st.caption(
                "A little different each time they are shown, so that no picture is memorised."
            )
        for name in distorting:
            field(name)
    # Streamlit forgets widgets of a page that is left; these survive.
    st.session_state[widget_key(prefix, "values")] = values
    config = None if problems else parse_config(values)
    if config and check:
        try:
            check(config)
        except ConfigError as error:
            for problem in error.problems:
                refuse(problem)
            return None
    if config and config.device == "auto" and len(devices) > 1 and "device" not in hidden:
        before, classes = dataset_spec(config.dataset).ends
        work = multiplications((before, *config.hidden_sizes, classes), config.batch_size)
        more.caption(explain_automatic(devices, work))
    return config


def shown(name: str, value: Any) -> str:
    """A field's value in words."""
    spec = FIELDS[name]
    match spec.kind:
        case "sizes":
            return format_sizes(value) or "no hidden layer"
        case "choice":
            return said_choices(spec).get(value, value)
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


def said_choices(spec: FieldSpec) -> dict[str, str]:
    """What a field's choices are called; of data sets, those of one's own on this machine too."""
    said = {name: spec.choice_names.get(name, name) for name in spec.choices}
    if spec.name == "dataset":
        said |= {name: f"{title} (your own)" for name, title in own_titles().items()}
    return said


def choice(spec: FieldSpec, key: str, disabled: bool = False) -> str:
    """A list of a field's choices."""
    said = said_choices(spec)
    # Of a link, a run or another tab: it is said below that its pictures are not here.
    if (asked := st.session_state.get(key, spec.default)) not in said:
        said[asked] = f"{asked} (not on this machine)"
    return options(spec.label, said, key, spec.default, help=spec.help, disabled=disabled)


def options(
    label: str, said: Mapping[K, str], key: str, default: K | None = None, **looks: Any
) -> K:
    """A list to choose from, each choice as it is ``said``.

    It begins with what ``key`` holds, and where that is nothing with ``default``.
    """
    choices = list(said)
    chosen: K = st.selectbox(
        label,
        choices,
        index=choices.index(st.session_state.get(key, default)),
        format_func=said.__getitem__,
        key=key,
        persist_state="session",
        **looks,
    )
    return chosen


def one_or_all(label: str, names: Sequence[str], key: str, everything: str) -> str:
    """A list of names and of ``everything``, which is the empty string; all are told apart.

    What ``key`` holds and is not among the names is forgotten.
    """
    while everything in names:
        everything = f"{everything} of them"
    if st.session_state.get(key) not in names:
        st.session_state[key] = EVERYTHING
    return options(label, {EVERYTHING: everything, **{name: name for name in names}}, key)


def switch(label: str, said: Mapping[K, str], default: K, key: str, **looks: Any) -> K:
    """A few choices side by side, each as it is ``said``, of which one is always on."""
    chosen: K = st.segmented_control(
        label,
        list(said),
        default=default,
        required=True,
        format_func=said.__getitem__,
        key=key,
        persist_state="session",
        **looks,
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
