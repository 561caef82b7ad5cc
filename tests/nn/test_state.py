"""A checkpoint's network alone."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mnist_core.config.fields import parse_config
from mnist_core.nn.state import CheckpointError, TrainState, network_of

CPU = torch.device("cpu")


def state(**values: object) -> TrainState:
    return TrainState(parse_config({"hidden_sizes": "8,4", **values}), 16, 3, CPU)


@pytest.mark.parametrize("settings", [{}, {"hidden_sizes": ""}, {"optimizer": "adam"}])
def test_it_is_the_states(settings: dict[str, object]) -> None:
    kept = state(**settings)
    network = network_of(kept.to_bytes())
    images = torch.rand(5, 16)
    assert torch.equal(network(images), kept.model(images))
    assert not [p for p in network.parameters() if p.device != CPU]


@pytest.mark.parametrize("data", [b"", b"nothing", state().to_bytes()[:200]])
def test_what_is_no_checkpoint_is_refused(data: bytes) -> None:
    with pytest.raises(CheckpointError):
        network_of(data)


def test_to_read_it_loads_no_compiler(tmp_path: Path) -> None:
    file = tmp_path / "checkpoint"
    file.write_bytes(state(optimizer="adam").to_bytes())
    code = (
        "import sys, pathlib; from mnist_core.nn.state import network_of;"
        "network_of(pathlib.Path(sys.argv[1]).read_bytes()); print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(file)],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "torch" in done.stdout.split()
    assert not {"torch._dynamo", "sympy", "triton"} & set(done.stdout.split())
