"""``sweep`` on the command line: a study run here, recorded as those that the page starts."""

import argparse
import shlex
import time
import uuid
from typing import TYPE_CHECKING, Any, get_args

from mnist_core.cli.common import INTERRUPTED, as_json_fields, first_interrupt, flag, print_json
from mnist_core.config.fields import FIELDS, parse_config
from mnist_core.config.sweep import (
    AXIS_SYNTAX,
    NO_AXIS,
    Objective,
    Pruner,
    Sampler,
    SweepConfig,
    parse_axis,
    parse_sweep,
)
from mnist_core.errors import ConfigError, Problem

if TYPE_CHECKING:
    from optuna.study import Study

CHOICES = {"sampler": Sampler, "pruner": Pruner, "objective": Objective}


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Every field of ``TrainConfig``, as a value for all trials or as an axis; and the study's."""
    for name, field in FIELDS.items():
        kinds = "a value" if name in NO_AXIS else f"a value, or an axis: {AXIS_SYNTAX}"
        text = f"{field.label}: {kinds}. Each {field.allowed}"
        parser.add_argument(flag(name), dest=name, metavar="X", help=text.replace("%", "%%"))
    for name, info in SweepConfig.model_fields.items():
        if name in CHOICES:
            parser.add_argument(flag(name), dest=f"study.{name}", choices=get_args(CHOICES[name]))
        elif name in ("name", "trials"):
            text = f"{info.title}" + (f", {info.default} if not given" if name == "trials" else "")
            parser.add_argument(flag(name), dest=f"study.{name}", metavar="X", help=text)
    parser.add_argument("--resume", metavar="NAME", help="go on with this study, with its settings")


def parse_options(options: dict[str, Any]) -> SweepConfig:
    """The study that the flags describe; a field with several values is an axis.

    Raises:
        ConfigError: names each flag that cannot be.
    """
    given = {name: value for name, value in options.items() if value is not None}
    base, axes = {}, []
    for name in FIELDS.keys() & given.keys():
        if name in NO_AXIS:
            base[name] = given[name]
            continue
        axis = parse_axis(name, given[name])
        if len(axis.values) == 1:
            base[name] = axis.setting(axis.values[0])
        else:
            axes.append(axis)
    axes.sort(key=lambda axis: list(FIELDS).index(axis.field))
    study = {k.removeprefix("study."): v for k, v in given.items() if k.startswith("study.")}
    study.setdefault("name", time.strftime("sweep %Y-%m-%d %H:%M:%S"))
    return parse_sweep({"base": parse_config(base), "axes": axes, **study})


def _resumed(name: str, options: dict[str, Any]) -> "tuple[Study, SweepConfig]":
    """A study that is there, ready to go on.

    Raises:
        ConfigError: there is none of this name, it is running, or a setting is given for it.
    """
    from mnist_core.runs.store import is_gone
    from mnist_core.sweep.study import load_study, open_jobs, open_storage, reopen

    for field, value in options.items():
        if value is not None:
            allowed = "cannot be given with --resume: a study goes on with its own settings"
            raise ConfigError([Problem(field.removeprefix("study."), value, allowed)])
    try:
        study, config = load_study(name, open_storage())
    except ConfigError as error:
        raise ConfigError([Problem("resume", name, error.problems[0].allowed)]) from None
    if not all(is_gone(owner) for _, owner in open_jobs(study).values()):
        raise ConfigError([Problem("resume", name, "is running; stop it first")])
    reopen(study)
    return study, config


def sweep(options: dict[str, Any], as_json: bool) -> int:
    """Create the study or go on with it, run it, and say what was found."""
    resume = options.pop("resume")
    config = None if resume else parse_options(options)

    from mnist_core.runs.store import RunStore, this_process
    from mnist_core.sweep.analysis import summarise
    from mnist_core.sweep.execution import execute_study
    from mnist_core.sweep.study import JOB, STOP, create_study, open_storage

    if config is None:
        study, config = _resumed(resume, options)
    else:
        study = create_study(config, open_storage())
    job = uuid.uuid4().hex
    study.set_user_attr(JOB + job, f"{time.time():.3f} {this_process()}")
    began = time.perf_counter()
    with first_interrupt() as interrupted:
        for event in execute_study(study, config, RunStore(), job):
            if as_json:
                print_json(_as_json(event))
            elif line := _as_line(event):
                print(line, flush=True)
            if interrupted:
                study.set_user_attr(STOP, True)  # execute_study() looks
    said = summarise(study, config)
    if as_json:
        seconds = time.perf_counter() - began
        print_json({"study": config.name, "summary": said, "seconds": seconds})
    else:
        print(f"{config.name}: {said}")
        if interrupted:
            print(f"Stopped; sweep --resume {shlex.quote(config.name)} goes on.")
    return INTERRUPTED if interrupted else 0


def _as_json(event: Any) -> dict[str, Any]:
    """The event's fields, those of a trial's own event beside its number."""
    from mnist_core.sweep.events import TrialEvent, TrialStarted

    match event:
        case TrialEvent():
            return {"trial": event.trial, **as_json_fields(event.event)}
        case TrialStarted():
            return {"event": "TrialStarted", "trial": event.trial, "values": event.values}
    return as_json_fields(event)


def _as_line(event: Any) -> str | None:
    """The event for a person; None where a line would be too much."""
    from mnist_core.sweep.events import StudyStarted, TrialEnd

    match event:
        case StudyStarted():
            return f"{event.name}: {event.left} of {event.planned} trials to run"
        case TrialEnd():
            values = ", ".join(f"{value:.4g}" for value in event.values)
            return f"Trial {event.trial}: {event.outcome}" + f", {values}" * bool(values)
    return None
