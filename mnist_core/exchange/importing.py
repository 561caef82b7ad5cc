"""A network from a file becomes a run: checked, measured, and nothing in it executed."""

import dataclasses
import math
import time
from itertools import islice

import torch

from mnist_core.config.texts import check_name, fitted, in_one_line
from mnist_core.config.train import TrainConfig
from mnist_core.data.catalog import dataset_spec
from mnist_core.data.datasets import load_dataset, load_sample, locate, resident
from mnist_core.data.events import DataReady
from mnist_core.data.pictures import ImageDataset
from mnist_core.errors import ImportRefusedError
from mnist_core.exchange.weights import check_shapes, read_network
from mnist_core.nn.events import EpochEnd, Finished, Started
from mnist_core.nn.state import TrainState
from mnist_core.nn.training import conclude, train
from mnist_core.runs.library import RunLibrary
from mnist_core.runs.limits import check_stored
from mnist_core.runs.records import MAX_NAME
from mnist_core.runs.users import SERVER

CPU = torch.device("cpu")


def import_network(library: RunLibrary, data: bytes, name: str, by: str = SERVER) -> str:
    """Make a finished run of the user ``by`` out of a file of weights; returns its id.

    It goes into the store of ``library``.

    Its accuracies are measured here, so the data set must be on this machine. The run is made
    when all is known: nobody sees one that waits for its numbers.

    Raises:
        ConfigError: the name is blank, or the network too large for this machine.
        TooManyError: the user has as much kept as is allowed.
        ImportRefusedError: it is not a network's file (see ``read_network``), its tensors are not
            those of its settings or answer with no numbers, or the data set is not here. Nothing
            was recorded.
    """
    check_stored(library, by)
    name = check_name("name", in_one_line(fitted(name, MAX_NAME)), MAX_NAME)
    config, weights = read_network(data)
    dataset = _dataset(config)
    check_shapes(weights, dataset.in_size, config, len(dataset.classes))
    pictures = resident(dataset.name, dataset.source, "cpu")
    state = TrainState(config, pictures.in_size, pictures.classes, CPU)
    state.model.load_state_dict(weights)
    begun = time.time()
    # The first two events are its facts and how good it is as it is: nothing is trained.
    started, row = islice(train(config, pictures, CPU, state), 2)
    assert isinstance(started, Started)
    assert isinstance(row, EpochEnd)
    (end,) = conclude(state, pictures)
    assert isinstance(end, Finished), "no epoch was begun, so none is closed"
    if not (math.isfinite(row.val_loss) and math.isfinite(end.test_loss)):
        raise ImportRefusedError(
            "Its weights are so large that what it answers is beyond float32: it was spoilt in "
            "training, or a number in the file is."
        )
    return library.store.add_finished_run(
        config,
        name,
        state,
        [row],
        dataclasses.replace(end, outcome="completed"),
        ready=DataReady(dataset.name, dataset.source, dataset.notice),
        started=started,
        begun=begun,
        origin="imported",
        user=by,
    )


def _dataset(config: TrainConfig) -> ImageDataset:
    if locate(config.dataset) is not None:
        return load_dataset(config.dataset)
    spec = dataset_spec(config.dataset)
    if spec.has_sample:
        return load_sample("Measured on 5,000 digits: the full set is not on this machine.")
    remedy = (
        "Train once on it, which fetches it" if spec.archives else "Add its zip on the page Data"
    )
    raise ImportRefusedError(
        f"{spec.title}, on which it was trained, is not on this machine, so it cannot be "
        f"measured. {remedy}, and import it then."
    )
