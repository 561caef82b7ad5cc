"""A button that downloads a file, however often the page is redrawn around the click.

``st.download_button`` gives the file of each drawing a name of its own and forgets the one before:
a click that arrives while the page is drawn again asks for a file that is gone. Here the click is
an ordinary button's, which no redraw loses, and the file travels inside the page to a component
that hands it to the browser and says so.
"""

import json
import uuid
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import streamlit as st

from pages.ui.actions import reported

FILES = "download.files"  # session key: what was made and has not arrived yet, by button


@lru_cache(maxsize=1)
def _browser() -> Any:
    """The component, registered once a process."""
    script = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
    return st.components.v2.component("mnist_lab.download", js=script)


@reported
def _make(key: str, make: Callable[[], bytes | str], file: str, mime: str) -> None:
    data = make()
    content = data.encode() if isinstance(data, str) else data
    # A component's data is either JSON or bytes: what the file is called is its first line.
    head = json.dumps({"id": uuid.uuid4().hex, "name": file, "type": mime})
    st.session_state.setdefault(FILES, {})[key] = head.encode() + b"\n" + content


def _arrived(key: str) -> None:
    st.session_state.get(FILES, {}).pop(key, None)


def download_button(
    label: str,
    make: Callable[[], bytes | str],
    file: str,
    mime: str = "application/octet-stream",
    *,
    help: str | None = None,
    disabled: bool = False,
) -> None:
    """A button that has the browser download ``file``; ``make`` gives its content after a click.

    ``make`` may raise MnistLabError, which is shown as any button's is.
    """
    key = f"download.{file}"
    st.button(
        label,
        key=key,
        icon=":material/download:",
        on_click=_make,
        args=(key, make, file, mime),
        help=help,
        disabled=disabled,
    )
    waiting = st.session_state.get(FILES, {}).get(key)
    if waiting is not None:
        _browser()(data=waiting, key=f"{key}.file", on_arrived_change=partial(_arrived, key))
