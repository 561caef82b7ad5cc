"""Who looks: a person at the machine that serves the page, or one who came over the network.

Where something lies on the machine helps the first and is nobody else's business. So errors name
folders and addresses, and ``words.literal``, through which all of them go, leaves those out for
visitors.
"""

import tempfile
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st

from mnist_core.errors import SettingError
from mnist_core.settings import Settings, place

REPOSITORY = Path(__file__).resolve().parents[2]
LEFT_OUT = "…"
# What a proxy says of who asked it.
PROXY = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip")


def at_the_machine() -> bool:
    """Whether the page was asked for on the machine that serves it, by its own name."""
    return from_here(st.context.ip_address, st.context.headers)


def from_here(visitor: str | None, headers: Mapping[str, str]) -> bool:
    """Whether a request comes from this machine through no proxy, for a page of this machine.

    A proxy here whose operator has it say nothing of whom it speaks for gives itself away by the
    browser's page, which is of the proxy's name.

    Args:
        visitor: the address that it comes from; None for this machine's.
        headers: of the request. A browser names itself and its page; where neither is, as in a
            test, nobody is looking.
    """
    if visitor is not None and not is_here(visitor):
        return False
    shown = [headers["Origin"]] if "Origin" in headers else []
    shown += [f"//{headers['Host']}"] if "Host" in headers else []
    return all(map(_shows_here, shown)) and not any(name in headers for name in PROXY)


def _shows_here(url: str) -> bool:
    """Whether a page's address is of the machine itself."""
    try:
        return is_here(urlsplit(url).hostname)
    except ValueError:
        return False


def is_here(host: str | None) -> bool:
    """Whether a name or address is of the machine itself."""
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"


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
