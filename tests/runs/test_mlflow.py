"""MLflow's own client, as ``mlflow ui`` uses it, sees the same runs, metrics and artifacts."""

from pathlib import Path

import pytest
from mlflow import MlflowClient

from mnist_core.config.fields import format_sizes
from mnist_core.config.train import TrainConfig
from mnist_core.runs.claim import ROW_METRICS
from mnist_core.runs.execution import execute
from mnist_core.runs.opening import EXPERIMENT
from mnist_core.runs.store import RunStore


@pytest.mark.usefixtures("data")
def test_the_same_runs_metrics_and_artifacts(tmp_path: Path) -> None:
    store = RunStore()
    config = TrainConfig(epochs=3, hidden_sizes=(16, 8))
    run_id, waiting = store.create(config), store.create(config)
    list(execute(run_id, store))
    ours, rows = store.get(run_id), store.history(run_id)

    client = MlflowClient(store.uri)
    experiment = client.get_experiment_by_name(EXPERIMENT)
    assert experiment is not None
    runs = {run.info.run_id: run for run in client.search_runs([experiment.experiment_id])}
    assert runs.keys() == {run_id, waiting}
    assert runs[waiting].info.status == "SCHEDULED"
    theirs = runs[run_id]
    assert (theirs.info.run_name, theirs.info.status) == (ours.name, "FINISHED")
    wanted = config.model_dump() | {"hidden_sizes": format_sizes(config.hidden_sizes)}
    assert theirs.data.params == {name: str(value) for name, value in wanted.items()}
    assert theirs.data.metrics["test_accuracy"] == ours.result["test_accuracy"]
    for key in ROW_METRICS:
        history = client.get_metric_history(run_id, key)
        assert [(m.step, m.value) for m in history] == [(row["epoch"], row[key]) for row in rows]
    (file,) = client.list_artifacts(run_id, "checkpoints")
    assert file.path == ours.checkpoint
    assert Path(client.download_artifacts(run_id, file.path, str(tmp_path))).stat().st_size > 0
