"""Weights from files: what they are is seen from their shapes, and nothing in them is run."""

import contextlib
import io
import pickle
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save as save_tensors
from torch import nn

from mnist_core.config.fields import parse_config
from mnist_core.errors import ImportRefusedError
from mnist_core.exchange import weights as module
from mnist_core.exchange.weights import read_network

CONFIG = {"config": parse_config({"hidden_sizes": "16"}).model_dump_json()}


def saved(state: object, legacy: bool = False) -> bytes:
    file = io.BytesIO()
    torch.save(state, file, _use_new_zipfile_serialization=not legacy)
    return file.getvalue()


def linears(*sizes: int, names: str = "linear{}", first: int = 1) -> dict[str, torch.Tensor]:
    """A state dict of linear layers."""
    generator = torch.Generator().manual_seed(0)
    found = {}
    for i, (inputs, outputs) in enumerate(pairwise(sizes)):
        name = names.format(first + i)
        found[f"{name}.weight"] = torch.rand(outputs, inputs, generator=generator)
        found[f"{name}.bias"] = torch.rand(outputs, generator=generator)
    return found


@pytest.mark.parametrize(
    "names", ["linear{}", "layers.{}", "fc{}", "{}", "net.{}", "model.layer{}"]
)
@pytest.mark.parametrize("write", [save_tensors, saved, lambda w: saved(w, legacy=True)])
def test_shapes_say_what_it_is(names: str, write: object) -> None:
    assert callable(write)
    sizes = (784, 12, 11, 10, 10)
    theirs = linears(*sizes, names=names, first=8)  # 10 comes after 9, not before 8
    config, found = read_network(write(theirs))
    assert config == parse_config({"hidden_sizes": sizes[1:-1]})
    assert list(found) == [f"layers.{i // 2}.{p}" for i, p in enumerate(["weight", "bias"] * 4)]
    for ours, tensor in zip(found.values(), theirs.values(), strict=True):
        assert torch.equal(ours, tensor)


@pytest.mark.parametrize("write", [save_tensors, saved])
@pytest.mark.parametrize("sizes", [(784, 12, 11, 10), (784, 12, 12, 10)])
def test_names_without_an_order_have_that_of_the_shapes(
    write: Callable[[dict[str, torch.Tensor]], bytes], sizes: tuple[int, ...]
) -> None:
    theirs = linears(*sizes)
    names = {"linear1": "input", "linear2": "hidden", "linear3": "out"}
    renamed = {f"{names[n[:7]]}{n[7:]}": tensor for n, tensor in theirs.items()}
    config, found = read_network(write(renamed))
    assert config.hidden_sizes == sizes[1:-1]
    for ours, tensor in zip(found.values(), theirs.values(), strict=True):
        assert torch.equal(ours, tensor)


def test_where_neither_names_nor_shapes_say_an_order_it_is_refused() -> None:
    """Two hidden layers of like shapes in the wrong order would be another network."""
    theirs = linears(784, 12, 12, 12, 10)
    names = {"linear1": "input", "linear2": "yesterday", "linear3": "hidden", "linear4": "out"}
    renamed = {f"{names[n[:7]]}{n[7:]}": tensor for n, tensor in theirs.items()}
    for _ in range(20):  # in a safetensors file they have another order at each reading
        with pytest.raises(ImportRefusedError, match="before it"):
            read_network(save_tensors(renamed))
    _, found = read_network(saved(renamed))  # torch.save keeps the order
    assert torch.equal(found["layers.1.weight"], theirs["linear2.weight"])


def test_a_sequence_with_activations_between_is_read() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 10))
    config, found = read_network(saved(model.state_dict()))
    assert config.hidden_sizes == (32,)
    assert torch.equal(found["layers.1.weight"], model[3].weight)


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_other_floats_become_float32(kind: torch.dtype) -> None:
    _, found = read_network(save_tensors({n: t.to(kind) for n, t in linears(784, 10).items()}))
    assert {tensor.dtype for tensor in found.values()} == {torch.float32}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), 1e300])
@pytest.mark.parametrize("name", list(linears(784, 16, 10)))
def test_weights_that_are_no_numbers_are_refused(name: str, value: float) -> None:
    spoilt = {n: t.double() for n, t in linears(784, 16, 10).items()}
    spoilt[name].view(-1)[3] = value
    for data in (save_tensors(spoilt), saved(spoilt)):
        with pytest.raises(ImportRefusedError, match=rf"{name}.*infinite"):
            read_network(data)


@pytest.mark.parametrize(
    ("tensors", "reason"),
    [
        ({}, "no weights"),
        ({"conv.weight": torch.zeros(8, 1, 3, 3)}, "conv is no linear layer"),
        ({"linear1.weight": torch.zeros(10, 784)}, "linear1 is no linear layer"),
        ({"x": torch.zeros(3)}, "x is no linear layer"),
        (
            {**linears(784, 32), **linears(31, 10, first=2)},
            r"linear2.weight is 10 × 31, but linear1.* gives 32",
        ),
        (linears(4, 100_000, 10), "hidden_sizes"),
        ({n: t.long() for n, t in linears(784, 10).items()}, "int64"),
    ],
)
def test_what_is_no_network_is_refused(tensors: dict[str, torch.Tensor], reason: str) -> None:
    with pytest.raises(ImportRefusedError, match=reason):
        read_network(save_tensors(tensors))


def test_a_view_that_claims_any_size_is_refused() -> None:
    huge = torch.zeros(1).expand(8000, 800_000)
    with pytest.raises(ImportRefusedError, match="too large"):
        read_network(saved({"linear1.weight": huge, "linear1.bias": torch.zeros(8000)}))


def test_an_archive_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data/0", bytes(2_000_000))
    monkeypatch.setattr(module, "MAX_BYTES", 1_000_000)
    assert len(file.getvalue()) < 10_000
    with pytest.raises(ImportRefusedError, match="unpacks to more"):
        read_network(file.getvalue())


class Trap:
    """Unpickling this leaves a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


def test_safetensors_are_read_whatever_the_length_of_their_header() -> None:
    """Of one header in 32 the first byte is that of a pickle."""
    weights = {"a.weight": torch.ones(3, 4), "a.bias": torch.ones(3)}
    files = [save_tensors(weights, {"note": "x" * length}) for length in range(0, 256, 8)]
    assert any(file.startswith(b"\x80") for file in files)
    for file in files:
        config, _ = read_network(file)
        assert config.hidden_sizes == ()


@pytest.mark.filterwarnings("ignore:Detected pickle protocol")
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_is_refused_and_never_opened(tmp_path: Path, protocol: int) -> None:
    sprung = tmp_path / "sprung"
    with pytest.raises(ImportRefusedError):
        read_network(pickle.dumps(Trap(sprung), protocol))
    assert not sprung.exists()


def test_what_torch_saves_is_named_a_pickle(tmp_path: Path) -> None:
    sprung, file = tmp_path / "sprung", io.BytesIO()
    torch.save({"layers.0.weight": torch.zeros(3), "trap": Trap(sprung)}, file)
    with pytest.raises(ImportRefusedError, match=r"pickle.*safetensors"):
        read_network(file.getvalue())
    assert not sprung.exists()


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested", "ignore:Validating sparse")
@pytest.mark.parametrize("kind", ["sparse", "meta", "nested"])
def test_a_tensor_without_all_its_numbers_is_refused(kind: str) -> None:
    matrix = {
        "sparse": lambda: torch.eye(10).to_sparse(),
        "meta": lambda: torch.zeros(10, 784, device="meta"),
        "nested": lambda: torch.nested.nested_tensor([torch.zeros(3), torch.zeros(2)]),
    }[kind]()
    with pytest.raises(ImportRefusedError, match=r"a\.weight is no plain tensor"):
        read_network(saved({"a.weight": matrix, "a.bias": torch.zeros(10)}))


def test_settings_that_are_null_are_none() -> None:
    header = b'{"__metadata__":null}'
    with pytest.raises(ImportRefusedError, match="holds no weights"):
        read_network(len(header).to_bytes(8, "little") + header)


@pytest.mark.parametrize("what", [nn.Linear(3, 2), [1, 2], {"a": 1}, {1: torch.zeros(2)}])
def test_more_than_plain_weights_is_refused(what: object) -> None:
    for legacy in (False, True):
        with pytest.raises(ImportRefusedError, match="plain weights"):
            read_network(saved(what, legacy))


def test_a_file_with_wrong_bytes_is_refused_or_read() -> None:
    """Whatever PyTorch's reader raises, it reaches nobody."""
    good = [saved(linears(20, 10), legacy) for legacy in (False, True)]
    random = np.random.default_rng(0)
    for data in good * 400:
        spoilt = bytearray(data)
        spoilt[random.integers(min(len(data), 1500))] = random.choice([0, 48, 255])
        with contextlib.suppress(ImportRefusedError):
            read_network(bytes(spoilt))


@pytest.mark.parametrize("cut", [4, 100, -100])
def test_a_cut_file_is_refused(cut: int) -> None:
    for data in (saved(linears(784, 10)), saved(linears(784, 10), legacy=True)):
        with pytest.raises(ImportRefusedError):
            read_network(data[:cut])
