"""A browser that is shown late what the server draws, so that a click meets the drawing before."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Page, WebSocketRoute
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg


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

    def wait_for_runs(self, count: int = 1) -> None:
        """Until the server has finished so many runs of its script, none of them shown yet."""
        while self._runs() < count:
            self._page.wait_for_timeout(20)  # messages arrive only while the page is asked

    def _runs(self) -> int:
        kinds = [ForwardMsg.FromString(message).WhichOneof("type") for message in self._held or []]
        return kinds.count("script_finished")
