"""A Chromium that starts: an installed one, else Playwright's, else the package manager's.

``python -m tests.helpers.chromium`` gets one where none is there.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Playwright, sync_playwright
from playwright.sync_api import Error as PlaywrightError

COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
)
DOWNLOAD_TIMEOUT = 600  # seconds until Playwright's download counts as stuck

PACKAGE_MANAGERS = {
    "apt-get": (("apt-get", "update"), ("apt-get", "install", "-y", "chromium")),
    "dnf": (("dnf", "install", "-y", "chromium"),),
    "pacman": (("pacman", "-S", "--noconfirm", "chromium"),),
    "apk": (("apk", "add", "chromium"),),
}


def _candidates() -> Iterator[str | None]:
    """Paths of installed browsers, the most natural first; None is Playwright's own."""
    for command in COMMANDS:
        if path := shutil.which(command):
            yield path
    yield from (place for place in PLACES if Path(place).is_file())
    yield None


def launch(playwright: Playwright) -> Browser | None:
    """The first Chromium of this machine that starts, without a window; None if none does."""
    for path in _candidates():
        try:
            return playwright.chromium.launch(executable_path=path)
        except PlaywrightError:  # not there, or a library that it needs is not: try the next
            continue
    return None


def _is_there() -> bool:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        if browser is None:
            return False
        print(f"Browser: Chromium {browser.version}")
        browser.close()
        return True


def _run(*command: str, timeout: float | None = None) -> bool:
    """Run a command that may fail; whether it succeeded."""
    print("+", *command, flush=True)
    try:
        return subprocess.run(command, timeout=timeout, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def _from_package_manager() -> None:
    """Install chromium as root, or through a sudo that asks for no password."""
    if sys.platform != "linux":
        return
    prefix: tuple[str, ...] = ()
    if os.geteuid() != 0:
        prefix = ("sudo", "-n")
        if shutil.which("sudo") is None:
            return
    for manager, steps in PACKAGE_MANAGERS.items():
        if shutil.which(manager):
            all(_run(*prefix, *step) for step in steps)
            return


def main() -> int:
    """Make sure that a browser is there; the exit status says whether one is."""
    if _is_there():
        return 0
    _run(sys.executable, "-m", "playwright", "install", "chromium", timeout=DOWNLOAD_TIMEOUT)
    if _is_there():
        return 0
    _from_package_manager()
    if _is_there():
        return 0
    print("No browser for the tests: please install Chromium or Google Chrome.", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
