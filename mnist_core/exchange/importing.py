"""A network from a safetensors file becomes a run: checked, measured, and never unpickled."""

import dataclasses
import json
from itertools import islice, pairwise

import torch
from pydantic import ValidationError
from safetensors import SafetensorError
from safetensors.torch import load as load_tensors
from torch import Tensor

from mnist_core.config.train import TrainConfig
from mnist_core.data.catalog import DATASETS
from mnist_core.data.datasets import load_dataset, load_sample, locate
from mnist_core.data.events import DataReady
from mnist_core.data.pictures import ImageDataset
from mnist_core.errors import ImportRefusedError
from mnist_core.nn.events import Finished
from mnist_core.nn.state import TrainState
from mnist_core.nn.training import conclude, train
from mnist_core.runs.recorder import Recorder
from mnist_core.runs.store import RunStore

MAX_BYTES = 2**30  # the largest network that a form can describe has less than this
# How files begin that hold a pickle: torch.save's zip archive, a bare pickle, its older forms.
PICKLES = (b"PK\x03\x04", b"\x80")
CPU = torch.device("cpu")


def import_network(store: RunStore, data: bytes, name: str) -> str:
    """Make a finished run out of a file as ``export.to_safetensors`` writes it; returns its id.

    Its accuracies are measured here, so the data set must be on this machine.

    Raises:
        ImportRefusedError: it is a pickle, no safetensors file, has no or a bad configuration, or
            its tensors are not those of that configuration. Nothing was recorded.
    """
    config, weights = read_network(data)
    dataset = _dataset(config)
    check_shapes(weights, dataset.in_size, config, len(dataset.classes))
    resident = dataset.to(CPU)
    state = TrainState(config, resident.in_size, resident.classes, CPU)
    state.model.load_state_dict(weights)
    run_id = store.create(config, name)
    recorder = Recorder(store, run_id)
    recorder.record(DataReady(dataset.name, dataset.source, dataset.notice))
    # The first two events are its facts and how good it is as it is: nothing is trained.
    for event in islice(train(config, resident, CPU, state), 2):
        recorder.record(event, state)
    for end in conclude(state, resident):
        assert isinstance(end, Finished), "no epoch was begun, so none is closed"
        recorder.record(dataclasses.replace(end, outcome="completed"))
    return run_id


def read_network(data: bytes) -> tuple[TrainConfig, dict[str, Tensor]]:
    """The configuration and the weights in a safetensors file.

    Raises:
        ImportRefusedError: see ``import_network``.
    """
    if len(data) > MAX_BYTES:
        raise ImportRefusedError(f"The file has {len(data):,} bytes; {MAX_BYTES:,} are allowed.")
    if data.startswith(PICKLES):
        raise ImportRefusedError(
            "This is a pickle, as torch.save writes it. Opening one can run any program that "
            "somebody put into it, so it was not opened. Save the weights with safetensors."
        )
    try:
        tensors = load_tensors(data)
        length = int.from_bytes(data[:8], "little")
        metadata = json.loads(data[8 : 8 + length]).get("__metadata__", {})
    except (SafetensorError, ValueError, KeyError) as error:
        raise ImportRefusedError(f"This is no safetensors file: {error}.") from error
    if "config" not in metadata:
        raise ImportRefusedError(
            "The file has weights but no settings: its metadata needs a 'config', as the files "
            "have that this app writes."
        )
    try:
        config = TrainConfig.model_validate_json(metadata["config"])
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "config"
        raise ImportRefusedError(f"Its settings are not usable: {where}: {first['msg']}.") from None
    return config, tensors


def check_shapes(
    weights: dict[str, Tensor], in_size: int, config: TrainConfig, classes: int
) -> None:
    """Compare the tensors with what the configuration needs.

    Raises:
        ImportRefusedError: a tensor is missing, unknown, of another shape or no float.
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
        if not tensor.is_floating_point():
            raise ImportRefusedError(f"{name} holds {tensor.dtype}, not floating-point numbers.")


def _dataset(config: TrainConfig) -> ImageDataset:
    if locate(config.dataset) is not None:
        return load_dataset(config.dataset)
    if DATASETS[config.dataset].has_sample:
        return load_sample("Measured on 5,000 digits: the full set is not on this machine.")
    raise ImportRefusedError(
        f"{DATASETS[config.dataset].title}, on which it was trained, is not on this machine, so "
        "it cannot be measured. Train once on it, which fetches it, and import it then."
    )


def _by(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape)) or "a single number"
