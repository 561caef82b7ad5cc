"""Data sets other than MNIST, in their own files: the same pages look at them and into networks."""

import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from mnist_core.config.fields import parse_config
from mnist_core.config.sweep import parse_sweep
from mnist_core.data.catalog import DATASETS, dataset_spec
from mnist_core.data.datasets import load_dataset
from mnist_core.data.formats import CIFAR_FILES
from mnist_core.data.probe import probe_pictures
from mnist_core.exchange.export import onnx_gap, to_onnx, to_safetensors, to_script
from mnist_core.exchange.importing import import_network
from mnist_core.jobs.studies import StudyQueue
from mnist_core.runs.execution import execute
from mnist_core.runs.records import Run
from mnist_core.sweep.execution import execute_study
from mnist_core.sweep.study import create_study
from pages.ui.data import views
from pages.ui.inside.choose import VIEWS
from pages.ui.state import Backend, predictor
from pages.ui.sweep.studies import TRIAL
from tests.helpers import fashion
from tests.helpers.files import CIFAR_FOLDER, cifar_files, md5, mnist_files, write_mnist
from tests.helpers.pages import open_page, pictures, said
from tests.helpers.zips import add_zip, png, zip_of

MANY = 50  # classes of a zip


def cifar100_files() -> dict[str, bytes]:
    """The files of CIFAR-100 with two pictures to learn from and one to test with of each class."""
    random = np.random.default_rng(0)
    return {
        name: pickle.dumps(
            {
                "data": random.integers(0, 256, (100 * each, 3072), dtype=np.uint8),
                "fine_labels": list(range(100)) * each,
            }
        )
        for name, each in (("train", 2), ("test", 1))
    } | {"meta": pickle.dumps({"fine_label_names": [f"a kind of thing {i}" for i in range(100)]})}


def kinds() -> bytes:
    """A zip of coloured pictures, three of each of many classes."""
    random = np.random.default_rng(0)
    return zip_of(
        {
            f"kind {i}/{j}.png": png(random.integers(0, 256, (9, 12, 3)).astype(np.uint8))
            for i in range(MANY)
            for j in range(3)
        }
    )


@pytest.fixture
def root(app: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with all of them, small, where the app looks for them."""
    for name in ("FashionMNIST", "KMNIST"):
        write_mnist(tmp_path, mnist_files(side=28), name)
    for dataset, folder, files in (
        ("cifar10", CIFAR_FOLDER, cifar_files()),
        ("cifar100", "cifar-100-python", cifar100_files()),
    ):
        (tmp_path / folder).mkdir()
        for name, content in files.items():
            (tmp_path / folder / name).write_bytes(content)
            monkeypatch.setitem(CIFAR_FILES[dataset], name, md5(content))
    monkeypatch.setenv("MNIST_LAB_DATA", str(tmp_path))
    return tmp_path


def trained(app: Backend, dataset: str, seed: int) -> Run:
    """A run in this process, which has the folder's checksums."""
    settings = {"dataset": dataset, "epochs": 2, "hidden_sizes": "6", "learning_rate": 0.01}
    run_id = app.store.create(parse_config({**settings, "seed": seed}), owner=app.queue.owner)
    assert list(execute(run_id, app.store))
    app.look_again()
    return app.store.get(run_id)


@pytest.mark.slow
@pytest.mark.usefixtures("root")
@pytest.mark.parametrize(
    ("dataset", "shape", "classes"),
    [
        ("fashion_mnist", "28 × 28", 10),
        ("kmnist", "28 × 28", 10),
        ("cifar10", "32 × 32 × 3", 10),
        ("cifar100", "32 × 32 × 3", 100),
        ("own", "28 × 28 × 3", MANY),
    ],
)
def test_every_page_shows_them(app: Backend, dataset: str, shape: str, classes: int) -> None:
    if dataset == "own":
        dataset = add_zip(kinds(), "kinds", colour=True)
    runs = [trained(app, dataset, seed) for seed in (0, 1)]
    assert runs[0].ready
    for view in views.VIEWS:
        page = open_page("data", dataset=dataset, view=view)
        assert f"{shape} pixels, {classes} classes" in said(page)
        assert [error.value for error in page.error] == []
        assert view == "classes" or "<img" in pictures(page)
    assert "distorted" in said(open_page("data", dataset=dataset, rotation="20"))

    for view in VIEWS:
        page = open_page("inside", run=runs[0].id, view=view)
        assert not page.exception
        assert [error.value for error in page.error] == []
    page = open_page("inside", run=runs[0].id)
    assert len(page.dataframe[0].value) == classes
    assert len(page.selectbox(key="inside.shown").options) == classes + 1
    page = open_page("inside", run=runs[0].id, view="picture")
    assert f"[{classes}, 6] times" in said(page)
    (says,) = open_page("draw", run=runs[0].id).info
    assert "does not read digits." in says.value


@pytest.mark.slow
@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("dataset", ["fashion_mnist", "kmnist", "cifar10", "cifar100", "own"])
def test_they_are_explored_on_sweep_and_taken_away_from_runs(app: Backend, dataset: str) -> None:
    if dataset == "own":
        dataset = add_zip(kinds(), "kinds", colour=True)
    base = {"dataset": dataset, "epochs": 1, "learning_rate": 0.01, "device": "cpu"}
    config = parse_sweep({"name": "widths", "base": base, "axes": {"hidden_sizes": "4,6"}})
    studies = StudyQueue(lambda: app.queue)
    study = create_study(config, studies.storage)
    assert list(execute_study(study, config, app.store, "a job of this process"))
    app.look_again()
    page = open_page("sweep", study="widths", dataset=dataset)
    assert "Completed" in said(page)
    assert [error.value for error in page.error] == []
    page.selectbox(key=TRIAL).set_value(0).run()
    labels = [button.label for button in page.button]
    assert "Open on Train" in labels
    assert "Draw digits for it" not in labels  # it reads none

    run = next(run for run in app.store.newest() if run.trial == 0)
    page = open_page("runs", runs=run.id)
    assert [error.value for error in page.error] == []
    network = predictor(run.id, run.checkpoint).network
    shown = probe_pictures(dataset, run.data["source"])
    assert onnx_gap(to_onnx(network, shown), network, shown) < 1e-4
    again = import_network(app.library, to_safetensors(network, run.config), "again")
    assert app.store.get(again).config.dataset == dataset
    found = dataset_spec(dataset).torchvision_name or "copy the folder own/"
    assert found in to_script(run, app.store.history(run.id))


@pytest.mark.slow
@pytest.mark.skipif(not fashion.folder(), reason="Fashion-MNIST is not installed")
def test_fashion_mnist_whole(app: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fashion.lay_out(tmp_path)
    monkeypatch.setenv("MNIST_LAB_DATA", str(tmp_path))
    found = load_dataset("fashion_mnist")
    assert found.images.shape == (60_000, 28, 28)
    assert found.test_images.shape == (10_000, 28, 28)
    assert np.bincount(found.labels).tolist() == [6000] * 10
    config = parse_config({"dataset": "fashion_mnist", "epochs": 4, "learning_rate": 0.1})
    run_id = app.store.create(config)  # this process's own: no worker has it
    assert list(execute(run_id, app.store))
    app.look_again()
    assert app.store.get(run_id).result["test_accuracy"] > 0.8
    page = open_page("data", dataset="fashion_mnist")
    assert "60,000 pictures to learn from, 10,000 to test with" in said(page)
    page = open_page("inside", run=run_id)
    table = page.dataframe[0].value
    assert list(table["Class"]) == list(DATASETS["fashion_mnist"].classes)
    assert not page.exception
