"""The network alive under the pen: what the browser needs to read along while somebody draws.

The scripts in ``live/`` follow the pen on the canvas, and show what the network reads where the
answer is. Where they do not run, the answer comes when the pen is lifted.
"""

import json
import math
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from mnist_core.drawing.prepare import description
from mnist_core.reading.predict import Predictor
from pages.ui.draw import models
from pages.ui.draw.answer import WORDS
from pages.ui.draw.canvas import SIDE, Drawing
from pages.ui.draw.second import WORDS as BOTH

SCRIPTS = Path(__file__).with_suffix("")
ORDER = (
    "prepare",
    "network",
    "pen",
    "view",
    "units",
    "paths",
    "parts",
    "picture",
    "tiles",
    "watch",
    "live",
)
KEY = "live"
DRAWING = "drawing"  # what the browser asks for beside networks
HEARD = """
<p role="status" style="position: absolute; width: 1px; height: 1px; overflow: hidden;
  clip-path: inset(50%)"></p>
<div class="panel"></div>
"""


def joined() -> str:
    """The scripts as one module: Streamlit takes one text, which cannot import another."""
    texts = [(SCRIPTS / f"{name}.js").read_text(encoding="utf-8") for name in ORDER]
    own = re.sub(r"^import [^;]*;\n|^export (?!default)", "", "\n".join(texts), flags=re.MULTILINE)
    return own


@lru_cache(maxsize=1)
def browser() -> Any:
    """The component, registered once a process."""
    style = (SCRIPTS / "units.css").read_text(encoding="utf-8")
    return st.components.v2.component("mnist_lab.live", html=HEARD, css=style, js=joined())


def in_short(strokes: Drawing) -> str:
    """A drawing's name in the browser: how many strokes, and where the last one ended.

    As ``inShort`` of live/pen.js. Odd bounds, since ends lie on even places and both sides round.
    """
    if not strokes:
        return "0"
    *_, x, y = strokes[-1]["path"][-1]
    return f"{len(strokes)} {math.floor(10 * x + 0.623)} {math.floor(10 * y + 0.623)}"


def packed(readers: Mapping[str, Predictor]) -> bytes:
    """Networks of one shape by name, for live/network.js: a line of JSON, then their layers.

    Of each layer weights (inputs, outputs) and biases, little-endian, as float16 where that loses
    nothing.
    """
    kind = next(iter(readers.values()))
    layers = [layer for reader in readers.values() for layer in reader.network.layers]
    numbers = np.concatenate([a.ravel() for weight, bias in layers for a in (weight.T, bias)])
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and differs
        halves = numbers.astype("<f2")
    half = np.array_equal(halves.astype(np.float32), numbers)
    about = {
        "ids": [*readers],
        "sizes": kind.network.sizes,
        "activation": kind.network.activation,
        "half": half,
        "temperature": kind.temperature,
        "threshold": kind.threshold,
    }
    body = halves if half else numbers.astype("<f4")
    return json.dumps(about).encode() + b"\n" + body.tobytes()


def name_of(model: str, runs: models.Readers) -> str:
    """What the browser calls a network: a new checkpoint is another one."""
    return model if model == models.SHIPPED else f"{model} {runs[model].checkpoint}"


def asked_for(key: str) -> list[Any]:
    """What a component in the browser asks for; it may be made up."""
    told = (st.session_state.get(key) or {}).get("wanted")
    return told if isinstance(told, list) else []


def live(strokes: Drawing, pen: int, who: tuple[str, str | None], runs: models.Readers) -> None:
    """Let the browser read along with a model, and with a second one if there is one.

    It asks once for each network that it lacks.
    """
    model, second = who
    readers = {name_of(m, runs): models.reader(m, runs) for m in who if m is not None}
    name, judge = name_of(model, runs), next(iter(readers.values())).judge
    needed = readers if judge is None else {**readers, models.SHIPPED: judge}
    wanted = asked_for(KEY)
    data = {
        "network": name,
        "judge": name if judge is None else models.SHIPPED,
        "second": None if second is None else name_of(second, runs),
        "pen": pen,
        "side": SIDE,
        "numbers": description(),
        "words": {**WORDS, "both": BOTH},
        "drawing": _paths(strokes) if DRAWING in wanted else None,
    }
    browser()(data=data, key=KEY, on_wanted_change=lambda: None, height="content")
    for which, network in needed.items():
        if which in wanted:
            browser()(data=packed({which: network}), key=f"{KEY}.{which}", height="content")


def _paths(strokes: Drawing) -> list[dict[str, Any]]:
    """What of each stroke plays a part."""
    return [{"path": stroke["path"], "width": stroke["strokeWidth"]} for stroke in strokes]
