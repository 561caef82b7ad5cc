"""A short form of each benchmark runs, and gives the figures that it is for.

What it measures here says nothing: it is made small, on whatever else this machine does.
"""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import browser, cost, photos, population, rows
from tests.helpers.pendigits import write_pendigits

pytestmark = pytest.mark.slow  # they train, and one opens a browser
ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def pendigits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write_pendigits(tmp_path / "pen.tra", range(1, 31))
    monkeypatch.setenv("MNIST_LAB_PENDIGITS", str(file))


def test_photographs(pendigits: None, capsys: pytest.CaptureFixture[str]) -> None:
    photos.main(["--count", str(2 * len(photos.CONDITIONS)), "--json"])
    shares = json.loads(capsys.readouterr().out)
    assert list(shares) == ["all", *photos.CONDITIONS]
    assert shares["plain paper"] == 1, "two that anybody reads"
    assert shares["all"] == pytest.approx(
        sum(shares[name] for name in photos.CONDITIONS) / len(photos.CONDITIONS)
    )


@pytest.mark.parametrize("source", ["strokes", "ink"])
def test_rows(pendigits: None, source: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows.main(["--count", "3", "--from", source, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert list(found) == list(rows.GAPS)
    assert found["natural"] == {"right": 1, "divided": 1}


@pytest.mark.usefixtures("sample_data")
def test_populations(capsys: pytest.CaptureFixture[str]) -> None:
    population.main(["--short", "--repeats", "1", "--json"])
    result = json.loads(capsys.readouterr().out)
    assert [row["models"] for row in result["populations"]] == [1, 2]
    for row in result["populations"]:
        assert row["ms_per_model_epoch"] > 0
        assert row["times_tutorial"] > 0


@pytest.mark.usefixtures("sample_data")
def test_costs(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_LAB_HOME", os.environ["MNIST_LAB_HOME"])  # it sets its own
    cost.main(["--short"])
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split()[-1] == "ratio"
    assert len(lines) == len(cost.SHORT)
    assert all(float(line.split()[-1]) > 0 for line in lines)


def test_the_runs_page() -> None:
    command = [sys.executable, "-m", "benchmarks.runs_page", "--runs", "30", "--repeats", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    said = done.stdout
    assert said.startswith("30 runs")
    for what in ("a look at the list", "a filter", "the page, drawn again"):
        assert what in said


@pytest.mark.usefixtures("sample_data")
def test_what_a_person_waits_for(capsys: pytest.CaptureFixture[str]) -> None:
    browser.main(["--short", "--json"])
    figures = json.loads(capsys.readouterr().out)
    tabs = {name for name in browser.TO_BE if name.startswith("first_click_")}
    assert figures.keys() >= browser.TO_BE.keys() - tabs | {"first_click_1_tabs"}
    assert all(math.isfinite(value) for value in figures.values())
