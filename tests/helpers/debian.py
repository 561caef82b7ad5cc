"""Debian's packages, for tests that need a program of the system."""

import os
import shutil
import subprocess


def install(*packages: str) -> None:
    """Install packages where there is apt-get and we may: as root, or by sudo without a password.

    Who asks looks whether the program is there then.
    """
    prefix = () if os.geteuid() == 0 else ("sudo", "-n")
    if shutil.which("apt-get") and (not prefix or shutil.which("sudo")):
        for step in (("update",), ("install", "-y", *packages)):
            print("+", *prefix, "apt-get", *step, flush=True)
            subprocess.run([*prefix, "apt-get", *step], check=False)
