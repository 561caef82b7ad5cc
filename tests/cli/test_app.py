"""``mnist-lab app`` opens the app, wherever it is called."""

import signal
import sys
from pathlib import Path

import psutil
import pytest

from mnist_core.cli import app as command
from mnist_core.cli.main import main
from tests.helpers.app import ROOT, App
from tests.helpers.waiting import PATIENCE


@pytest.mark.slow
def test_the_app_opens_from_any_folder_for_this_computer_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    running = App(tmp_path / "home", (sys.executable, "-m", "mnist_core", "app"), tmp_path)
    try:  # the options went to Streamlit: it answers on the port that they name
        listening = [
            connection.laddr
            for connection in psutil.Process(running.process.pid).net_connections()
            if connection.status == psutil.CONN_LISTEN
        ]
        assert {address.port for address in listening} == {running.port}
        assert {address.ip for address in listening} <= {"127.0.0.1", "::1"}
        running.process.send_signal(signal.SIGINT)  # Ctrl-C
        assert running.process.wait(PATIENCE) == 0
        assert "Traceback" not in (tmp_path / "app.log").read_text()
    finally:
        running.stop()


def test_without_the_app_it_says_where_it_looked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "SCRIPT", tmp_path / "app.py")
    assert main(["app"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert str(tmp_path / "app.py") in line
