"""Who looks: a person at the machine that serves the page, or one who came over the network.

Where something lies on the machine helps the first and is nobody else's business. So errors name
folders and addresses, and ``words.literal``, through which all of them go, leaves those out for
visitors.
"""

import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st

from mnist_core.errors import SettingError
from mnist_core.settings import Settings, place

HERE = ("localhost", "127.0.0.1", "::1")
REPOSITORY = Path(__file__).resolve().parents[2]
LEFT_OUT = "…"


def at_the_machine() -> bool:
    """Whether the page was asked for on this machine and by its own name.

    A proxy on this machine forwards the name by which it was asked. Every browser gives one, and
    the server hears nobody without: where there is none, as in a test, nobody else is looking.
    """
    host = st.context.headers.get("Host")
    if host is None:
        return True
    return st.context.ip_address is None and urlsplit(f"//{host}").hostname in HERE


def for_visitors(text: str) -> str:
    """The text without the places on this machine, and without the addresses of its servers."""
    if not (set("/\\") & set(text)) or at_the_machine():
        return text
    for known in sorted(_places(), key=len, reverse=True):
        text = text.replace(known, LEFT_OUT)
    return text


def _places() -> set[str]:
    places = [REPOSITORY, Path.home(), Path(tempfile.gettempdir())]
    addresses: list[str | None] = []
    try:
        settings = Settings()
        places += [settings.home, *settings.roots]
        addresses += [settings.scheduler_address]
        addresses += [place(uri) for uri in (settings.store_uri, settings.studies_uri)]
    except SettingError:  # the page says which; its places are not known
        pass
    places += [path.resolve() for path in places]
    found = {str(path) for path in places if path != Path(path.anchor)}
    return found | {address for address in addresses if address}
