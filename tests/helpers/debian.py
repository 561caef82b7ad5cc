"""Debian's packages, for tests that need a program of the system."""

import os
import shutil
import subprocess
from collections.abc import Callable


def install(*packages: str) -> None:
    """Install packages where there is apt-get, and we are root or have sudo without a password."""
    prefix = () if os.geteuid() == 0 else ("sudo", "-n")
    if shutil.which("apt-get") and (not prefix or shutil.which("sudo")):
        for step in (("update",), ("install", "-y", *packages)):
            print("+", *prefix, "apt-get", *step, flush=True)
            subprocess.run([*prefix, "apt-get", *step], check=False)


def provide(title: str, find: Callable[[], object], *packages: str) -> int:
    """Install packages if what they bring is not found, and say where that is; always 0."""
    if not find():
        install(*packages)
    print(f"{title}: {find() or 'none, so the tests that need it are skipped'}")
    return 0
