"""Errors reach whoever asked, from another process as well."""

import copy
import importlib
import pickle
import pkgutil
from collections.abc import Iterator

import pytest

import mnist_core
from mnist_core.errors import ConfigError, MnistLabError, Problem


def kinds(base: type[MnistLabError]) -> Iterator[type[MnistLabError]]:
    """The errors of the whole library."""
    yield base
    for kind in base.__subclasses__():
        yield from kinds(kind)


def test_every_error_survives_the_way_between_processes() -> None:
    for module in pkgutil.walk_packages(mnist_core.__path__, "mnist_core."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found = list(kinds(MnistLabError))
    assert len(found) > 10
    for kind in found:
        given = [Problem("epochs", 0, "must be more")] if kind is ConfigError else "no such thing"
        error = kind(given)
        for other in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
            assert type(other) is kind
            assert str(other) == str(error)
            assert vars(other) == vars(error)


def test_a_configuration_error_names_field_value_and_what_is_allowed() -> None:
    problems = [Problem("epochs", "0", "must be more"), Problem("seed", -1, "must be less")]
    error = pickle.loads(pickle.dumps(ConfigError(problems)))
    assert error.problems == problems
    assert str(error) == "epochs = '0': must be more; seed = -1: must be less"
    with pytest.raises(ConfigError, match="epochs"):
        raise error


def test_of_a_long_value_the_beginning_is_repeated() -> None:
    said = str(Problem("epochs", "9" * 5000, "must be less"))
    assert said.startswith("epochs = '999")
    assert said.endswith("9 …: must be less")
    assert len(said) < 150
