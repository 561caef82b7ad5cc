"""Fetching the files of a data set: streamed, compared with their checksums, put in place whole."""

import contextlib
import gzip
import hashlib
import http.client
import logging
import shutil
import tarfile
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import IO

from mnist_core.data.catalog import DATASETS, Archive, DatasetSpec
from mnist_core.data.events import Downloading
from mnist_core.errors import DownloadError

# What goes wrong on the way: a ValueError where an address that a server sends us to is none.
WRONG = (OSError, http.client.HTTPException, ValueError)
Came = bytes | OSError | http.client.HTTPException | ValueError

log = logging.getLogger(__name__)

TIMEOUT = 10.0  # seconds without an answer, or without one more byte, until a server counts as gone
WAIT = 0.25  # seconds of a server's silence until whoever listens is told that nothing came
EVERY = 0.1  # seconds between two reports of what has arrived
CHUNK = 2**16  # bytes
GZIP = b"\x1f\x8b"  # how all the archives begin
ABANDONED = 3600.0  # seconds until what a killed process left behind is cleared away
# Some servers refuse Python's own name, and some whatever is no browser.
HEADERS = {"User-Agent": "Mozilla/5.0 (compatible; MNIST Lab) pytorch/vision"}


def download(name: str, root: Path) -> Iterator[Downloading]:
    """Fetch those files of a data set that are missing below ``root``.

    What arrives is kept in a folder of its own until it is whole and its checksum is right. Then
    each file is moved to its place; one that is there already stays as it is.

    Raises:
        DownloadError: no mirror gives a file as it should be (each is named with what was wrong),
            or the folder cannot be written. Nothing half is left.
    """
    spec = DATASETS[name]
    wanted = [a for a in spec.archives if any(not (root / file).exists() for file in a.files)]
    total, done = sum(archive.size for archive in wanted), 0
    mirrors = list(spec.mirrors)
    folder = arrival_folder(name, root)
    try:
        for archive in wanted:
            for count in _fetch(archive, mirrors, folder / archive.name):
                yield Downloading(name, done + count, total)
            done += archive.size
            unpack(folder / archive.name, archive, root)
    except OSError as error:
        raise unwritable(root, error) from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    log.info("%s: %s bytes below %s", name, f"{done:,}", root)


def unpack_found(spec: DatasetSpec, source: Path, root: Path) -> list[str]:
    """Unpack archives that somebody put below ``source`` to where their files belong in ``root``.

    Returns a sentence for each that was not taken.

    Raises:
        OSError: ``root`` cannot be written.
    """
    refused = []
    for archive in spec.archives:
        if all((root / file).exists() for file in archive.files):
            continue
        for folder in (source, source / spec.torchvision_name, (source / archive.files[0]).parent):
            path = folder / archive.name
            try:
                if not path.is_file():
                    continue
                digest = _md5(path)
            except OSError as error:
                refused.append(f"{path} cannot be read: {error.strerror or error}.")
                continue
            if digest != archive.md5:
                refused.append(f"{path} was not used: its checksum is wrong.")
                continue
            unpack(path, archive, root)
            break
    return refused


def unpack(path: Path, archive: Archive, root: Path) -> None:
    """Write an archive's files below ``root``; those that are there already stay as they are.

    Raises:
        OSError: they cannot be written. None is there in part.
    """
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".unpack-", dir=root) as folder:
        for file, content in _contents(path, archive):
            arrived, target = Path(folder) / Path(file).name, root / file
            with arrived.open("wb") as out:
                shutil.copyfileobj(content, out)
            target.parent.mkdir(parents=True, exist_ok=True)
            if not target.exists():
                arrived.replace(target)


def _contents(path: Path, archive: Archive) -> Iterator[tuple[str, IO[bytes] | gzip.GzipFile]]:
    """Each file of an archive with what it holds, as a stream."""
    if not path.name.endswith(".tar.gz"):
        (file,) = archive.files
        with gzip.open(path) as content:
            yield file, content
        return
    with tarfile.open(path) as packed:
        for file in archive.files:
            member = packed.extractfile(file)
            assert member is not None, "the checksum is right, and it is a plain file"
            yield file, member


def arrival_folder(name: str, root: Path) -> Path:
    """A new folder below ``root`` for what arrives; those of killed processes are cleared away.

    Raises:
        DownloadError: ``root`` cannot be written.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        for old in root.glob(f".{name}-*"):
            with contextlib.suppress(OSError):  # another process clears its own away, or no folder
                if time.time() - max(p.stat().st_mtime for p in (old, *old.iterdir())) > ABANDONED:
                    shutil.rmtree(old, ignore_errors=True)
        return Path(tempfile.mkdtemp(prefix=f".{name}-", dir=root))
    except OSError as error:
        raise unwritable(root, error) from error


def _fetch(archive: Archive, mirrors: list[str], path: Path) -> Iterator[int]:
    """Fetch an archive into ``path``, yielding how many bytes have arrived from time to time.

    A mirror that fails is taken off the list, so that the next file does not wait for it again.
    """
    failures = []
    while mirrors:
        try:
            yield from _stream(mirrors[0] + archive.name, archive, path)
            return
        except _MirrorError as error:
            failures.append(f"{urllib.parse.urlsplit(mirrors.pop(0)).netloc}: {error}")
    raise DownloadError(f"{archive.name} could not be fetched ({'; '.join(failures)})")


class _MirrorError(Exception):
    """A server does not answer, breaks off, or gives something else than was asked for."""


def _stream(url: str, archive: Archive, path: Path) -> Iterator[int]:
    digest, count, told = hashlib.md5(usedforsecurity=False), 0, 0.0
    with path.open("wb") as file:
        for chunk in _chunks(url):
            if not chunk:  # nothing came for a while: whoever listens may want to stop
                yield count
                continue
            if not count and not chunk.startswith(GZIP[: len(chunk)]):
                raise _MirrorError("what came is no archive, but perhaps a page to log in")
            count += len(chunk)
            if count > archive.size:
                raise _MirrorError(f"more than the {archive.size:,} bytes came that it has")
            digest.update(chunk)
            file.write(chunk)
            if time.monotonic() - told >= EVERY:
                yield count
                told = time.monotonic()
    if count < archive.size:
        raise _MirrorError(f"it broke off after {count:,} of {archive.size:,} bytes")
    if digest.hexdigest() != archive.md5:
        raise _MirrorError("the checksum of what came is wrong")
    yield count


def _chunks(url: str) -> Iterator[bytes]:
    """What a server sends, as it arrives; nothing (``b""``) for each WAIT in which it is silent.

    A thread waits for the server, so that whoever asks can leave at any moment. It ends then with
    the next bytes, or with the server's TIMEOUT.

    Only what happens while we wait for the server is its fault; an error of whoever writes the
    bytes to the disk does not pass through here.
    """
    more: SimpleQueue[bool] = SimpleQueue()
    came: SimpleQueue[Came] = SimpleQueue()
    threading.Thread(target=_listen, args=(url, more, came), name="download", daemon=True).start()
    try:
        more.put(True)
        while True:
            try:
                chunk = came.get(timeout=WAIT)
            except Empty:
                yield b""
                continue
            if isinstance(chunk, Exception):
                raise chunk
            if not chunk:
                return
            yield chunk
            more.put(True)
    except urllib.error.HTTPError as error:
        error.close()
        raise _MirrorError(str(error)) from error
    except TimeoutError as error:
        raise _MirrorError(f"it was silent for {TIMEOUT:g} s") from error
    except WRONG as error:
        raise _MirrorError(
            f"{getattr(error, 'reason', None) or error or type(error).__name__}"
        ) from error
    finally:
        more.put(False)


def _listen(url: str, more: "SimpleQueue[bool]", came: "SimpleQueue[Came]") -> None:
    """Fetch the next bytes each time that ``more`` says so; nothing (``b""``) comes last."""
    try:
        request = urllib.request.Request(url, headers=HEADERS)
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:
            while more.get():
                came.put(response.read1(CHUNK))
    except WRONG as error:  # raised where the bytes are waited for
        came.put(error)
    finally:
        came.put(b"")


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def unwritable(root: Path, error: OSError) -> DownloadError:
    """What to raise where a folder of data sets cannot be written."""
    return DownloadError(f"{root} cannot be written: {error.strerror or error}")
