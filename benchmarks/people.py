"""People who use the app over websockets, each a user of their own, as a class does."""

import asyncio
import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from benchmarks.visitors import Visitor
from mnist_core.runs.users import new_secret, user_of

PAUSE = (2.0, 12.0)  # seconds between two acts: people look at what has come
ANSWER = 120.0  # seconds until a session gives up an answer, which counts as an error
# A bar, and a pen that was lifted once.
LINE = [["M", 140.0, 40.0], ["L", 140.0, 240.0]]


@dataclass
class Seen:
    """What all sessions saw together."""

    answers: list[float] = field(default_factory=list)
    acts: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    foreign_digits: int = 0
    runs: set[str] = field(default_factory=set)  # that an address named
    asked: set[tuple[str, int]] = field(default_factory=set)  # runs, by user and seed


class Session(Visitor):
    """A visitor who uses what the pages show."""

    def __init__(self, url: str, secret: str, seen: Seen) -> None:
        super().__init__(url, f"mnist_lab_user={secret}")
        self._seen = seen
        self._pages: dict[str, str] = {}
        self.widgets: dict[str, str] = {}  # id -> label

    def hear(self, message: ForwardMsg) -> None:
        match message.WhichOneof("type"):
            case "new_session" if not message.metadata.run.fragment_ids:
                self.widgets.clear()
            case "page_info_changed":
                said = parse_qs(message.page_info_changed.query_string)
                self._seen.runs.update(said.get("run", ()))
            case "navigation":
                pages = message.navigation.app_pages
                self._pages = {page.page_name: page.page_script_hash for page in pages}
            case "delta" if message.delta.WhichOneof("type") == "new_element":
                element = message.delta.new_element
                kind = element.WhichOneof("type")
                shown = getattr(element, kind) if kind else None
                if kind == "exception":
                    self._seen.errors[f"exception: {element.exception.message}"] += 1
                elif kind == "alert" and element.alert.format == element.alert.ERROR:
                    self._seen.errors[f"said: {element.alert.body}"] += 1
                elif widget := getattr(shown, "id", ""):
                    self.widgets[widget] = getattr(shown, "label", "")
                    if getattr(shown, "disabled", False):  # nobody can use it
                        del self.widgets[widget]

    def named(self, label: str) -> str | None:
        """The id of what is called so on the page, or has this key."""
        found = (i for i, said in self.widgets.items() if said == label or i.endswith(f"-{label}"))
        return next(found, None)

    async def act(self, *changed: WidgetState, page: str = "", query: str = "") -> None:
        """Use the page, and note how long its answer takes."""
        known = self._pages.get(page, "") if page else ""
        async with asyncio.timeout(ANSWER):
            self._seen.answers.append(await self.see(*changed, page=known, query=query))

    async def fill(self, values: dict[str, str | float]) -> None:
        """Type into fields, by their labels; those that are not there are left out."""
        changed = []
        for label, value in values.items():
            if (found := self.named(label)) is not None:
                text = isinstance(value, str)
                typed = {"string_value": value} if text else {"double_value": value}
                changed.append(WidgetState(id=found, **typed))
        await self.act(*changed)

    async def click(self, label: str) -> bool:
        """Click a button; whether it is there."""
        found = self.named(label)
        if found is not None:
            await self.act(WidgetState(id=found, trigger_value=True))
        return found is not None


class Person:
    """One who comes again: a browser's secret, and the digit that it keeps."""

    def __init__(self, url: str, number: int, seen: Seen) -> None:
        self._url, self._seen = url, seen
        self._random = random.Random(number)
        self._secret = new_secret()
        self._user = user_of(self._secret)
        self._seeds = iter(range(number * 100_000, (number + 1) * 100_000))
        self._digit, self._kept, self._swept = number % 10, 0, False

    async def live(self, until: float) -> None:
        """Use the app until then, leaving and coming back."""
        while time.monotonic() < until:
            try:
                async with Session(self._url, self._secret, self._seen) as session:
                    await session.act()
                    for _ in range(self._random.randint(4, 12)):
                        if time.monotonic() > until:
                            return
                        await self._something(session)
                        await asyncio.sleep(self._random.uniform(*PAUSE))
                self._seen.acts["leave and come back"] += 1
            except (TimeoutError, OSError) as error:
                self._seen.errors[f"no answer: {type(error).__name__} {error}"] += 1

    async def _something(self, session: Session) -> None:
        acts = (self._train, self._watch, self._stop, self._draw, self._sweep, self._compare)
        (act,) = self._random.choices(acts, (4, 4, 1, 3, 1, 3))
        self._seen.acts[act.__name__.removeprefix("_")] += 1
        await act(session)

    async def _train(self, session: Session) -> None:
        await session.act(page="Train")
        seed = next(self._seeds)
        await session.fill({"Hidden layer sizes": "8", "Epochs": 2, "Seed": seed})
        if await session.click("Start training") or await session.click("Add to queue"):
            self._seen.asked.add((self._user, seed))

    async def _watch(self, session: Session) -> None:
        await session.act(page="Train")
        await asyncio.sleep(self._random.uniform(1, 4))  # what polls, polls

    async def _stop(self, session: Session) -> None:
        await session.act(page="Train")
        await session.click("Stop")

    async def _draw(self, session: Session) -> None:
        await session.act(page="Draw")
        pad = session.named("canvas")
        if pad is None:
            self._seen.errors["no pad on Draw"] += 1
            return
        x = self._random.uniform(-40, 40)
        path = [[command, at + x, y] for command, at, y in LINE]
        drawing = {"objects": [{"type": "Path", "path": path, "strokeWidth": 18}]}
        value = json.dumps({"drawing": {"raw": drawing}})
        await session.act(WidgetState(id=pad, json_value=value))
        if await session.click(f"{self._digit}"):
            self._kept += 1
        panel = session.named("Look closer")
        if panel is not None:
            await session.act(WidgetState(id=panel, string_array_value={"data": ["My digits"]}))
        shown = Counter(name for name in session.widgets.values() if name.startswith("Delete this"))
        if set(shown) - {f"Delete this {self._digit}"} or shown.total() != min(self._kept, 24):
            self._seen.foreign_digits += 1

    async def _sweep(self, session: Session) -> None:
        if not self._swept:
            await session.act(page="Sweep")
            await session.fill({"Epochs": 1})
            self._swept = await session.click("Start sweep")

    async def _compare(self, session: Session) -> None:
        await session.act(page="Runs")
        known = sorted(self._seen.runs)
        some = self._random.sample(known, min(3, len(known)))
        await session.act(page="Runs", query=f"runs={','.join(some)}")
