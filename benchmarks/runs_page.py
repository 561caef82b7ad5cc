"""How long the Runs page takes with 10,000 runs in the store: ``python -m benchmarks.runs_page``.

The runs are written straight into MLflow's tables, since creating them one by one takes minutes.
Then, in one process: opening the store's list (what the app does once, in the background), one
look at it afterwards, a filter, and the page itself as Streamlit runs it, n times each.
"""

import argparse
import json
import os
import platform
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from unittest import mock

from streamlit.testing.v1 import AppTest

from mnist_core.config.fields import parse_config
from mnist_core.config.train import TrainConfig
from mnist_core.nn.events import Finished, Started
from mnist_core.runs.claim import EPOCH_METRICS, checkpoint_name
from mnist_core.runs.library import RunLibrary
from mnist_core.runs.query import parse_query
from mnist_core.runs.records import run_name
from mnist_core.runs.store import RunStore
from mnist_core.runs.tags import TAG, params_of, tags_of
from pages.ui.state import backend

ROOT = Path(__file__).resolve().parent.parent
STARTED = Started(25_450, ((784, 32), (32, 10)), 48_000, 12_000, 10_000, "cpu", 0, 5)


def random_config(random: random.Random, seed: int) -> TrainConfig:
    """Settings such as people try."""
    return parse_config(
        {
            "hidden_sizes": random.choice([(16,), (32,), (64,), (128, 64), ()]),
            "learning_rate": random.choice([0.01, 0.1, 0.5]),
            "optimizer": random.choice(["sgd", "momentum", "adam"]),
            "batch_size": random.choice([32, 100, 500]),
            "seed": seed,
        }
    )


def insert_runs(store: RunStore, count: int) -> None:
    """Fill an SQLite store with finished runs that look like real ones."""
    source = random.Random(0)
    now = int(time.time() * 1000)
    runs, tags, params, metrics = [], [], [], []
    for i in range(count):
        run_id, config = f"{source.getrandbits(128):032x}", random_config(source, i)
        began = now - (count - i) * 10_000
        accuracy = source.uniform(0.8, 0.98)
        result = Finished(
            "completed", 5, accuracy, accuracy, 5, accuracy - 0.003, 0.2, source.uniform(1, 9)
        )
        runs.append((run_id, run_name(config), "FINISHED", began, began + 5_000, store.experiment))
        texts = {
            **tags_of(config, state="completed", owner="", queued=began / 1000, origin="fresh"),
            TAG + "started": json.dumps(asdict(STARTED)),
            TAG + "result": json.dumps(asdict(result)),
            TAG + "checkpoint": checkpoint_name(5),
            "mlflow.runName": run_name(config),
        }
        tags += [(key, value, run_id) for key, value in texts.items()]
        params += [(param.key, param.value, run_id) for param in params_of(config)]
        names = (*EPOCH_METRICS, "best_val_accuracy", "test_accuracy", "test_loss")
        metrics += [(key, accuracy, began, 5, False, run_id) for key in names]
    connection = sqlite3.connect(store.uri.removeprefix("sqlite:///"))
    with connection:
        connection.executemany(
            "INSERT INTO runs (run_uuid, name, status, start_time, end_time, experiment_id, "
            "lifecycle_stage, artifact_uri, source_type, user_id) "
            "VALUES (?, ?, ?, ?, ?, ?, 'active', '', 'LOCAL', '')",
            runs,
        )
        connection.executemany("INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?)", tags)
        connection.executemany("INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)", params)
        connection.executemany(
            "INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            metrics,
        )
    connection.close()


def timed(what: str, call: Callable[[], object], repeats: int) -> None:
    """Print how long a call takes."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    middle, worst = statistics.median(times), max(times)
    print(f"{what:<42} median {middle:6.3f} s, worst {worst:6.3f} s, n = {repeats}", flush=True)


def main(arguments: list[str] | None = None) -> None:
    """Print the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=10)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as home:
        os.environ["MNIST_LAB_HOME"] = home
        measure(options.runs, options.repeats)


def measure(count: int, repeats: int) -> None:
    """Fill a store in MNIST_LAB_HOME and time what the page does."""
    store = RunStore()
    insert_runs(store, count)
    cores, load = os.cpu_count(), os.getloadavg()[0]
    print(f"{count:,} runs, {platform.machine()}, {cores} cores, load {load:.1f}")
    library = RunLibrary(store)
    timed("the newest runs of a store just opened", library.runs, 1)
    began = time.perf_counter()
    while not library.complete:
        time.sleep(0.05)
    print(f"{'all of them, read in the background':<42} {time.perf_counter() - began:.1f} s")
    timed("a look at the list", library.runs, repeats)
    runs = library.runs()
    test = parse_query("hidden_sizes contains 64 and val_accuracy > 0.97")
    timed("a filter", lambda: [run for run in runs if test(run)], repeats)

    # An AppTest's server is none, and would say nonsense of who is visiting.
    mock.patch("streamlit.runtime.context._get_client_context", return_value=None).start()
    opened = backend()  # the app's own, with workers
    while not opened.library.complete:
        opened.library.runs()
    page = AppTest.from_file(str(ROOT / "pages" / "runs.py"), default_timeout=60)
    page.run()  # imports what the page needs
    timed("the page, drawn again", page.run, repeats)
    timed(
        "the page in a new session",
        AppTest.from_file(str(ROOT / "pages" / "runs.py"), default_timeout=60).run,
        repeats,
    )
    assert not page.exception, page.exception
    assert f"{count:,} of {count:,} runs" in [text.value for text in page.caption]
    opened.queue.close()


if __name__ == "__main__":
    main()
