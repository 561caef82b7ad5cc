"""What the server of the app answers, to whom, as it is started by each of README's lines."""

import asyncio
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.helpers.app import COMMAND, ROOT, App

pytestmark = pytest.mark.slow
ELSEWHERE = "http://example.org"


@pytest.fixture(
    scope="module",
    params=[COMMAND, (sys.executable, "-m", "mnist_core", "app")],
    ids=["streamlit run", "mnist-lab app"],
)
def app(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    folder: Path = tmp_path_factory.mktemp("served")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        # ``mnist-lab app`` works in any folder, and takes the same settings from everywhere.
        cwd = ROOT if request.param == COMMAND else folder
        started = App(folder / "home", request.param, cwd)
    yield started
    started.stop()


def status(app: App, path: str, **options: object) -> int:
    request = urllib.request.Request(f"{app.url}{path}", **options)  # type: ignore[arg-type]
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def heard(app: App, origin: str | None, host: str) -> bool:
    """Whether a page of ``origin`` may speak to the app by the name ``host``."""

    async def ask() -> bool:
        url = f"ws://{host}:{app.port}/_stcore/stream"
        try:
            async with connect(url, origin=origin, host="localhost", port=app.port):  # type: ignore[arg-type]
                return True
        except InvalidStatus:
            return False

    return asyncio.run(ask())


def test_it_listens_on_this_machine_alone(app: App) -> None:
    links = psutil.Process(app.process.pid).net_connections("tcp")
    listening = {link.laddr for link in links if link.status == psutil.CONN_LISTEN}
    assert app.port in {at.port for at in listening}
    assert {at.ip for at in listening} <= {"127.0.0.1", "::1"}


def test_a_page_from_elsewhere_is_not_heard(app: App) -> None:
    assert heard(app, f"http://localhost:{app.port}", "localhost")
    assert heard(app, f"http://127.0.0.1:{app.port}", "127.0.0.1")
    assert not heard(app, ELSEWHERE, "localhost")
    # A name of the internet that was made to mean this machine, for its page's own origin.
    assert not heard(app, f"{ELSEWHERE}:{app.port}", "example.org")


def test_a_page_from_elsewhere_reads_no_answer(app: App) -> None:
    request = urllib.request.Request(f"{app.url}/_stcore/health", headers={"Origin": ELSEWHERE})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.read() == b"ok"
        assert answer.headers["Access-Control-Allow-Origin"] is None


def test_a_file_without_the_pages_token_is_refused(app: App) -> None:
    path = "/_stcore/upload_file/session/file"
    assert status(app, path, data=b"x", method="PUT") == 403
