"""One page is drawn after another, so that of thirty at once not all wait for the last.

Python runs one thread at a time, 5 ms each. Thirty threads that draw end when all do, and the
server's own thread, which sends what is drawn and hears who clicks, gets one turn in thirty.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 0.25  # seconds; who draws for longer waits for something, and the next need not


class Turns:
    """A queue of those who draw: who clicked goes before those whose pages look by themselves.

    A ticket is an event that is set when it is its holder's turn.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[bool, deque[threading.Event]] = {False: deque(), True: deque()}
        self._drawing: threading.Event | None = None
        self._since = 0.0
        self._mine = threading.local()

    @property
    def mine(self) -> bool:
        """Whether it is this thread's turn: what it draws is a part of a page that it draws."""
        return getattr(self._mine, "ticket", None) is not None

    @contextmanager
    def turn(self, poll: bool = False) -> Iterator[None]:
        """Draw when it is this thread's turn; a part of a page is drawn in its page's turn."""
        if self.mine:
            yield
            return
        self._mine.ticket = self._wait(poll)
        try:
            yield
        finally:
            self._end(self._mine.ticket)
            self._mine.ticket = None

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Wait for something, or compute for long, in the midst of a turn, while others draw.

        Who has no turn, as a page that is drawn alone or who is aside already, just does it.
        """
        ticket, self._mine.ticket = getattr(self._mine, "ticket", None), None
        if ticket is None:
            yield
            return
        self._end(ticket)
        try:
            yield
        finally:
            self._mine.ticket = self._wait(poll=True)

    def _wait(self, poll: bool) -> threading.Event:
        ticket = threading.Event()
        with self._lock:
            self._waiting[poll].append(ticket)
            if self._drawing is None:
                self._next()
        while not ticket.wait(PATIENCE):
            with self._lock:
                if time.monotonic() - self._since > PATIENCE:
                    self._next()
        return ticket

    def _end(self, ticket: threading.Event) -> None:
        with self._lock:
            if self._drawing is ticket:  # else the next had waited long enough
                self._next()

    def _next(self) -> None:
        waiting = self._waiting[False] or self._waiting[True]
        self._drawing = waiting.popleft() if waiting else None
        self._since = time.monotonic()
        if self._drawing is not None:
            self._drawing.set()


turns = Turns()
