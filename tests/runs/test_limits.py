"""What one visitor may take; whoever runs the server may take what there is."""

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from mnist_core.config.sweep import parse_sweep
from mnist_core.config.train import TrainConfig
from mnist_core.drawing.my_digits import MyDigits
from mnist_core.errors import ConfigError, TooManyError
from mnist_core.runs.library import RunLibrary
from mnist_core.runs.limits import (
    GB,
    check_disk,
    check_epochs,
    check_stored,
    check_sweep,
    check_trials,
    stored,
)
from mnist_core.runs.store import RunStore
from mnist_core.runs.users import SERVER

ADA, BOB = "a" * 32, "b" * 32


def test_more_epochs_or_trials_than_are_allowed_are_refused_with_the_number(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MNIST_LAB_MOST_EPOCHS", "20")
    monkeypatch.setenv("MNIST_LAB_MOST_TRIALS", "8")
    check_epochs(TrainConfig(epochs=20), ADA)
    check_trials(8, ADA)
    check_epochs(TrainConfig(epochs=1000), SERVER)
    check_trials(10_000, SERVER)
    with pytest.raises(ConfigError, match="epochs = 21: 20 are the most"):
        check_epochs(TrainConfig(epochs=21), ADA)
    with pytest.raises(ConfigError, match="trials = 9: 8 are the most"):
        check_trials(9, ADA)
    for axis in ("10,30", "10:30"):
        config = parse_sweep(
            {"name": "s", "axes": {"epochs": axis}, "sampler": "random", "trials": 8}
        )
        check_sweep(config, SERVER)
        with pytest.raises(ConfigError, match="epochs = 30: 20 are the most"):
            check_sweep(config, ADA)


def test_what_a_user_keeps_is_counted_until_the_bin_is_empty(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store = RunStore()
    mine = store.create(TrainConfig(), user=ADA)
    store.attach(mine, "big", bytes(5000))
    store.attach(store.create(TrainConfig(), user=BOB), "small", bytes(10))
    store.set_state(mine, "completed")
    library = RunLibrary(store)
    library.runs()
    assert (stored(library, ADA), stored(library, BOB)) == (5000, 10)
    digits = MyDigits.of_user(BOB)
    digits.path.parent.mkdir(parents=True)
    digits.path.write_bytes(bytes(70))
    assert stored(library, BOB) == 80

    monkeypatch.setenv("MNIST_LAB_MOST_GB", str(5000 / GB))
    check_stored(library, BOB)
    check_stored(library, SERVER)
    with pytest.raises(TooManyError, match=r"your runs take 5e-06 GB, and 5e-06 GB are the most"):
        check_stored(library, ADA)
    library.delete([mine], by=ADA)
    assert stored(library, ADA) == 5000
    later = RunLibrary(store)  # of an app that starts with it in the bin
    later.runs()
    assert stored(later, ADA) == 5000
    store.files.clear(mine)
    check_stored(library, ADA)


def test_a_disk_that_is_nearly_full_takes_nothing_more_of_visitors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Usage(NamedTuple):
        free: int

    def free(bytes_: int) -> None:
        monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(bytes_))

    monkeypatch.setenv("MNIST_LAB_FREE_GB", "3")
    free(3 * GB)
    check_disk(ADA)
    free(3 * GB - 1)
    check_disk(SERVER)
    with pytest.raises(TooManyError, match="the disk of this server is nearly full"):
        check_disk(ADA)
    with pytest.raises(TooManyError, match="nearly full"):
        check_stored(RunLibrary(RunStore()), ADA)


def test_the_size_of_files_that_are_elsewhere_is_not_known(tmp_path: Path) -> None:
    store = RunStore()
    run = store.create(TrainConfig(), user=ADA)
    store.attach(run, "file", bytes(7))
    assert store.files.size_here(run) == store.files.size(run) == 7
    store.files._root = None  # as a tracking server's
    assert store.files.size_here(run) == 0
