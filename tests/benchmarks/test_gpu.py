"""The benchmark for GPUs runs on a CPU, and needs no more than it says."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.gpu import main

ROOT = Path(__file__).resolve().parent.parent.parent


def test_it_prints_all_that_it_measures(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--device", "cpu", "--json"])
    result = json.loads(capsys.readouterr().out)
    assert all(result["same_twice"].values())
    assert set(result["largest_difference_to_cpu"].values()) == {0.0}  # it is the CPU itself
    assert len(result["same_twice"]) == 8
    assert result["waits_in_an_epoch"] == {}
    assert [row["name"] for row in result["epochs"][:3]] == ["one model", "2 models", "4 models"]
    assert all(row["seconds"] > 0 and row["share_of_rate"] > 0 for row in result["epochs"])
    assert result["tutorial_seconds"] > 0


def test_it_says_that_a_cpu_is_a_check_only(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--device", "cpu"])
    text = capsys.readouterr().out
    assert "not a measurement" in text
    assert "same twice" in text


def test_it_needs_pytorch_numpy_and_pydantic_alone() -> None:
    """From its first line to its last: the memory for the CPU's network was asked of psutil."""
    absent = "psutil scipy sklearn pandas PIL mlflow optuna distributed safetensors platformdirs"
    code = f"import sys; sys.modules.update(dict.fromkeys({absent.split()}))\n"
    code += "import torch, numpy, pydantic, torch.utils.data; before = set(sys.modules)\n"
    code += "import benchmarks.gpu\n"
    code += "print(*{name.split('.')[0] for name in sys.modules.keys() - before})\n"
    code += "benchmarks.gpu.main(['--device', 'cpu'])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    loaded, report = done.stdout.split("\n", 1)
    others = set(loaded.split()) - sys.stdlib_module_names
    assert others <= {"mnist_core", "benchmarks", "numpy", "pydantic", "annotated_types"}
    assert "same twice" in report
