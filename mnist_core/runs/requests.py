"""What people ask of runs: to be trained, to go on, to stop, to be turned."""

import contextlib
import time
from collections.abc import Mapping

from mnist_core.config.knobs import turned
from mnist_core.config.texts import check_name
from mnist_core.config.train import TrainConfig
from mnist_core.errors import StoreError
from mnist_core.runs.heart import Heart
from mnist_core.runs.opening import revive
from mnist_core.runs.reader import RunReader
from mnist_core.runs.records import MAX_NAME, MAX_PUPIL, Pupil, Run, Segment, run_name
from mnist_core.runs.tags import (
    CHANGE,
    MLFLOW_STATUS,
    SEGMENT,
    TAG,
    edited,
    knobs_json,
    params_of,
    segment_json,
    tags,
    tags_of,
)
from mnist_core.runs.users import SERVER, check_may_change


class RunRequests(RunReader):
    """The runs of a store, and what is asked of them; see ``RunStore``."""

    def __init__(self, uri: str | None = None, patience: float = 0.0) -> None:
        super().__init__(uri, patience)
        self.heart = Heart(self.client, self.experiment)

    def of_user(self, run_id: str, by: str) -> Run:
        """A run that the user ``by`` may change, as ``get`` does. Raises NotYoursError."""
        run = self.get(run_id)
        check_may_change(by, run.user, f"run {run.name!r}")
        return run

    def create(
        self,
        config: TrainConfig,
        name: str | None = None,
        owner: str | None = None,
        origin: str = "fresh",
        pupil: Pupil | None = None,
        user: str = SERVER,
        turn: int = 0,
    ) -> str:
        """A new run of ``user`` that waits to be trained; returns its id.

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
            user=user,
            turn=turn,
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

    def add_segment(
        self, run_id: str, config: TrainConfig, owner: str | None = None, turn: int = 0
    ) -> None:
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
        self.requeue(run_id, owner, turn)

    def requeue(self, run_id: str, owner: str | None = None, turn: int = 0) -> None:
        """The run waits to be trained (again); its result stands until that begins."""
        for tag in ("stop", "error", "progress"):
            self._drop(run_id, tag)
        # Status first: killed in between, it is a run that has ended with an old status.
        self.client.set_status(run_id, MLFLOW_STATUS["queued"])
        owner = owner or self.heart.tend()
        values = {"owner": owner, "queued": repr(time.time()), "claim": "", "turn": str(turn)}
        self.client.log(run_id, [edited()], tags=tags(**values, state="queued"))

    def hand_over(self, run_id: str, owner: str) -> None:
        """Let a run live by somebody else's signs of life."""
        self.client.log(run_id, [edited()], tags=tags(owner=owner))

    def request_stop(self, run_id: str) -> None:
        """Ask whoever trains this run to stop; it looks several times a second."""
        self.client.log(run_id, tags=tags(stop="1"))

    def request_change(self, run_id: str, values: Mapping[str, object], by: str = SERVER) -> None:
        """Ask whoever trains this run to go on with other numbers from its next epoch on.

        ``values`` are some of ``KNOBS``. What was asked for last counts.

        Raises:
            ConfigError: see ``turned``.
            StoreError: the run does not train.
            NotYoursError: it is not of the user ``by``.
        """
        run = self.of_user(run_id, by)
        if run.state != "running":
            why = "waits to be trained" if run.active else "has ended"
            raise StoreError(
                f"nothing was changed: run {run.name!r} {why}. Its settings can be changed while "
                "it trains."
            )
        self.client.log(run_id, tags=tags(wanted=knobs_json(turned(run.config, values))))

    def _drop(self, run_id: str, tag: str) -> None:
        if TAG + tag in self._tags(run_id):
            self.client.delete_tag(run_id, TAG + tag)
