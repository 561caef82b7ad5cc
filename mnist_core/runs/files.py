"""The files of runs: networks and what else is attached to them."""

import tempfile
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from mlflow.store.artifact.artifact_repo import ArtifactRepository
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

from mnist_core.files import size_of
from mnist_core.runs.client import StoreClient


class RunFiles:
    """Files by run and path.

    Below ``root``, an address, each run has a folder; without it, where its record says. A record
    holds an absolute path, which is another one once a home folder has been moved or copied.
    """

    def __init__(self, client: StoreClient, root: str | None) -> None:
        self._client = client
        self._root = root

    def _of(self, run_id: str) -> ArtifactRepository:
        if self._root is not None:
            return get_artifact_repository(f"{self._root}/{run_id}/artifacts")
        return get_artifact_repository(self._client.run(run_id).info.artifact_uri)

    def names(self, run_id: str, folder: str) -> list[str]:
        """The paths of a run's files in a folder."""
        found = self._client.patiently(lambda: self._of(run_id).list_artifacts(folder))
        return [file.path for file in found]

    def read(self, run_id: str, path: str) -> bytes:
        """A file's content.

        Raises:
            StoreError: it is not there, or cannot be read.
        """

        def download() -> bytes:
            with tempfile.TemporaryDirectory() as folder:
                return Path(self._of(run_id).download_artifacts(path, folder)).read_bytes()

        return self._client.patiently(download)

    def write(self, run_id: str, path: str, data: bytes) -> None:
        """Keep a file, in place of one of that path. It is there whole or not at all."""

        def upload() -> None:
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder) / Path(path).name
                file.write_bytes(data)
                self._of(run_id).log_artifact(str(file), str(Path(path).parent))

        self._client.patiently(upload)

    def delete(self, run_id: str, path: str) -> None:
        self._client.patiently(lambda: self._of(run_id).delete_artifacts(path))

    def size(self, run_id: str) -> int:
        """The bytes that all of a run's files take."""

        def below(folder: str | None) -> int:
            found = self._of(run_id).list_artifacts(folder)
            return sum(below(file.path) if file.is_dir else file.file_size or 0 for file in found)

        return self._client.patiently(lambda: below(None))

    def size_here(self, run_id: str) -> int:
        """The bytes that a run's files take on this machine; 0 where they are elsewhere."""
        if self._root is None:
            return 0
        return size_of(Path(url2pathname(urlsplit(self._root).path)) / run_id)

    def clear(self, run_id: str) -> None:
        """Delete all of a run's files."""
        found = self._client.patiently(lambda: self._of(run_id).list_artifacts(None))
        for file in found:
            self.delete(run_id, file.path)
