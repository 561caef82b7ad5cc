"""The app as a person starts it."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from tests.helpers.ports import free_port
from tests.helpers.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[2]
COMMAND = (sys.executable, "-m", "streamlit", "run", "app.py")


class App:
    """A server of the app in a process group of its own, on a free port, with its own home."""

    def __init__(self, home: Path, command: Sequence[str] = COMMAND, cwd: Path = ROOT) -> None:
        self.home, self.command, self.cwd = home, command, cwd
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.start()

    def start(self) -> None:
        options = ["--server.port", str(self.port), "--server.headless", "true"]
        self.log = (self.home.parent / "app.log").open("a")
        self.process = subprocess.Popen(
            [*self.command, *options],
            cwd=self.cwd,
            env={**os.environ, "MNIST_LAB_HOME": str(self.home)},
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        while self.process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=5).close()
                return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        raise RuntimeError(f"the app ended: {(self.home.parent / 'app.log').read_text()}")

    def stop(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(timeout=PATIENCE)
        self.log.close()
