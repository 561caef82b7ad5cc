"""MLflow's client: the calls that this project makes, with types, patience and clear errors."""

import functools
from collections.abc import Callable, Sequence
from typing import TypeVar

from mlflow import MlflowClient
from mlflow.entities import Experiment, Metric, Param, Run, RunTag, ViewType

from mnist_core.errors import StoreUnavailableError
from mnist_core.runs.failures import store_errors
from mnist_core.runs.patience import patiently
from mnist_core.settings import place

T = TypeVar("T")

MAX_METRICS = 900  # in one request; MLflow takes 1,000
MAX_RUNS = 1000  # of one answer


class StoreClient:
    """Every method raises what ``store_errors`` says.

    With ``patience`` (seconds) a method is tried again for so long while the store is
    unavailable: what training writes (rows, tags, artifacts) can be written twice without harm.
    """

    def __init__(self, uri: str, patience: float = 0.0) -> None:
        self.uri = uri
        self._patience = patience

    def __repr__(self) -> str:
        return f"StoreClient({place(self.uri)!r})"

    @functools.cached_property
    def _client(self) -> MlflowClient:
        """Opened with the first call, under its ``store_errors``."""
        # With the driver's name MLflow does not make the database's folder, which it would name as
        # it stands in the address: "100%25" beside "100%".
        return MlflowClient(self.uri.replace("sqlite:///", "sqlite+pysqlite:///", 1))

    def patiently(self, action: Callable[[], T]) -> T:
        """Do ``action`` under ``store_errors``, with this client's patience."""

        def attempt() -> T:
            with store_errors(self.uri):
                return action()

        return patiently(attempt, self._patience, lambda e: isinstance(e, StoreUnavailableError))

    # Experiments --------------------------------------------------------------------------------

    def find_experiment(self, name: str) -> Experiment | None:
        """The experiment of a name, even if it was deleted."""
        return self.patiently(lambda: self._client.get_experiment_by_name(name))

    def experiments(self) -> list[Experiment]:
        """All experiments, the deleted ones as well."""
        return self.patiently(lambda: list(self._client.search_experiments(ViewType.ALL)))

    def experiment(self, experiment: str) -> Experiment:
        return self.patiently(lambda: self._client.get_experiment(experiment))

    def create_experiment(self, name: str, location: str | None) -> str:
        return self.patiently(lambda: self._client.create_experiment(name, location))

    def restore_experiment(self, experiment: str) -> None:
        self.patiently(lambda: self._client.restore_experiment(experiment))

    def set_experiment_tag(self, experiment: str, key: str, value: str) -> None:
        self.patiently(lambda: self._client.set_experiment_tag(experiment, key, value))

    def delete_experiment_tag(self, experiment: str, key: str) -> None:
        self.patiently(lambda: self._client.delete_experiment_tag(experiment, key))

    # Runs ---------------------------------------------------------------------------------------

    def create_run(
        self, experiment: str, name: str, tags: dict[str, str], started: float | None = None
    ) -> str:
        """A new run; returns its id. ``started`` is in seconds since 1970, by default now."""
        at = None if started is None else int(started * 1000)
        made = self.patiently(
            lambda: self._client.create_run(experiment, start_time=at, tags=tags, run_name=name)
        )
        return str(made.info.run_id)

    def run(self, run_id: str) -> Run:
        return self.patiently(lambda: self._client.get_run(run_id))

    def search(
        self,
        experiment: str,
        condition: str = "",
        *,
        view: int = ViewType.ACTIVE_ONLY,
        limit: int | None = None,
        order: str | None = None,
    ) -> list[Run]:
        """The runs that fulfil a condition in MLflow's search language: all, or the first few."""
        found: list[Run] = []
        orders, token = [order] if order else None, None
        while limit is None or len(found) < limit:
            some = MAX_RUNS if limit is None else min(MAX_RUNS, limit - len(found))
            ask = functools.partial(
                self._client.search_runs, [experiment], condition, view, some, orders, token
            )
            page = self.patiently(ask)
            found += page
            token = page.token
            if not token:
                break
        return found

    def log(
        self,
        run_id: str,
        metrics: Sequence[Metric] = (),
        params: Sequence[Param] = (),
        tags: Sequence[RunTag] = (),
    ) -> None:
        """Write to a run; tags and parameters come last, in one transaction with metrics."""
        head, rest = metrics[:MAX_METRICS], metrics[MAX_METRICS:]
        for i in range(0, len(rest), MAX_METRICS):
            some = rest[i : i + MAX_METRICS]
            self.patiently(functools.partial(self._client.log_batch, run_id, metrics=some))
        self.patiently(lambda: self._client.log_batch(run_id, head, params, tags))

    def metric(self, run_id: str, key: str) -> list[Metric]:
        """All values of a metric, oldest first."""
        return self.patiently(lambda: list(self._client.get_metric_history(run_id, key)))

    def rename(self, run_id: str, name: str) -> None:
        self.patiently(lambda: self._client.update_run(run_id, name=name))

    def set_status(self, run_id: str, status: str) -> None:
        """One of MLflow's states; of those that are an end it keeps the time as well."""
        ended = status in ENDED
        call = self._client.set_terminated if ended else self._client.update_run
        self.patiently(lambda: call(run_id, status))

    def delete_tag(self, run_id: str, key: str) -> None:
        self.patiently(lambda: self._client.delete_tag(run_id, key))

    def delete_run(self, run_id: str) -> None:
        self.patiently(lambda: self._client.delete_run(run_id))

    def restore_run(self, run_id: str) -> None:
        self.patiently(lambda: self._client.restore_run(run_id))


ENDED = ("FINISHED", "FAILED", "KILLED")  # MLflow's states that are an end
