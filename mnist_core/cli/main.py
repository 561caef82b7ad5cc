"""The command line: its commands, and how it ends when something is wrong.

PyTorch takes seconds to load, so each command imports what it needs when its arguments are right.
"""

import argparse
import io
import os
import sys
from typing import Any, NoReturn

from pydantic import ValidationError
from pydantic_settings import (
    BaseSettings,
    CliApp,
    CliSettingsSource,
    CliSubCommand,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    get_subcommand,
)

from mnist_core.cli.app import App
from mnist_core.cli.common import BAD_USAGE, FAILED, INTERRUPTED, Command, flag
from mnist_core.cli.data import Data
from mnist_core.cli.measure import Bench
from mnist_core.cli.predict import Predict
from mnist_core.cli.scoring import ScoreDrawings
from mnist_core.cli.sweep import Sweep
from mnist_core.cli.train import Train
from mnist_core.errors import ConfigError, MnistLabError

NO_TEXT = "\0"  # the text that stands for None: one that nobody can type


class MnistLab(BaseSettings):
    """Train and use digit readers."""

    model_config = SettingsConfigDict(
        cli_avoid_json=True,
        cli_enforce_required=True,
        cli_implicit_flags="toggle",
        cli_kebab_case=True,
        cli_parse_none_str=NO_TEXT,
        cli_use_class_docs_for_groups=True,
    )

    train: CliSubCommand[Train]
    sweep: CliSubCommand[Sweep]
    predict: CliSubCommand[Predict]
    score_drawings: CliSubCommand[ScoreDrawings]
    data: CliSubCommand[Data]
    bench: CliSubCommand[Bench]
    app: CliSubCommand[App]

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], *sources: PydanticBaseSettingsSource, **_: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """None but the command line: a variable of the environment may be called ``data``."""
        return ()


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong with a command; ``--help`` says the rest."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_USAGE, f"{self.prog}: {message}\n")


def _chosen(parser: _Parser, arguments: list[str] | None) -> Command:
    """The command with its flags; what is wrong with them ends the process."""
    source = CliSettingsSource[_Parser](MnistLab, root_parser=parser)
    try:
        lab = CliApp.run(MnistLab, arguments, cli_settings_source=source)
    except ValidationError as error:
        wrong = error.errors()[0]
        parser.error(f"{wrong['loc'][-1]} {wrong['input']!r}: {wrong['msg']}")
    command = get_subcommand(lab, is_required=False)
    if not isinstance(command, Command):
        parser.error("COMMAND is missing; --help lists them")
    return command


def main(arguments: list[str] | None = None) -> int:
    """Run one command, by default the one that this process was started with; its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a name may have letters that a terminal has not
            stream.reconfigure(errors="backslashreplace")
    parser = _Parser(prog="mnist-lab", description=MnistLab.__doc__)
    command = _chosen(parser, arguments)
    try:
        status = command()
        sys.stdout.flush()
        return status
    except ConfigError as error:
        problem = error.problems[0]
        parser.error(f"{flag(problem.field)} {problem.shown}: {problem.allowed}")
    except MnistLabError as error:
        print(f"{parser.prog}: {' '.join(str(error).split())}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:  # whoever read the lines is gone, as ``head`` is after ten
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
