"""The tables of docs/limits.md say what the program does."""

import importlib
import re
from pathlib import Path

import pytest

from mnist_core.settings import Settings

TEXT = (Path(__file__).resolve().parents[1] / "docs" / "limits.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", TEXT, re.MULTILINE)
SET = {by.strip("`"): most for _, most, by, _ in ROWS if by.startswith("`MNIST_LAB_")}
WRITTEN = {
    by.strip("`"): most
    for _, most, by, _ in ROWS
    if by.startswith("`") and not by.startswith("`MNIST_LAB_")
}


def number(most: str) -> float:
    """``1,000``, ``2 GB`` (as it stands)."""
    return float(most.split()[0].replace(",", ""))


def test_each_variable_that_limits_is_in_the_table_with_its_default() -> None:
    limits = {
        str(field.validation_alias): field.default
        for field in Settings.model_fields.values()
        if isinstance(field.default, int | float)
    }
    assert {name: number(most) for name, most in SET.items()} == limits


@pytest.mark.parametrize("named", WRITTEN)
def test_what_is_written_in_the_program_is_in_the_table(named: str) -> None:
    path, _, name = named.rpartition(".")
    module = path.replace("/", ".")
    module = module if module.startswith("pages.") else f"mnist_core.{module}"
    value = getattr(importlib.import_module(module), name)
    most = WRITTEN[named]
    if callable(value):
        assert most == "what is there"
    elif name == "MOST_MEGABYTES":
        assert most == f"{value} MB"
    else:
        unit = {"MB": 2**20, "GB": 2**30}.get(most.rpartition(" ")[2], 1)
        assert value == number(most) * unit


def test_each_limit_has_its_reason() -> None:
    assert len(SET) == 5
    assert len(WRITTEN) > 20
    assert all(why.strip() for *_, why in ROWS)
