"""Set everything up in a virtual environment of its own, then open the app or pass the tests.

python3 .ci/setup.py app     installs what the app needs and opens it
python3 .ci/setup.py quick   installs what the tests need, and runs those that are not slow
python3 .ci/setup.py test    the same, gets what the rest needs (a browser, PostgreSQL, nginx,
                             Fashion-MNIST), and runs every test
python3 .ci/setup.py lock    installs the newest that the requirements allow, and writes their
                             versions into .ci/lock.txt, from which the tests install

uv installs where it is there, pip where it is not.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
import venv
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
OLDEST = (3, 11)
NEEDED = ("requirements.txt", "requirements-dev.txt")
# The versions with which the tests passed, of what they need and what that needs. The app installs
# without: on another system or Python there may be other versions alone.
LOCK = ".ci/lock.txt"

# Where PyTorch is to be had without CUDA: 0.2 GB of download instead of 3, 6 GB less on disk.
# Elsewhere than on Linux the registry's own build is without it.
CPU_TORCH = "https://download.pytorch.org/whl/cpu"
REACHED_WITHIN = 5  # seconds
SIGN_OF_LIFE = 15  # seconds between two lines that say how far the installation is

STATIC = (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",))


def side_by_side(which: str, most: int) -> tuple[str, ...]:
    """Those tests in up to so many processes; one that is done takes tests from the others."""
    many = ("-n", "logical", "--maxprocesses", str(most), "--dist", "worksteal")
    return ("pytest", "-m", which, *many)


# A process takes 1 to 2 GB; one of the slow tests, with an app, workers and a browser, up to 4.
QUICK = (*STATIC, side_by_side("not slow", 4))
ALL = (*QUICK, side_by_side("slow", 2))


def run(*command: str) -> int:
    """Run a module of the virtual environment from the repository's root; its exit status."""
    print("+ python -m", *command, flush=True)
    # Python keeps what it compiles, whatever the environment says: without, each process of the
    # tests compiles the 330 files anew, 6 s, and so does every program that a test starts.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.run([PYTHON, "-m", *command], cwd=ROOT, env=env, check=False).returncode


def starts() -> bool:
    """Whether the virtual environment is there and its Python still exists."""
    try:
        return subprocess.run([PYTHON, "-c", ""], check=False).returncode == 0
    except OSError:
        return False


def installers() -> Iterator[tuple[str, ...]]:
    """The commands that install, the fastest first. uv knows nothing of how pip is set up."""
    if uv := shutil.which("uv"):
        yield (uv, "pip", "install", "--python", str(PYTHON))
    yield (str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check")


def installed(*what: str) -> bool:
    """Install, and say now and then that it is under way; whether an installer could."""
    for installer in installers():
        print("+", Path(installer[0]).name, *installer[1:], *what, flush=True)
        began = time.monotonic()
        with subprocess.Popen([*installer, *what], cwd=ROOT) as process:
            while True:
                try:
                    if process.wait(SIGN_OF_LIFE) == 0:
                        return True
                    break
                except subprocess.TimeoutExpired:
                    seconds = time.monotonic() - began
                    print(f"  {seconds:.0f} s, {size(VENV) / 1e9:.1f} GB in {VENV}", flush=True)
    return False


def size(folder: Path) -> int:
    """Bytes of the files below a folder to which others are being written."""
    total = 0
    for at, _, names in os.walk(folder):
        for name in names:
            try:
                total += Path(at, name).lstat().st_size
            except FileNotFoundError:
                continue
    return total


def has_nvidia() -> bool:
    """Whether there is a driver for an NVIDIA GPU."""
    return bool(shutil.which("nvidia-smi")) or Path("/proc/driver/nvidia").exists()


def without_cuda(requirements: str) -> list[str]:
    """The requirements to take from ``CPU_TORCH``: none with an NVIDIA GPU or without a way there.

    The registry has all of them, too.
    """
    if sys.platform != "linux" or has_nvidia():
        return []
    try:
        with urllib.request.urlopen(f"{CPU_TORCH}/torch/", timeout=REACHED_WITHIN):
            return re.findall(r"^torch(?:vision)?\b.*", requirements, re.MULTILINE)
    except OSError as error:
        print(f"PyTorch comes as the registry has it: {CPU_TORCH} is out of reach ({error})")
        return []


def install(*files: str, lock: str | None = None) -> None:
    """Install the files of requirements and the project, unless just these are installed.

    Of what ``lock`` names, it is that version.
    """
    read = (*files, "pyproject.toml", *([lock] if lock else []))
    texts = [(ROOT / name).read_text(encoding="utf-8") for name in read]
    # A folder that was moved is not found by the commands in it.
    wanted = hashlib.sha256("\0".join((str(ROOT), *texts)).encode()).hexdigest()
    mark = VENV / f"installed-{files[-1]}"
    fresh = not starts()
    if not fresh and mark.is_file() and mark.read_text() == wanted:
        return
    if fresh:
        print(f"+ a virtual environment in {VENV}", flush=True)
        try:
            venv.create(VENV, clear=True, with_pip=True)
        except subprocess.CalledProcessError:
            sys.exit("Python cannot make one: on Debian and Ubuntu, apt install python3-venv first")
    held = ("-c", lock) if lock else ()
    if torch := without_cuda(texts[0]):
        installed("--no-deps", "--index-url", CPU_TORCH, *held, *torch)
    # The project last: it is built with what the files ask for.
    if not (
        installed("-r", files[-1], *held)
        and installed("--no-deps", "--no-build-isolation", "--editable", ".")
    ):
        sys.exit("The packages could not be installed; the lines above say why.")
    mark.write_text(wanted)


def passed(checks: tuple[tuple[str, ...], ...]) -> int:
    """Run the checks; the status of the first failure, which ends it."""
    return next((status for check in checks if (status := run(*check))), 0)


def app() -> int:
    """Install and open the app; Ctrl-C ends it."""
    install("requirements.txt")
    return run("mnist_core", "app")


def quick() -> int:
    """Install, and run the checks that are not slow."""
    install(*NEEDED, lock=LOCK)
    return passed(QUICK)


def test() -> int:
    """Install, get a browser, PostgreSQL, nginx and Fashion-MNIST, and run every check."""
    install(*NEEDED, lock=LOCK)
    for needed in ("chromium", "postgres", "proxy", "fashion"):
        if status := run(f"tests.helpers.{needed}"):
            return status
    return passed(ALL)


def lock() -> int:
    """Install the newest that the requirements allow, and write down which versions that is."""
    install(*NEEDED)
    if not installed("--upgrade", "--upgrade-strategy", "eager", "-r", NEEDED[-1]):
        return 1
    listed = (PYTHON, "-m", "pip", "list", "--format", "json", "--exclude-editable")
    found = json.loads(
        subprocess.run([*listed, "--exclude", "pip"], capture_output=True, check=True).stdout
    )
    # Without the "+cpu" of a build: the version holds for each build.
    lines = [f"{one['name']}=={one['version'].split('+')[0]}\n" for one in found]
    (ROOT / LOCK).write_text("".join(lines), encoding="utf-8")
    print(f"{LOCK} has {len(lines)} versions. Run the tests before it is committed.")
    return 0


if __name__ == "__main__":
    if sys.version_info < OLDEST:
        sys.exit(f"Python 3.{OLDEST[1]} or newer is needed; this is {sys.version.split()[0]}")
    tasks = {"app": app, "quick": quick, "test": test, "lock": lock}
    if len(sys.argv) != 2 or sys.argv[1] not in tasks:
        sys.exit(f"usage: python3 .ci/setup.py {'|'.join(tasks)}")
    try:
        sys.exit(tasks[sys.argv[1]]())
    except KeyboardInterrupt:
        sys.exit(130)
