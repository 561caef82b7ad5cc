"""``sweep``: a study run here, recorded as those that the page starts."""

import shlex
import sys
import time
import uuid
from contextlib import closing
from typing import TYPE_CHECKING, Any, get_args

from pydantic import Field

from mnist_core.cli.common import (
    INTERRUPTED,
    Printing,
    as_json_fields,
    first_interrupt,
    given,
    print_json,
    with_flags,
)
from mnist_core.config.axes import AXIS_SYNTAX, NO_AXIS, ListAxis, parse_axis
from mnist_core.config.fields import FIELDS, FieldSpec, parse_config
from mnist_core.config.share import as_text
from mnist_core.config.sweep import NO_LONGER, SweepConfig, parse_sweep
from mnist_core.errors import ConfigError, Problem

if TYPE_CHECKING:
    from optuna.study import Study

# The fields of a study that are flags.
STUDY = ("name", "sampler", "pruner", "trials", "objective")


def _study_flag(name: str) -> tuple[str, str]:
    """The default and the help of one of ``STUDY``."""
    info = SweepConfig.model_fields[name]
    choices = [choice for choice in get_args(info.annotation) if choice != NO_LONGER]
    default = "" if info.is_required() else str(info.default)
    return default, f"{info.title}" + (f": one of {', '.join(choices)}" if choices else "")


def _setting_flag(spec: FieldSpec) -> tuple[str, str]:
    """The default and the help of a setting: a value for all trials, or an axis."""
    kinds = "a value" if spec.name in NO_AXIS else f"a value, or an axis: {AXIS_SYNTAX}"
    return as_text(spec.default), f"{spec.label}: {kinds}. Each {spec.allowed}."


def study_of(typed: dict[str, str]) -> SweepConfig:
    """The study that the flags describe; a field with several values is an axis.

    Raises:
        ConfigError: names each flag that cannot be.
    """
    base, axes = {}, []
    for name in (name for name in FIELDS if name in typed):
        if name in NO_AXIS:
            base[name] = typed[name]
            continue
        axis = parse_axis(name, typed[name])
        if isinstance(axis, ListAxis) and len(axis.values) == 1:
            base[name] = axis.setting(axis.values[0])
        else:
            axes.append(axis)
    study = {name: typed[name] for name in STUDY if name in typed}
    study.setdefault("name", time.strftime("sweep %Y-%m-%d %H:%M:%S"))
    return parse_sweep({"base": parse_config(base), "axes": axes, **study})


def _resumed(name: str, typed: dict[str, str]) -> "tuple[Study, SweepConfig]":
    """A study that is there, ready to go on.

    Raises:
        ConfigError: there is none of this name, it is running, or a setting is given for it.
    """
    from mnist_core.runs.store import RunStore
    from mnist_core.sweep.storage import open_storage
    from mnist_core.sweep.study import load_study, open_jobs, reopen

    for field, value in typed.items():
        allowed = "cannot be given with --resume: a study goes on with its own settings"
        raise ConfigError([Problem(field, value, allowed)])
    try:
        study, config = load_study(name, open_storage())
    except ConfigError as error:
        raise ConfigError([Problem("resume", name, error.problems[0].allowed)]) from None
    if owners := {owner for _, owner in open_jobs(study).values()}:
        print("Looking whether somebody works on it ...", file=sys.stderr, flush=True)
        heart = RunStore().heart
    if any(heart.is_alive(owner) for owner in owners):
        raise ConfigError([Problem("resume", name, "is running; stop it first")])
    reopen(study)
    return study, config


@with_flags(
    {name: _setting_flag(spec) for name, spec in FIELDS.items()}
    | {name: _study_flag(name) for name in STUDY}
)
class Sweep(Printing):
    """Try many settings at once."""

    resume: str = Field("", description="Go on with the study of this name, with its settings.")

    def __call__(self) -> int:
        """Create the study or go on with it, run it, and say what was found."""
        typed = given(self, (*FIELDS, *STUDY))
        config = None if self.resume else study_of(typed)

        from mnist_core.data.catalog import check_known
        from mnist_core.nn.device import resolve_device
        from mnist_core.runs.store import RunStore
        from mnist_core.sweep.analysis import summarise
        from mnist_core.sweep.execution import execute_study
        from mnist_core.sweep.listed import JOB
        from mnist_core.sweep.storage import open_storage
        from mnist_core.sweep.study import STOP, create_study, job_text

        if config is None:
            study, config = _resumed(self.resume, typed)
        else:
            check_known(config.base.dataset)  # before there is a study
            resolve_device(config.base.device)
            study = create_study(config, open_storage())
        job = uuid.uuid4().hex
        store = RunStore()
        began = time.perf_counter()
        with first_interrupt() as interrupted:
            study.set_user_attr(JOB + job, job_text(store.heart.tend()))
            with closing(execute_study(study, config, store, job)) as events:
                for event in events:
                    self.tell(_as_json(event), _as_line(event), interrupted)
                    if interrupted:
                        study.set_user_attr(STOP, True)  # execute_study() looks
        said = summarise(study, config)
        if self.as_json:
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
