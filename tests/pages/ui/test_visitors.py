"""What visitors from elsewhere are shown of this machine."""

import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from mnist_core.settings import Settings
from pages.ui import visitors
from pages.ui.visitors import at_the_machine, for_visitors
from pages.ui.words import literal


def looks(monkeypatch: pytest.MonkeyPatch, host: str | None, address: str | None) -> None:
    headers = {} if host is None else {"Host": host}
    context = SimpleNamespace(headers=headers, ip_address=address)
    monkeypatch.setattr(visitors.st, "context", context)


@pytest.mark.parametrize(
    ("host", "address", "here"),
    [
        (None, None, True),  # no session
        ("localhost:8501", None, True),
        ("127.0.0.1:8501", None, True),
        ("[::1]:8501", None, True),
        ("lab.example", None, False),  # through a proxy on this machine
        ("lab.example:8443", None, False),
        ("10.0.0.5:8501", "10.0.0.9", False),
        ("localhost:8501", "10.0.0.9", False),  # says so, and came over the network
    ],
)
def test_who_is_at_the_machine(
    monkeypatch: pytest.MonkeyPatch, host: str | None, address: str | None, here: bool
) -> None:
    looks(monkeypatch, host, address)
    assert at_the_machine() is here


def test_a_visitor_is_shown_no_places(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MNIST_LAB_DATA", str(tmp_path / "pictures"))
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", "tls://10.0.0.5:8786")
    home = Settings().home
    said = (
        f"{home}/runs.db is full; {tmp_path}/pictures/MNIST is damaged; "
        f"{tempfile.gettempdir()}/x; {Path.home()}/y; {visitors.REPOSITORY}/app.py; "
        "no scheduler at tls://10.0.0.5:8786"
    )
    looks(monkeypatch, "localhost:8501", None)
    assert for_visitors(said) == said
    looks(monkeypatch, "lab.example", None)
    assert for_visitors(said) == (
        "… is full; …/MNIST is damaged; …/x; …/y; …/app.py; no scheduler at …"
    )
    assert str(home) not in literal(said).replace("\\", "")
    assert for_visitors("a / b, 50 %") == "a / b, 50 %"


def test_without_settings_the_rest_is_left_out_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MNIST_LAB_HOMES", "elsewhere")  # refused: nothing reads it
    looks(monkeypatch, "lab.example", None)
    assert for_visitors(f"{Path.home()}/y") == "…/y"
