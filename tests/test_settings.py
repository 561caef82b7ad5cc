"""The environment variables."""

from pathlib import Path

import pytest
from platformdirs import user_data_path

from mnist_core.settings import Settings


def test_only_the_documented_names_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MNIST_LAB_HOME")
    monkeypatch.delenv("MNIST_LAB_DATA", raising=False)
    for name in ("HOME", "DATA"):  # the fields' own names, and somebody else's variables
        monkeypatch.setenv(name, "elsewhere")
    settings = Settings()
    assert settings.home == user_data_path("mnist-lab", appauthor=False)
    assert settings.home != Path("elsewhere")
    assert settings.data is None


def test_an_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_LAB_DATA", "")
    assert Settings().data is None
