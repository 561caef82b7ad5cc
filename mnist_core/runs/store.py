"""Runs in an MLflow store: what was asked for, what happened, and the network itself.

``mlflow ui`` on the same store shows the same runs. What MLflow has no field for (the segments
of a run, its progress, a request to stop) is kept in tags that begin with ``mnist_lab.``.
"""

import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from mlflow.entities import Metric

from mnist_core.config.texts import check_name, fitted
from mnist_core.config.train import TrainConfig
from mnist_core.data.events import DataReady
from mnist_core.errors import RunNotFoundError
from mnist_core.nn.events import EpochEnd, Finished, Started
from mnist_core.runs.claim import (
    ATTACHMENTS,
    CHECKPOINTS,
    Claim,
    checkpoint_name,
    final_metrics,
    metrics_of,
)
from mnist_core.runs.client import ENDED
from mnist_core.runs.records import (
    MAX_NAME,
    MAX_TEXT,
    Run,
    State,
    Trial,
    UnreadableRun,
)
from mnist_core.runs.requests import RunRequests
from mnist_core.runs.tags import (
    MLFLOW_STATUS,
    TAG,
    edited,
    params_of,
    tags,
    tags_of,
)
from mnist_core.runs.users import SERVER

if TYPE_CHECKING:
    from mnist_core.nn.checkpoint import Checkpoint
    from mnist_core.nn.state import TrainState


class RunStore(RunRequests):
    """Runs in the MLflow store at ``uri``, by default the one that ``Settings`` names.

    Artifacts of a database lie in the folder ``artifacts`` beside a SQLite file, else in the home
    folder, which the machines of a cluster then share; a tracking server has its own place.
    ``patience`` is for how many seconds to go on trying while the store is unavailable.

    Every method raises StoreError, which names the place and the remedy, when the store cannot
    be used, and RunNotFoundError when it has no such run.

    Attributes:
        heart: says that this process lives, and who else does.
    """

    # Training and its end -----------------------------------------------------------------------

    def claim(self, run_id: str) -> Claim:
        """The caller trains the run from now on, and nobody else."""
        token = uuid.uuid4().hex
        again = TAG + "started" in self._tags(run_id)
        self.client.set_status(run_id, MLFLOW_STATUS["running"])
        self.client.log(run_id, tags=tags(claim=token, state="running"))
        return Claim(self.client, self.files, run_id, token, again)

    def set_state(self, run_id: str, state: State, error: str = "") -> None:
        """Record how a run stands; ``error`` is for a person.

        Whoever had claimed a run that has ended may not change it any more.
        """
        values = {"error": fitted(error, MAX_TEXT)} if error else {}
        ended = MLFLOW_STATUS[state] in ENDED
        if not ended:
            self.client.set_status(run_id, MLFLOW_STATUS[state])
        self.client.log(run_id, tags=tags(state=state, claim="", **values))
        if ended:
            self.client.set_status(run_id, MLFLOW_STATUS[state])

    def settle(self, run: Run) -> None:
        """Give a run that has ended MLflow's word for it: a worker lost at the very end did not."""
        self.client.set_status(run.id, MLFLOW_STATUS[run.state])

    def give_up(self, run: Run, state: State = "interrupted", error: str = "") -> bool:
        """End a run that nobody tends, unless something has happened to it since it was read."""
        try:
            now = self.look(run.id)
        except RunNotFoundError:
            return False
        seen = (run.state, run.queued, run.owner, run.claim)
        if isinstance(now, UnreadableRun) or (now.state, now.queued, now.owner, now.claim) != seen:
            return False
        self.set_state(run.id, state, error)
        return True

    def save_checkpoint(self, run_id: str, checkpoint: "Checkpoint") -> None:
        """Give a run that waits the network to begin with."""
        name = checkpoint_name(checkpoint.records["epoch"])
        self.files.write(run_id, name, checkpoint.to_bytes())
        self.client.log(run_id, tags=tags(checkpoint=name))
        for path in self.files.names(run_id, CHECKPOINTS):
            if path != name:
                self.files.delete(run_id, path)

    def attach(self, run_id: str, name: str, data: bytes) -> None:
        """Keep a file with a run, in place of one of that name."""
        self.files.write(run_id, f"{ATTACHMENTS}/{name}", data)

    def add_finished_run(
        self,
        config: TrainConfig,
        name: str,
        state: "TrainState",
        rows: Sequence[EpochEnd],
        end: Finished | None,
        *,
        ready: DataReady,
        started: Started,
        begun: float,
        origin: str = "fresh",
        trial: Trial | None = None,
        instead_of: str | None = None,
        user: str = SERVER,
        hidden: bool = False,
    ) -> str:
        """Keep a run that was trained elsewhere, at once; returns its id.

        Until all of it is there it is interrupted; then it has the outcome of ``end``, and stays
        interrupted if that is None.

        Args:
            state: its network, after the last of ``rows``.
            ready, started: what it was trained on, and how it began.
            begun: when, in seconds since 1970.
            origin: see ``Run``.
            trial: the trial of a study that it is.
            instead_of: the run, left interrupted, that this is the continuation of. It is kept
                instead of a new one.
            user, hidden: whose a new one is, and whether it is hidden from others.
        """
        held = tags_of(
            config,
            state="interrupted",
            owner="",
            queued=begun,
            origin=origin,
            trial=trial,
            user=user,
            hidden=hidden,
        )
        if instead_of is None:
            run_id = self._create(check_name("name", name, MAX_NAME), held, begun)
        else:
            run_id = instead_of
            self.client.rename(run_id, name)
        checkpoint = checkpoint_name(state.epoch)
        self.files.write(run_id, checkpoint, state.to_bytes())
        outcome: State = "interrupted" if end is None else end.outcome
        now = time.time()
        best = Metric("best_val_accuracy", state.best_accuracy, int(now * 1000), state.epoch)
        metrics = [*metrics_of(rows, now), best]
        if instead_of is not None:
            metrics.append(edited())  # it had ended before, and ends again
        values = {
            "checkpoint": checkpoint,
            "data": json.dumps(asdict(ready)),
            "started": json.dumps(asdict(started)),
            "state": outcome,
        }
        if trial is not None:
            values["trial"] = str(trial.number)
        if end is not None:
            values["result"] = json.dumps(asdict(end))
            metrics += final_metrics(end, now)
        self.client.log(run_id, metrics, params_of(config), tags(**values))
        self.client.set_status(run_id, MLFLOW_STATUS[outcome])
        if instead_of is not None:
            for path in self.files.names(run_id, CHECKPOINTS):
                if path != checkpoint:
                    self.files.delete(run_id, path)
        return run_id
