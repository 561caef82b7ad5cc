"""The front door of a notebook, and the notebook lines of the README."""

import inspect
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from mnist_core import tutorial

ROOT = Path(__file__).resolve().parent.parent

# What the tutorial's cells define, with the names of their arguments.
SIGNATURES = {
    "split_indices": ["n", "val_pct"],
    "MnistModel": ["in_size", "hidden_size", "out_size"],
    "get_default_device": [],
    "to_device": ["data", "device"],
    "DeviceDataLoader": ["dl", "device"],
    "loss_batch": ["model", "loss_func", "xb", "yb", "opt", "metric"],
    "evaluate": ["model", "loss_fn", "valid_dl", "metric"],
    "accuracy": ["outputs", "labels"],
    "fit": ["epochs", "lr", "model", "loss_fn", "train_dl", "valid_dl", "metric", "opt_fn"],
}


def test_it_has_every_name_of_the_tutorial_and_no_other() -> None:
    assert set(tutorial.__all__) == set(SIGNATURES)
    for name, arguments in SIGNATURES.items():
        parameters = list(inspect.signature(getattr(tutorial, name)).parameters.values())
        assert [p.name for p in parameters][: len(arguments)] == arguments
        more = parameters[len(arguments) :]
        assert all(p.default is not inspect.Parameter.empty for p in more)


def test_it_loads_nothing_that_it_does_not_need() -> None:
    code = "import sys, torch, numpy; before = set(sys.modules); import mnist_core.tutorial\n"
    code += "print(*{name.split('.')[0] for name in sys.modules.keys() - before})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["mnist_core"]


def test_the_readmes_lines_run(
    small_mnist: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    section = re.split(r"^## ", text, flags=re.MULTILINE)
    (notebook,) = (part for part in section if part.startswith("From a notebook"))
    first, second = re.findall(r"^```python\n(.*?)^```", notebook, re.MULTILINE | re.DOTALL)
    shutil.copytree(small_mnist, tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MNIST_LAB_DATA", str(tmp_path / "data"))
    torch.manual_seed(0)
    names: dict[str, Any] = {}
    exec(first, names)
    assert len(names["losses"]) == len(names["metrics"]) == 5
    assert names["metrics"][-1] > 0.3  # each digit is a band at a height of its own
    exec(second, names)
    assert names["event"].outcome == "completed"
