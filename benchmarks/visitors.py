"""Visitors without a browser: they speak to the app as Streamlit's own page does.

A browser for each of thirty people would take the cores from the server that is to be measured.
"""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect

DONE = ForwardMsg.FINISHED_SUCCESSFULLY
BETWEEN = 1.0  # seconds between two clicks of a visitor


class Visitor:
    """One open tab: it is shown a page, and polls what that page polls."""

    def __init__(self, url: str, cookie: str = "") -> None:
        self._url = url.replace("http", "ws", 1) + "/_stcore/stream"
        self._cookie = {"Cookie": cookie} if cookie else {}
        self._polls: dict[str, asyncio.Task[None]] = {}
        self._whole = asyncio.Event()
        self._page = ""
        self.query = ""  # of the address

    async def __aenter__(self) -> Self:
        self._socket: ClientConnection = await connect(
            self._url, max_size=None, additional_headers=self._cookie
        )
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in (self._reader, *self._polls.values()):
            task.cancel()
        await self._socket.close()

    async def see(self, *changed: WidgetState, page: str = "", query: str = "") -> float:
        """Ask for the whole page, as a click does; seconds until all of it is there.

        ``changed`` are the widgets that were used; ``page`` is the hash of another one, ``query``
        what its address carries.
        """
        self._whole.clear()
        self._page = page or self._page
        self.query = query if page or query else self.query
        began = time.perf_counter()
        await self._ask(changed=changed)
        await self._whole.wait()
        return time.perf_counter() - began

    async def _ask(self, fragment: str = "", changed: Sequence[WidgetState] = ()) -> None:
        message = BackMsg()
        message.rerun_script.page_script_hash = self._page
        message.rerun_script.query_string = self.query
        message.rerun_script.widget_states.widgets.extend(changed)
        if fragment:
            message.rerun_script.fragment_id = fragment
            message.rerun_script.is_auto_rerun = True
        else:
            message.rerun_script.SetInParent()
        await self._socket.send(message.SerializeToString())

    async def _poll(self, fragment: str, every: float) -> None:
        while True:
            await asyncio.sleep(every)
            await self._ask(fragment)

    def _rest(self, fragments: list[str]) -> None:
        for fragment in fragments:
            if task := self._polls.pop(fragment, None):
                task.cancel()

    def hear(self, message: ForwardMsg) -> None:
        """Whatever the server says; for who does more than look."""

    async def _read(self) -> None:
        async for data in self._socket:
            assert isinstance(data, bytes)
            message = ForwardMsg.FromString(data)
            self.hear(message)
            match message.WhichOneof("type"):
                case "new_session" if not message.metadata.run.fragment_ids:
                    self._rest(list(self._polls))
                case "navigation":
                    self._page = message.navigation.page_script_hash
                case "page_info_changed":
                    self.query = message.page_info_changed.query_string
                case "auto_rerun":
                    poll = message.auto_rerun
                    self._rest([poll.fragment_id])
                    task = asyncio.create_task(self._poll(poll.fragment_id, poll.interval))
                    self._polls[poll.fragment_id] = task
                case "stop_auto_rerun":
                    self._rest(list(message.stop_auto_rerun.fragment_ids))
                case "script_finished" if message.script_finished == DONE:
                    self._whole.set()


async def visit(url: str, count: int, seconds: float) -> tuple[list[float], list[float]]:
    """Seconds that so many visitors who come at once wait for the page, and later for clicks.

    Each clicks once a second for so many ``seconds``, and all poll meanwhile.
    """

    async def clicks(visitor: Visitor, start: float) -> list[float]:
        await asyncio.sleep(start)
        taken, until = [], time.perf_counter() + seconds
        while time.perf_counter() < until:
            taken.append(await visitor.see())
            await asyncio.sleep(max(BETWEEN - taken[-1], 0))
        return taken

    visitors = [Visitor(url) for _ in range(count)]
    entered: list[Visitor] = []
    try:
        for visitor in visitors:
            entered.append(await visitor.__aenter__())
        first = await asyncio.gather(*(visitor.see() for visitor in visitors))
        starts = [BETWEEN * i / count for i in range(count)]
        waits = await asyncio.gather(*map(clicks, visitors, starts))
    finally:
        for visitor in entered:
            with suppress(OSError):
                await visitor.__aexit__()
    return list(first), [wait for some in waits for wait in some]
