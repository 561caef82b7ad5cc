"""Fetching a data set through torchvision, with the bytes that have arrived."""

import logging
import shutil
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mnist_core.data.events import Downloading
from mnist_core.errors import DownloadError

log = logging.getLogger(__name__)

PROBE_TIMEOUT = 10  # seconds until a server that does not answer counts as out of reach
STALL_TIMEOUT = 60  # seconds without one more byte until a download counts as stuck
POLL = 0.1  # seconds between two looks at what has arrived


def _mirrors(torchvision_class: Any) -> list[list[str]]:
    """The archives' addresses, one list a mirror."""
    if hasattr(torchvision_class, "resources"):
        files = [name for name, _ in torchvision_class.resources]
        return [[f"{mirror}{name}" for name in files] for mirror in torchvision_class.mirrors]
    return [[torchvision_class.url]]


def _announced_size(torchvision_class: Any) -> int:
    """Bytes of all archives, as the first mirror that answers announces them.

    torchvision sets no time-out of its own, so this is also the check that somebody is there.
    """
    failures = []
    for urls in _mirrors(torchvision_class):
        try:
            total = 0
            for url in urls:
                request = urllib.request.Request(url, method="HEAD")
                with urllib.request.urlopen(request, timeout=PROBE_TIMEOUT) as response:
                    total += int(response.headers.get("Content-Length", 0))
            return total
        except OSError as error:
            host = urllib.parse.urlsplit(urls[0]).netloc
            if isinstance(error, urllib.error.HTTPError):
                failures.append(f"{host}: {error}")
                error.close()
            else:
                failures.append(f"{host}: {getattr(error, 'reason', error)}")
    raise DownloadError("no server answered (" + "; ".join(failures) + ")")


def _arrived(folder: Path, archives: set[str]) -> int:
    """Bytes of the archives that are on the disk so far; unpacked files do not count."""
    total = 0
    for path in folder.rglob("*"):
        if path.name in archives:
            try:
                total += path.stat().st_size
            except FileNotFoundError:  # removed between the listing and the look
                continue
    return total


def download(name: str, torchvision_class: Any, root: Path) -> Iterator[Downloading]:
    """Download and unpack a data set below ``root``, all or nothing.

    It arrives in a folder of its own and is moved into place when it is complete and its
    checksums are right, so that an interruption leaves no half-written file behind.

    Raises:
        DownloadError: no server answers, the transfer breaks or stalls, a checksum is wrong, or
            the folder cannot be written.
    """
    total = _announced_size(torchvision_class)
    archives = {url.rsplit("/", 1)[-1] for url in _mirrors(torchvision_class)[0]}
    try:
        root.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=root))
    except OSError as error:
        raise DownloadError(f"{root} cannot be written: {error}") from error
    failure: list[Exception] = []
    abandoned = threading.Event()

    def fetch() -> None:
        try:
            torchvision_class(root=folder, train=True, download=True)
        except (RuntimeError, OSError, EOFError) as error:
            failure.append(error)
        finally:
            if abandoned.is_set():  # torchvision may have made the folder again for its next file
                shutil.rmtree(folder, ignore_errors=True)

    thread = threading.Thread(target=fetch, daemon=True, name=f"download-{name}")
    thread.start()
    done, last_change = 0, time.monotonic()
    try:
        while thread.is_alive():
            thread.join(POLL)
            arrived = _arrived(folder, archives)
            if arrived != done:
                done, last_change = arrived, time.monotonic()
                yield Downloading(name, done, max(total, done))
            elif time.monotonic() - last_change > STALL_TIMEOUT:
                raise DownloadError(f"the download of {name} stopped after {done:,} bytes")
        if failure:
            raise DownloadError(f"the download of {name} failed: {failure[0]}") from failure[0]
        for part in folder.iterdir():
            if not (root / part.name).exists():
                part.rename(root / part.name)
    finally:
        abandoned.set()
        shutil.rmtree(folder, ignore_errors=True)
    log.info("%s: %s bytes below %s", name, f"{done:,}", root)
