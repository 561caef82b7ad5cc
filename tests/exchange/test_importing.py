"""A network from a file becomes a run, or is refused with the reason."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save as save_tensors
from torch import nn

from mnist_core.config.fields import parse_config
from mnist_core.errors import ConfigError, ImportRefusedError
from mnist_core.exchange.export import to_safetensors
from mnist_core.exchange.importing import import_network
from mnist_core.nn.model import MnistModel
from mnist_core.runs.execution import execute
from mnist_core.runs.library import RunLibrary
from mnist_core.runs.records import Run
from mnist_core.runs.store import RunStore
from tests.helpers.networks import in_numpy

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


def test_weights_come_back_as_the_same_network(store: RunStore) -> None:
    run = trained(store, hidden_sizes="16, 8", activation="tanh")
    state = store.load_state(run.id, CPU)
    assert state is not None
    data = to_safetensors(in_numpy(state.model), run.config)
    again = store.get(import_network(RunLibrary(store), data, "from a file"))
    assert (again.name, again.state, again.config) == ("from a file", "completed", run.config)
    assert again.result["test_accuracy"] == run.result["test_accuracy"]
    assert again.result["val_accuracy"] == run.result["val_accuracy"]
    copy = store.load_state(again.id, CPU)
    assert copy is not None
    for name, tensor in state.model.state_dict().items():
        assert torch.equal(copy.model.state_dict()[name], tensor)


def weights(**changes: tuple[int, ...] | None) -> dict[str, torch.Tensor]:
    shapes = {
        "layers.0.weight": (16, 784),
        "layers.0.bias": (16,),
        "layers.1.weight": (10, 16),
        "layers.1.bias": (10,),
    }
    shapes |= {name.replace("_", "."): shape for name, shape in changes.items() if shape}
    gone = [name.replace("_", ".") for name, shape in changes.items() if shape is None]
    return {name: torch.zeros(shape) for name, shape in shapes.items() if name not in gone}


@pytest.mark.parametrize("size", [1e18, 1e30, 1e38])
def test_weights_that_are_numbers_and_answer_with_none(store: RunStore, size: float) -> None:
    """It became a completed run whose loss was none."""
    torch.manual_seed(0)
    large = {name: size * torch.randn_like(value).clamp(-3, 3) for name, value in weights().items()}
    with pytest.raises(ImportRefusedError, match="beyond float32"):
        import_network(RunLibrary(store), save_tensors(large), "too large")
    assert store.newest() == []


CONFIG = {"config": parse_config({"hidden_sizes": "16"}).model_dump_json()}


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (save_tensors(weights(layers_0_weight=(16, 100)), CONFIG), "16 × 100.*must be 16 × 784"),
        (save_tensors(weights(layers_1_bias=None), CONFIG), r"layers\.1\.bias is missing"),
        (save_tensors(weights(layers_2_bias=(3,)), CONFIG), r"layers\.2\.bias has no place"),
        (save_tensors({n: t.long() for n, t in weights().items()}, CONFIG), "int64"),
        (save_tensors(weights(), {"config": "{}{"}), "not usable"),
        (save_tensors(weights(), {"config": '{"epochs": -1}'}), "epochs: .*greater"),
        (save_tensors(weights(), {"config": '{"dataset": "kmnist"}'}), "not on this machine"),
        (save_tensors(weights(), CONFIG)[:-10], "no safetensors file"),
        (b"", "no safetensors file"),
        (b"\xff" * 64, "no safetensors file"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_reason(
    store: RunStore, data: bytes, reason: str
) -> None:
    with pytest.raises(ImportRefusedError, match=reason):
        import_network(RunLibrary(store), data, "bad")
    assert store.newest() == []


class Tutorial(nn.Module):
    """The tutorial's own class, as its readers type it in."""

    def __init__(self) -> None:
        super().__init__()
        self.linear1 = nn.Linear(784, 32)
        self.linear2 = nn.Linear(32, 10)


@pytest.mark.parametrize("ending", ["safetensors", "pth"])
def test_the_tutorials_own_file_is_read(store: RunStore, tmp_path: Path, ending: str) -> None:
    torch.manual_seed(0)
    theirs, file = Tutorial(), tmp_path / f"mnist-feedforward.{ending}"
    if ending == "pth":
        torch.save(theirs.state_dict(), file)
    else:
        file.write_bytes(save_tensors(theirs.state_dict()))
    run = store.get(import_network(RunLibrary(store), file.read_bytes(), file.stem))
    assert (run.state, run.config.hidden_sizes, run.config.activation) == (
        "completed",
        (32,),
        "relu",
    )
    state = store.load_state(run.id, CPU)
    assert state is not None
    pictures = torch.rand(5, 784)
    with torch.no_grad():
        wanted = theirs.linear2(torch.relu(theirs.linear1(pictures)))
        assert torch.equal(state.model(pictures), wanted)


@pytest.mark.parametrize(
    ("name", "kept"),
    [("two\nlines", "two lines"), ("x" * 300, "x" * 249 + "…"), ("a\udcff", "a\\udcff")],
)
def test_a_files_name_becomes_a_runs(store: RunStore, name: str, kept: str) -> None:
    data = save_tensors(Tutorial().state_dict())
    assert store.get(import_network(RunLibrary(store), data, name)).name == kept


def test_a_blank_name_is_refused_before_anything_is_read(store: RunStore) -> None:
    with pytest.raises(ConfigError, match="name = "):
        import_network(RunLibrary(store), b"not even read", " ")


def test_nothing_is_recorded_until_all_is_measured(
    store: RunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that waits while it is measured would be seen, and taken for one that was lost."""
    seen = []
    forward = MnistModel.forward

    def watched(self: MnistModel, xb: torch.Tensor) -> torch.Tensor:
        seen.append(len(store.newest()))
        return forward(self, xb)

    monkeypatch.setattr(MnistModel, "forward", watched)
    import_network(RunLibrary(store), save_tensors(weights(), CONFIG), "from a file")
    assert set(seen) == {0}
    assert [run.state for run in store.newest()] == ["completed"]
