"""The weights in a file, and what network they are: read without running anything in the file."""

import io
import pickle
import re
import struct
import zipfile
from itertools import pairwise
from typing import Any

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from torch import Tensor

from mnist_core.config.fields import parse_config
from mnist_core.config.train import TrainConfig
from mnist_core.errors import ConfigError, ImportRefusedError
from mnist_core.nn.checkpoint import metadata_of
from mnist_core.nn.model import rename_tutorials

MAX_BYTES = 2**30  # the largest network that a form can describe has less than this
# How files of torch.save begin: a zip archive, or a bare pickle as PyTorch wrote them before 1.6.
ZIP, PICKLE = b"PK\x03\x04", b"\x80"
# How a safetensors file goes on after 8 bytes, the length of its header: the least of them can be
# that of a pickle. No file of torch.save has it there.
HEADER = b"{"


def read_network(data: bytes) -> tuple[TrainConfig, dict[str, Tensor]]:
    """The configuration and the weights ``layers.0.weight``, ... (float32) in a file's bytes.

    A safetensors file as this app writes it holds both. Of plain weights, in a safetensors file or
    in one that ``torch.save`` wrote of a state dict, the shapes say which layers there are: linear
    ones with ReLU between them are assumed, and for the rest the defaults.

    Raises:
        ImportRefusedError: it is neither, holds more than weights, has unusable settings, or
            weights that are no network or no numbers. Nothing in it was executed.
    """
    if len(data) > MAX_BYTES:
        raise ImportRefusedError(f"The file has {len(data):,} bytes; {MAX_BYTES:,} are allowed.")
    if data.startswith((ZIP, PICKLE)) and data[8:9] != HEADER:
        found, settings = _read_pickled(data), None
    else:
        found, settings = _read_safetensors(data)
    weights = {name: _numbers(name, tensor) for name, tensor in found.items()}
    if settings is None:
        return _recognised(weights)
    try:
        return TrainConfig.model_validate_json(settings), rename_tutorials(weights)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "config"
        raise ImportRefusedError(f"Its settings are not usable: {where}: {first['msg']}.") from None


def check_shapes(
    weights: dict[str, Tensor], in_size: int, config: TrainConfig, classes: int
) -> None:
    """Compare the tensors with what the configuration needs.

    Raises:
        ImportRefusedError: a tensor is missing, unknown or of another shape.
    """
    sizes = (in_size, *config.hidden_sizes, classes)
    expected: dict[str, tuple[int, ...]] = {}
    for i, (inputs, outputs) in enumerate(pairwise(sizes)):
        expected[f"layers.{i}.weight"] = (outputs, inputs)
        expected[f"layers.{i}.bias"] = (outputs,)
    for name in expected:
        if name not in weights:
            raise ImportRefusedError(f"{name} is missing; these settings need it.")
    for name, tensor in weights.items():
        shape = tuple(tensor.shape)
        if name not in expected:
            raise ImportRefusedError(f"{name} has no place in a network with these settings.")
        if shape != expected[name]:
            raise ImportRefusedError(
                f"{name} is {_by(shape)}; with these settings it must be {_by(expected[name])}."
            )


def _read_safetensors(data: bytes) -> tuple[dict[str, Tensor], str | None]:
    """The tensors and, if the file has them, the settings beside them."""
    try:
        tensors = load_tensors(data)
        metadata = metadata_of(data)
    except (SafetensorError, ValueError, KeyError) as error:
        raise ImportRefusedError(f"This is no safetensors file: {error}.") from error
    # They come in another order at each reading: one that fits by chance is not to be believed.
    return dict(sorted(tensors.items())), metadata.get("config")


def _read_pickled(data: bytes) -> dict[str, Tensor]:
    """A state dict that ``torch.save`` wrote, through PyTorch's reader that knows tensors alone."""
    refusal = (
        "This is a pickle that is no plain weights as torch.save(model.state_dict(), ...) writes "
        "them. Opening one can run any program that somebody put into it, so it was not opened. "
        "Save the weights with safetensors."
    )
    try:
        if data.startswith(ZIP):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                if sum(member.file_size for member in archive.infolist()) > MAX_BYTES:
                    raise ImportRefusedError(f"It unpacks to more than {MAX_BYTES:,} bytes.")
        found = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except (
        pickle.UnpicklingError,
        zipfile.BadZipFile,
        RuntimeError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,
        EOFError,
        AssertionError,
        struct.error,
    ) as error:
        raise ImportRefusedError(refusal) from error
    if not isinstance(found, dict) or not all(
        isinstance(name, str) and isinstance(tensor, Tensor) for name, tensor in found.items()
    ):
        raise ImportRefusedError(
            "This holds no plain weights, or more than these. Save the weights alone, with "
            "torch.save(model.state_dict(), ...) or with safetensors."
        )
    return found


def _numbers(name: str, tensor: Tensor) -> Tensor:
    if tensor.is_meta or tensor.is_nested or tensor.layout != torch.strided:
        raise ImportRefusedError(f"{name} is no plain tensor with all its numbers.")
    if not tensor.is_floating_point():
        raise ImportRefusedError(f"{name} holds {tensor.dtype}, not floating-point numbers.")
    if 4 * tensor.numel() > MAX_BYTES:  # a view of one number can say that it is any size
        raise ImportRefusedError(f"{name} is {_by(tuple(tensor.shape))}, which is too large.")
    numbers = tensor.detach().to("cpu", torch.float32, copy=True)
    if not bool(numbers.isfinite().all()):
        raise ImportRefusedError(
            f"{name} holds numbers that are infinite or none at all (NaN): it was spoilt in "
            "training, or has numbers beyond float32."
        )
    return numbers


def _recognised(weights: dict[str, Tensor]) -> tuple[TrainConfig, dict[str, Tensor]]:
    """The network that plain weights are: a chain of linear layers, whatever they are called."""
    listed = list(dict.fromkeys(name.rpartition(".")[0] for name in weights))
    by_name = sorted(listed, key=_natural)
    orders = (by_name, listed, _by_width(listed, weights))
    layers = next((order for order in orders if _fits(order, weights)), by_name)
    found: dict[str, Tensor] = {}
    outputs: list[int] = []
    for i, layer in enumerate(layers):
        matrix, bias = weights.get(f"{layer}.weight"), weights.get(f"{layer}.bias")
        if matrix is None or bias is None or matrix.ndim != 2 or bias.shape != matrix.shape[:1]:
            raise ImportRefusedError(
                f"{layer or next(iter(weights))} is no linear layer with a weight (outputs × "
                "inputs) and a bias (outputs). Networks of linear layers alone are read."
            )
        if outputs and matrix.shape[1] != outputs[-1]:
            raise ImportRefusedError(
                f"{layer}.weight is {_by(tuple(matrix.shape))}, but {layers[i - 1]}, the layer "
                f"before it, gives {outputs[-1]:,} numbers."
            )
        outputs.append(len(matrix))
        found |= {f"layers.{i}.weight": matrix, f"layers.{i}.bias": bias}
    if not layers:
        raise ImportRefusedError("The file holds no weights.")
    try:
        return parse_config({"hidden_sizes": tuple(outputs[:-1])}), found
    except ConfigError as error:
        raise ImportRefusedError(f"A network like that is not made here: {error}.") from None


def _fits(layers: list[str], weights: dict[str, Tensor]) -> bool:
    """Whether each layer takes as many numbers as the one before it gives."""
    matrices = [weights.get(f"{layer}.weight") for layer in layers]
    return all(
        a is not None and b is not None and a.ndim == b.ndim == 2 and len(a) == b.shape[1]
        for a, b in pairwise(matrices)
    )


def _by_width(layers: list[str], weights: dict[str, Tensor]) -> list[str]:
    """The layers as their shapes go on from each other, from the one with most inputs on.

    Names such as ``input``, ``hidden``, ``output`` say no order, and safetensors keeps none. As
    they are given where the shapes do not say it either.
    """
    found = {layer: weights.get(f"{layer}.weight") for layer in layers}
    rest = {layer: m for layer, m in found.items() if m is not None and m.ndim == 2}
    if len(rest) < len(found):
        return layers
    order: list[str] = []
    width = max((matrix.shape[1] for matrix in rest.values()), default=0)
    while rest:
        following = [layer for layer, matrix in rest.items() if matrix.shape[1] == width]
        square = [layer for layer in following if len(rest[layer]) == width]
        if len(square or following) != 1:
            return layers
        (layer,) = square or following
        width = len(rest.pop(layer))
        order.append(layer)
    return order


def _natural(name: str) -> list[Any]:
    """Sorts linear2 before linear10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def _by(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape)) or "a single number"
