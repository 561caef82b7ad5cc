"""Runs in an MLflow store: what was asked for, what happened, and the network itself.

``mlflow ui`` on the same store shows the same runs. What MLflow has no field for (the segments
of a run, its progress, a request to stop) is kept in tags that begin with ``mnist_lab.``.
"""

import contextlib
import json
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from mlflow.entities import Metric

from mnist_core.config.knobs import turned
from mnist_core.config.texts import check_name, fitted
from mnist_core.config.train import TrainConfig
from mnist_core.data.events import DataReady
from mnist_core.errors import RunNotFoundError, StoreError
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
from mnist_core.runs.heart import Heart
from mnist_core.runs.opening import revive
from mnist_core.runs.reader import RunReader
from mnist_core.runs.records import (
    MAX_NAME,
    MAX_PUPIL,
    MAX_TEXT,
    Pupil,
    Run,
    Segment,
    State,
    Trial,
    UnreadableRun,
    run_name,
)
from mnist_core.runs.tags import (
    CHANGE,
    MLFLOW_STATUS,
    SEGMENT,
    TAG,
    knobs_json,
    params_of,
    segment_json,
    tags,
    tags_of,
)

if TYPE_CHECKING:
    from mnist_core.nn.checkpoint import Checkpoint
    from mnist_core.nn.state import TrainState


class RunStore(RunReader):
    """Runs in the MLflow store at ``uri``, by default the one that ``Settings`` names.

    Artifacts of a database lie in the folder ``artifacts`` beside a SQLite file, else in the home
    folder, which the machines of a cluster then share; a tracking server has its own place.
    ``patience`` is for how many seconds to go on trying while the store is unavailable.

    Every method raises StoreError, which names the place and the remedy, when the store cannot
    be used, and RunNotFoundError when it has no such run.

    Attributes:
        heart: says that this process lives, and who else does.
    """

    def __init__(self, uri: str | None = None, patience: float = 0.0) -> None:
        super().__init__(uri, patience)
        self.heart = Heart(self.client, self.experiment)

    # Asking for training ------------------------------------------------------------------------

    def create(
        self,
        config: TrainConfig,
        name: str | None = None,
        owner: str | None = None,
        origin: str = "fresh",
        pupil: Pupil | None = None,
    ) -> str:
        """A new run that waits to be trained; returns its id.

        ``owner`` is whose signs of life it lives by: this process's, or others' (see ``Heart``).

        Raises:
            ConfigError: the name is empty, too long, or not one line, or that of ``pupil`` is.
        """
        name = run_name(config) if name is None else check_name("name", name, MAX_NAME)
        if pupil is not None:
            check_name("your name", pupil.name, MAX_PUPIL)
        held = tags_of(
            config,
            state="queued",
            owner=owner or self.heart.tend(),
            queued=time.time(),
            origin=origin,
            pupil=pupil,
        )
        run_id = self._create(name, held)
        try:
            self.client.log(run_id, params=params_of(config))
            self.client.set_status(run_id, MLFLOW_STATUS["queued"])
        except StoreError:
            with contextlib.suppress(StoreError):  # the first error says what is wrong
                self.client.delete_run(run_id)
            raise
        return run_id

    def _create(self, name: str, held: dict[str, str], started: float | None = None) -> str:
        revive(self.client, self.experiment)  # somebody may have deleted it meanwhile
        return self.client.create_run(self.experiment, name, held, started)

    def add_segment(self, run_id: str, config: TrainConfig, owner: str | None = None) -> None:
        """Ask for ``config.epochs`` more epochs of a run that has ended."""
        run = self.get(run_id)
        if run.active:
            raise StoreError(f"run {run.name!r} is still {run.state}")
        # Training goes on from the checkpoint, whatever rows came after it.
        segment = Segment(run.saved_epoch, config)
        kept = sum(s.start < segment.start for s in run.segments)  # the others were not begun
        self.client.log(run_id, tags=tags(**{f"{SEGMENT}{kept}": segment_json(segment)}))
        made = [change.start < segment.start for s in run.segments for change in s.changes]
        for number in range(sum(made), len(made)):
            self._drop(run_id, f"{CHANGE}{number}")  # nothing that is kept was trained with it
        for tag in ("started", "wanted"):  # of another segment
            self._drop(run_id, tag)
        self.requeue(run_id, owner)

    def requeue(self, run_id: str, owner: str | None = None) -> None:
        """The run waits to be trained (again); its result stands until that begins."""
        for tag in ("stop", "error", "progress"):
            self._drop(run_id, tag)
        # Status first: killed in between, it is a run that has ended with an old status.
        self.client.set_status(run_id, MLFLOW_STATUS["queued"])
        owner = owner or self.heart.tend()
        now = repr(time.time())
        self.client.log(run_id, tags=tags(owner=owner, queued=now, claim="", state="queued"))

    def hand_over(self, run_id: str, owner: str) -> None:
        """Let a run live by somebody else's signs of life."""
        self.client.log(run_id, tags=tags(owner=owner))

    def request_stop(self, run_id: str) -> None:
        """Ask whoever trains this run to stop; it looks several times a second."""
        self.client.log(run_id, tags=tags(stop="1"))

    def request_change(self, run_id: str, values: Mapping[str, object]) -> None:
        """Ask whoever trains this run to go on with other numbers from its next epoch on.

        ``values`` are some of ``KNOBS``. What was asked for last counts.

        Raises:
            ConfigError: see ``turned``.
            StoreError: the run does not train.
        """
        run = self.get(run_id)
        if run.state != "running":
            why = "waits to be trained" if run.active else "has ended"
            raise StoreError(
                f"nothing was changed: run {run.name!r} {why}. Its settings can be changed while "
                "it trains."
            )
        self.client.log(run_id, tags=tags(wanted=knobs_json(turned(run.config, values))))

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
        """
        held = tags_of(
            config, state="interrupted", owner="", queued=begun, origin=origin, trial=trial
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

    def _drop(self, run_id: str, tag: str) -> None:
        if TAG + tag in self._tags(run_id):
            self.client.delete_tag(run_id, TAG + tag)
