"""Teaching a network somebody's own digits: it learns them and forgets nothing."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from mnist_core.config.train import TrainConfig
from mnist_core.data.resident import ResidentDataset
from mnist_core.data.split import split_rows
from mnist_core.drawing.my_digits import MyDigit, as_arrays
from mnist_core.errors import StoreError
from mnist_core.jobs.teaching import EPOCHS, teach, teaching_config
from mnist_core.nn.tutorial import accuracy
from mnist_core.reading.pendigits import PenDigit, load_pendigits
from mnist_core.reading.scoring import images_of
from mnist_core.runs.execution import execute
from mnist_core.runs.own_digits import COPIES, OWN_DIGITS, with_own
from mnist_core.runs.store import RunStore


def drawings(count: int) -> list[MyDigit]:
    images = np.random.default_rng(0).random((count, 28, 28), dtype=np.float32)
    return [MyDigit.new(i % 10, image) for i, image in enumerate(images)]


@pytest.fixture
def flat() -> ResidentDataset:
    images, labels = torch.rand(20_000, 784), torch.arange(20_000) % 10
    return ResidentDataset(images, labels, images[:100], labels[:100], classes=10)


def test_own_digits_are_trained_on_and_never_validated_on(flat: ResidentDataset):
    mixed = with_own(flat, drawings(10))
    assert len(mixed.images) == 20_000 + 10 * COPIES == 20_000 + mixed.extra
    (train, val), (before, same) = split_rows(mixed, 0.2), split_rows(flat, 0.2)
    assert torch.equal(val, same)
    assert sorted(train.tolist()) == sorted([*before.tolist(), *range(20_000, len(mixed.images))])
    assert mixed.labels[20_000:].tolist() == list(range(10)) * COPIES
    assert torch.equal(mixed.images, with_own(flat, drawings(10)).images)


def test_many_digits_get_fewer_copies(flat: ResidentDataset):
    assert with_own(flat, drawings(1000)).extra == 5000


def test_it_goes_on_slower_and_otherwise_as_before():
    config = TrainConfig(hidden_sizes=(8,), optimizer="adam", learning_rate=0.01, epochs=50)
    taught = teaching_config(config)
    assert (taught.epochs, taught.learning_rate) == (EPOCHS, pytest.approx(0.004))
    assert (taught.hidden_sizes, taught.optimizer) == ((8,), "adam")


class Here:
    """A queue that trains at once."""

    def __init__(self) -> None:
        self.store = RunStore()

    def start(self, config, name=None, prepare=lambda run_id: None, origin="fresh", by=""):
        run_id = self.store.create(config, name, origin=origin, user=by)
        prepare(run_id)
        list(execute(run_id, self.store))
        return run_id


def test_a_run_without_a_network_cannot_be_taught():
    queue = Here()
    run_id = queue.store.create(TrainConfig())
    with pytest.raises(StoreError, match="no network"):
        teach(queue, run_id, drawings(3))


def as_mine(digit: PenDigit) -> MyDigit:
    return MyDigit.new(digit.digit, images_of([digit], 12, "strokes")[0], digit.on_canvas(12))


@pytest.mark.slow
@pytest.mark.parametrize("writers", [(1, 2, 3, 4, 5), (11, 12, 13, 14), (21, 22, 23, 24)])
def test_100_drawings_teach_the_tutorials_network_and_it_forgets_nothing(mnist, writers):
    if "MNIST_LAB_PENDIGITS" not in os.environ:
        pytest.skip("MNIST_LAB_PENDIGITS names no pendigits-orig.tra")
    everyone = load_pendigits(Path(os.environ["MNIST_LAB_PENDIGITS"]))
    theirs = [digit for digit in everyone if digit.writer in writers]
    order = np.random.default_rng(0).permutation(len(theirs))
    drawn = [as_mine(theirs[i]) for i in order]
    unseen = as_arrays(drawn[100:])  # by the same writers
    images, labels = map(torch.from_numpy, unseen)
    queue = Here()
    before = queue.start(TrainConfig())
    after = teach(queue, before, drawn[:100])
    read = {}
    for run_id in (before, after):
        model = queue.store.load_state(run_id, torch.device("cpu")).model.eval()
        with torch.no_grad():
            read[run_id] = accuracy(model(images), labels)
    runs = {run_id: queue.store.get(run_id) for run_id in (before, after)}
    test = {run_id: run.result["test_accuracy"] for run_id, run in runs.items()}
    print(
        f"{writers}: own {read[before]:.3f} -> {read[after]:.3f}, "
        f"MNIST {test[before]:.4f} -> {test[after]:.4f}"
    )
    assert read[after] >= read[before] + 0.08
    assert test[after] >= test[before] - 0.01
    assert runs[after].name.endswith("taught 100 own digits")
    assert queue.store.attached(after, OWN_DIGITS)
    assert [row["epoch"] for row in queue.store.history(after)] == list(range(EPOCHS + 1))
    assert runs[before].checkpoint == queue.store.get(before).checkpoint
