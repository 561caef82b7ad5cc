"""Who lives: whoever tends runs says so in the store again and again, and the others count.

Nothing is concluded from a host's name, a process id or a clock: names change, ids are used again
in a container, clocks jump. A sign of life is a word that changes. Somebody is gone when it has
stayed the same while we gave MISSED of our own: so a store that did not answer for an hour, or a
machine that slept, makes nobody look dead.
"""

import hashlib
import logging
import os
import socket
import threading
import uuid
import weakref
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from mnist_core.errors import StoreError, StoreUnavailableError
from mnist_core.runs.client import StoreClient

BEAT = 2.5  # seconds between two signs of life
MISSED = 10  # signs of ours in which somebody alive gives one
ALIVE = "mnist_lab.alive."  # tags of the experiment, one for everybody who tends runs

log = logging.getLogger(__name__)


def _key(owner: str) -> str:
    """A tag's name may not have the characters of an address."""
    return ALIVE + hashlib.sha256(owner.encode()).hexdigest()[:20]


class Heart:
    """The signs of life of this process in a store, and what it sees of the others'.

    ``name`` is this process's own. Safe to use from several threads.
    """

    def __init__(self, client: StoreClient, experiment: str) -> None:
        self._client = client
        self._experiment = experiment
        self._lock = threading.RLock()
        self._tended: Counter[str] = Counter()
        self._asked: set[str] = set()
        self._seen: dict[str, str | None] = {}
        self._missed: dict[str, int] = {}
        self._thread: threading.Thread | None = None
        # With the host and the process id for people; the rest makes it the only one ever.
        self.name = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:12]}"

    def tend(self, owner: str | None = None) -> str:
        """Give signs of life for ``owner`` (this process) from now on; returns its name."""
        owner = owner or self.name
        with self._lock:
            self._tended[owner] += 1
            self._start()
        return owner

    def leave(self, owner: str) -> None:
        """Give none any more, once for each ``tend``."""
        with self._lock:
            self._tended[owner] -= 1
            if self._tended[owner] <= 0:
                del self._tended[owner]

    @contextmanager
    def tending(self, owner: str) -> Iterator[None]:
        """Give signs of life for ``owner`` while the block runs."""
        self.tend(owner)
        try:
            yield
        finally:
            self.leave(owner)

    def is_gone(self, owner: str) -> bool:
        """Whether nobody gives signs of life for ``owner``; known after MISSED beats."""
        with self._lock:
            if owner in self._tended:
                return False
            self._asked.add(_key(owner))
            self._start()
            return self._missed.get(_key(owner), 0) >= MISSED

    def is_alive(self, owner: str) -> bool:
        """Wait until ``owner`` gives a sign of life, or has given none for so long that it's gone.

        Raises:
            StoreError: the store cannot be read.
        """
        with self._lock:
            if owner in self._tended:
                return True
        first = self._signs().get(_key(owner))
        beat = threading.Event()
        for _ in range(MISSED):
            beat.wait(BEAT)
            if self._signs().get(_key(owner)) != first:
                return True
        return False

    def beat(self) -> None:
        """Give one sign of life for everybody that is tended, and count those of the others.

        Raises:
            StoreError: the store does not answer; nobody else's count changes.
        """
        with self._lock:
            tended = list(self._tended)
        for owner in tended:
            self._sign(owner)
        signs = self._signs()
        with self._lock:
            for key in signs.keys() | self._asked:
                still = key in self._seen and self._seen[key] == signs.get(key)
                self._missed[key] = self._missed.get(key, 0) + 1 if still else 0
                self._seen[key] = signs.get(key)
            ended = [k for k in signs if self._missed[k] == MISSED and k not in map(_key, tended)]
        for key in ended:  # else they would be there for ever; whoever wakes up sets it again
            self._client.delete_experiment_tag(self._experiment, key)
            self._seen[key] = None

    def _sign(self, owner: str) -> None:
        try:
            self._client.set_experiment_tag(self._experiment, _key(owner), uuid.uuid4().hex)
        except StoreUnavailableError:
            raise
        except StoreError:  # two who tend the same gave the first sign at the same moment
            if _key(owner) not in self._signs():
                raise

    def _signs(self) -> dict[str, str]:
        tags = self._client.experiment(self._experiment).tags
        return {key: value for key, value in tags.items() if key.startswith(ALIVE)}

    def _start(self) -> None:
        if self._thread is None:
            heart = weakref.ref(self)
            self._thread = threading.Thread(target=_run, args=(heart,), daemon=True, name="heart")
            self._thread.start()

    def _goes_on(self) -> bool:
        """Whether there is anybody to give signs of life for, or to ask after.

        Else the thread is to end, and whoever comes next starts another.
        """
        with self._lock:
            if self._tended or self._asked:
                return True
            self._thread = None
            return False


def _run(reference: "weakref.ref[Heart]") -> None:
    """Beat for as long as somebody has the store, and anything to beat for."""
    pause = threading.Event()
    while (heart := reference()) is not None and heart._goes_on():
        try:
            heart.beat()
        except StoreError as error:  # the store may answer at the next beat
            log.debug("no sign of life now: %s", error)
        del heart
        pause.wait(BEAT)
