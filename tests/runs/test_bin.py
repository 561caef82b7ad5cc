"""The bin: what was deleted comes back whole, or its files go for good."""

import pytest
import torch

from mnist_core.config.fields import parse_config
from mnist_core.nn.state import TrainState
from mnist_core.runs.bin import Bin
from mnist_core.runs.library import RunLibrary
from mnist_core.runs.store import RunStore

CPU = torch.device("cpu")


def deleted(store: RunStore, library: RunLibrary, hidden: str) -> str:
    """A run with a checkpoint and a file, in the bin; its id."""
    config = parse_config({"hidden_sizes": hidden})
    run_id = store.create(config)
    claim = store.claim(run_id)
    claim.save(TrainState(config, 16, 4, CPU))
    claim.attach("notes.txt", b"x" * 1000)
    claim.end("stopped")
    library.delete([run_id])
    return run_id


@pytest.fixture
def store() -> RunStore:
    return RunStore()


@pytest.fixture
def library(store: RunStore) -> RunLibrary:
    return RunLibrary(store)


def test_the_bin_has_what_was_deleted_with_its_size(store: RunStore, library: RunLibrary) -> None:
    bin = Bin(library)
    assert bin.runs() == []
    kept = store.create(parse_config({}))
    small, large = (deleted(store, library, hidden) for hidden in ("4", "64"))
    assert {run.id for run in bin.runs()} == {small, large}
    assert 1000 < bin.size(small) < bin.size(large)
    assert [run.id for run in library.runs()] == [kept]


def test_what_is_restored_is_whole(store: RunStore, library: RunLibrary) -> None:
    bin = Bin(library)
    run_id = deleted(store, library, "4")
    bin.restore([run_id])
    assert bin.runs() == []
    assert [run.id for run in library.runs()] == [run_id]
    assert store.load_network(run_id) is not None
    assert store.attached(run_id, "notes.txt") == b"x" * 1000


def test_what_is_emptied_is_gone_for_good(store: RunStore, library: RunLibrary) -> None:
    bin = Bin(library)
    gone, other = deleted(store, library, "4"), deleted(store, library, "8")
    bin.empty([gone])
    assert [run.id for run in bin.runs()] == [other]
    assert bin.size(gone) == 0
    assert bin.size(other) > 0
    assert library.runs() == []
    assert RunLibrary(store).runs() == []
    assert store.load_network(other) is not None


def test_what_somebody_has_restored_meanwhile_is_left_alone(
    store: RunStore, library: RunLibrary
) -> None:
    bin = Bin(library)
    run_id = deleted(store, library, "4")
    bin.restore([run_id])
    bin.restore([run_id])
    bin.empty([run_id])
    assert [run.id for run in library.runs()] == [run_id]
    assert store.load_network(run_id) is not None
