"""The bin: runs that were deleted, with what they take, until it is emptied."""

from collections.abc import Sequence

from mlflow.entities import ViewType

from mnist_core.runs.library import RunLibrary
from mnist_core.runs.records import Run, UnreadableRun
from mnist_core.runs.tags import TAG, read_run, tags
from mnist_core.runs.users import SERVER, may_change

EMPTIED = "emptied"  # the tag of a run whose files are gone


class Bin:
    """The deleted runs of a library's store."""

    def __init__(self, library: RunLibrary) -> None:
        self._library, self._store = library, library.store

    def runs(self, by: str = SERVER) -> list[Run | UnreadableRun]:
        """What the user ``by`` can restore, the newest first."""
        deleted = self._store.client.search(
            self._store.experiment,
            view=ViewType.DELETED_ONLY,
            order="attributes.start_time DESC",
        )
        left = [read_run(run) for run in deleted if TAG + EMPTIED not in run.data.tags]
        users = {run.id: run.user for run in left if isinstance(run, Run)}
        return [run for run in left if may_change(by, users.get(run.id, SERVER))]

    def size(self, run_id: str) -> int:
        """The bytes that a run's files take."""
        return self._store.files.size(run_id)

    def restore(self, run_ids: Sequence[str], by: str = SERVER) -> None:
        """Bring a user's deleted runs back into every list; those that are back stay there."""
        self._library.restore(self._still_here(run_ids, by), by)

    def _still_here(self, run_ids: Sequence[str], by: str) -> list[str]:
        """Those that nobody has restored meanwhile, in another tab or with a second click."""
        here = {run.id for run in self.runs(by)}
        return [run_id for run_id in run_ids if run_id in here]

    def empty(self, run_ids: Sequence[str], by: str = SERVER) -> None:
        """Delete the files of deleted runs for good; a line in the database is left of each.

        Runs that somebody has restored meanwhile, and those of other users, are left alone.

        The files go first: what is broken off half way is still in the bin, and can be emptied
        again. MLflow writes to no run that is deleted, so it is none for a moment.
        """
        for run_id in self._still_here(run_ids, by):
            self._store.files.clear(run_id)
            self._store.client.restore_run(run_id)
            self._store.client.log(run_id, tags=tags(**{EMPTIED: "1"}))
            self._store.client.delete_run(run_id)
