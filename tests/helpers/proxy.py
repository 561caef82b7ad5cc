"""Debian's nginx with docs/nginx.conf, as this test's own account, on ports of the test's own.

``python -m tests.helpers.proxy`` installs nginx where there is none. Where that cannot be done, the
tests that need it are skipped.
"""

import shutil
import socket
import subprocess
import sys
from pathlib import Path

from tests.helpers.debian import provide
from tests.helpers.ports import free_port
from tests.helpers.waiting import wait_until

CONFIG = Path(__file__).resolve().parents[2] / "docs" / "nginx.conf"
NAME = "lab.localhost"  # browsers look for it on this machine, and it is not its own name


def nginx() -> str | None:
    """The program, which Debian puts where only root looks."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


AROUND = """
daemon off;
master_process off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include /etc/nginx/mime.types;
    {server}
}}
"""


class Proxy:
    """Forwards ``https://lab.localhost:port`` to an app on this machine."""

    def __init__(self, folder: Path, app_port: int) -> None:
        self.port = free_port()
        self.url = f"https://{NAME}:{self.port}"
        certificate, key = folder / "cert.pem", folder / "key.pem"
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-nodes", "-newkey", "ec"),
                *("-pkeyopt", "ec_paramgen_curve:P-256"),
                *("-days", "2", "-subj", f"/CN={NAME}", "-keyout", key, "-out", certificate),
            ],
            check=True,
            capture_output=True,
        )
        server = CONFIG.read_text(encoding="utf-8")
        for old, new in (
            ("server_name lab.example", f"server_name {NAME}"),
            ("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl"),
            ("/etc/ssl/lab.example.pem", str(certificate)),
            ("/etc/ssl/private/lab.example.key", str(key)),
            ("Host $server_name", "Host $server_name:$server_port"),  # not 443
            ("127.0.0.1:8501", f"localhost:{app_port}"),
        ):
            assert server.count(old) == 1, old
            server = server.replace(old, new)
        config = folder / "nginx.conf"
        config.write_text(AROUND.format(folder=folder, server=server), encoding="utf-8")
        program = nginx()
        assert program is not None, "python -m tests.helpers.proxy installs nginx"
        self._log = folder / "error.log"
        self.process = subprocess.Popen(
            [program, "-p", folder, "-e", self._log, "-c", config], stderr=subprocess.DEVNULL
        )
        wait_until(self._listens, "nginx listens")

    def _listens(self) -> bool:
        assert self.process.poll() is None, self._log.read_text()
        with socket.socket() as link:
            return link.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=30)


if __name__ == "__main__":
    sys.exit(provide("nginx", nginx, "nginx"))
