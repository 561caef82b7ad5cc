"""``app``: opens MNIST Lab in the browser."""

import runpy
import sys
from pathlib import Path

from pydantic_settings import CliUnknownArgs

from mnist_core.cli.common import Command
from mnist_core.errors import MnistLabError

SCRIPT = Path(__file__).resolve().parents[2] / "app.py"


class App(Command):
    """Open the app in the browser. What follows goes to ``streamlit run``."""

    options: CliUnknownArgs

    def __call__(self) -> int:
        """Become Streamlit's process, until Ctrl-C ends it."""
        if not SCRIPT.is_file():
            raise MnistLabError(
                f"{SCRIPT} is not there: the app is opened from a clone of the repository, in "
                "which `python3 .ci/setup.py app` sets it up"
            )
        sys.argv = ["streamlit", "run", str(SCRIPT), *self.options]
        runpy.run_module("streamlit", run_name="__main__")
        return 0
