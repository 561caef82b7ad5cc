"""A checkpoint's network alone."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mnist_core.config.fields import parse_config
from mnist_core.errors import ConfigError
from mnist_core.nn.checkpoint import Checkpoint, CheckpointError
from mnist_core.nn.machine import APP_MEMORY
from mnist_core.nn.state import TrainState

CPU = torch.device("cpu")


def state(**values: object) -> TrainState:
    return TrainState(parse_config({"hidden_sizes": "8,4", **values}), 16, 3, CPU)


@pytest.mark.parametrize("settings", [{}, {"hidden_sizes": ""}, {"optimizer": "adam"}])
def test_it_is_the_states(settings: dict[str, object]) -> None:
    kept = state(**settings)
    network = Checkpoint.parse(kept.to_bytes()).network
    images = torch.rand(5, 16)
    with torch.inference_mode():
        torch.testing.assert_close(torch.from_numpy(network(images.numpy())), kept.model(images))


@pytest.mark.parametrize("data", [b"", b"nothing", state().to_bytes()[:200]])
def test_what_is_no_checkpoint_is_refused(data: bytes) -> None:
    with pytest.raises(CheckpointError):
        Checkpoint.parse(data)


@pytest.mark.parametrize(
    "records", ["[]", '{"epoch": 3}', '{"epoch": "soon"}', "null", '{"__class__": 1}']
)
def test_records_of_another_shape_are_no_checkpoint(records: str) -> None:
    from safetensors.torch import load, save

    data = state().to_bytes()
    metadata = {"config": state().config.model_dump_json(), "records": records}
    with pytest.raises(CheckpointError):
        TrainState.from_bytes(save(load(data), metadata), CPU)


def test_what_is_too_large_for_the_memory_is_refused_before_it_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = state(optimizer="sgd")
    need = 4 * kept.model.parameter_count * 4
    monkeypatch.setattr("mnist_core.nn.machine.usable_memory", lambda: APP_MEMORY + need)
    kept.begin_segment(state(optimizer="sgd").config)
    with pytest.raises(ConfigError, match="to train with adam"):
        state(optimizer="adam")
    with pytest.raises(ConfigError, match="to train with adam"):
        kept.begin_segment(kept.config.model_copy(update={"optimizer": "adam"}))
    assert kept.config.optimizer == "sgd"


def test_to_read_it_loads_no_pytorch(tmp_path: Path) -> None:
    file = tmp_path / "checkpoint"
    file.write_bytes(state(optimizer="adam").to_bytes())
    code = (
        "import sys, pathlib; from mnist_core.nn.checkpoint import Checkpoint;"
        "Checkpoint.parse(pathlib.Path(sys.argv[1]).read_bytes()); print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(file)],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "numpy" in done.stdout.split()
    assert "torch" not in done.stdout.split()
