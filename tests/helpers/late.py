"""A browser that is shown late what the server draws, so that a click meets the drawing before."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page, WebSocketRoute
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.helpers.waiting import PATIENCE


class LateServer:
    """Stands between a page and its server; made before the page is opened."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._held: list[bytes] | None = None
        self._socket: WebSocketRoute | None = None
        page.route_web_socket("**/_stcore/stream", self._connect)

    def _connect(self, socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def arrived(message: Any) -> None:
            if self._held is None:
                socket.send(message)
            else:
                self._held.append(message)

        server.on_message(arrived)
        self._socket = socket

    @contextmanager
    def holding(self) -> Iterator[None]:
        """What the server says meanwhile reaches the page at the end."""
        self._held = []
        try:
            yield
        finally:
            held, self._held = self._held, None
            assert self._socket is not None
            for message in held:
                self._socket.send(message)

    def wait_for(self, text: str) -> None:
        """Until the server has said this, which is not shown yet.

        The end of a run says less: pages look by themselves, where a machine is slow before it.
        """
        self._wait(lambda: any(text.encode() in message for message in self._held or []))

    def _wait(self, arrived: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not arrived():
            assert time.monotonic() < deadline, f"waited in vain, and held {self._kinds()}"
            self._page.wait_for_timeout(20)  # messages arrive only while the page is asked

    def _kinds(self) -> Counter[str | None]:
        """What was held, by kind of message."""
        said = (ForwardMsg.FromString(message) for message in self._held or [])
        return Counter(message.WhichOneof("type") for message in said)
