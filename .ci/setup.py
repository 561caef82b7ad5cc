"""Set everything up in a virtual environment of its own, then open the app or pass the tests.

python3 .ci/setup.py app     installs what the app needs and opens it
python3 .ci/setup.py test    installs what the tests need, a browser and PostgreSQL included, and
                             runs them
"""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
OLDEST = (3, 11)

CHECKS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("pytest",),
)


def run(*command: str) -> int:
    """Run a module of the virtual environment from the repository's root; its exit status."""
    print("+ python -m", *command, flush=True)
    return subprocess.run([PYTHON, "-m", *command], cwd=ROOT, check=False).returncode


def starts() -> bool:
    """Whether the virtual environment is there and its Python still exists."""
    try:
        return subprocess.run([PYTHON, "-c", ""], check=False).returncode == 0
    except OSError:
        return False


def install(*requirements: str) -> None:
    """Install the files of ``requirements``, unless just these are installed already."""
    wanted = hashlib.sha256(b"\0".join((ROOT / name).read_bytes() for name in requirements))
    mark = VENV / f"installed-{requirements[-1]}"
    fresh = not starts()
    if not fresh and mark.is_file() and mark.read_text() == wanted.hexdigest():
        return
    if fresh:
        print(f"+ a virtual environment in {VENV}", flush=True)
        try:
            venv.create(VENV, clear=True, with_pip=True)
        except subprocess.CalledProcessError:
            sys.exit("Python cannot make one: on Debian and Ubuntu, apt install python3-venv first")
    if run("pip", "install", "--disable-pip-version-check", "-r", requirements[-1]):
        sys.exit("The packages could not be installed; pip says why above.")
    mark.write_text(wanted.hexdigest())


def app() -> int:
    """Install and open the app; Ctrl-C ends it."""
    install("requirements.txt")
    return run("streamlit", "run", "app.py")


def test() -> int:
    """Install, get a browser and PostgreSQL, and run every check; the first failure ends it."""
    install("requirements.txt", "requirements-dev.txt")
    for needed in ("tests.helpers.chromium", "tests.helpers.postgres"):
        if status := run(needed):
            return status
    return next((status for check in CHECKS if (status := run(*check))), 0)


if __name__ == "__main__":
    if sys.version_info < OLDEST:
        sys.exit(f"Python 3.{OLDEST[1]} or newer is needed; this is {sys.version.split()[0]}")
    tasks = {"app": app, "test": test}
    if len(sys.argv) != 2 or sys.argv[1] not in tasks:
        sys.exit(f"usage: python3 .ci/setup.py {'|'.join(tasks)}")
    try:
        sys.exit(tasks[sys.argv[1]]())
    except KeyboardInterrupt:
        sys.exit(130)
