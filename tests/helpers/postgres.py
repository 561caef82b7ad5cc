"""A PostgreSQL server of a test's own.

``python -m tests.helpers.postgres`` installs the programs where there are none. Without root or a
sudo that asks for no password nothing is installed, and the tests that need a server are skipped.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.helpers.debian import provide
from tests.helpers.ports import free_port


def binaries() -> Path | None:
    """The folder of the newest server's programs; Debian does not put them on the path."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    return Path(on_path).resolve().parent if on_path else None


class Postgres:
    """A server with its data in ``folder``. It refuses root, so root runs it as postgres."""

    def __init__(self, folder: Path) -> None:
        programs = binaries()
        assert programs is not None, "python -m tests.helpers.postgres installs PostgreSQL"
        self.programs, self.data, self.port = programs, folder / "data", free_port()
        self.url = f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"
        self.as_user: tuple[str, ...] = ()
        if os.geteuid() == 0:
            self.as_user = ("runuser", "-u", "postgres", "--")
            shutil.chown(folder, "postgres")
        self._run("initdb", "--auth=trust", "--username=postgres", "--no-sync", str(self.data))

    def control(self, action: str, *arguments: str) -> None:
        """``pg_ctl``: start, stop or restart, and wait until that is done."""
        options = f"-p {self.port} -k {self.data} -c listen_addresses=127.0.0.1 -c fsync=off"
        log = str(self.data.parent / "log")
        self._run(
            "pg_ctl", action, "-w", "-D", str(self.data), "-l", log, "-o", options, *arguments
        )

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [*self.as_user, str(self.programs / program), *arguments],
            check=True,
            cwd="/",
            stdout=subprocess.DEVNULL,
        )


if __name__ == "__main__":
    sys.exit(provide("PostgreSQL", binaries, "postgresql"))
