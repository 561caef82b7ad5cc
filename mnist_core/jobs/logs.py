"""What the app and its workers did and what went wrong: JSON lines, one file in the home folder.

Each line is an object: ``time`` (ISO 8601, UTC), ``level``, ``process``, ``logger``, ``message``,
``run`` (the run's id, where it is about one) and ``traceback`` (of an error).
"""

import json
import logging
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from mnist_core.settings import Settings

FILE = "log.jsonl"  # in the home folder; what is older is in log.jsonl.1
MOST_BYTES = 2 * 2**20  # of one of the two
WAIT = 2.0  # seconds in which another process writes its line
# Ours, and Streamlit's for what a page did not expect: a visitor sees no traceback of it.
LOGGERS = ("mnist_core", "pages", "streamlit.error_util")


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": record.process,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if run := getattr(record, "run", None):
            said["run"] = run
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        return json.dumps(said)


class _File(logging.Handler):
    """Adds each line under a lock, since several processes write one file.

    The file is not held open, so that it can be moved away when it is full, on Windows too.
    """

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.file = file
        self._lock = FileLock(f"{file}.lock", timeout=WAIT)
        self.setFormatter(_Lines())

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record).encode() + b"\n"
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with self._lock:
                if self.file.exists() and self.file.stat().st_size + len(line) > MOST_BYTES:
                    self.file.replace(_older(self.file))
                with self.file.open("ab") as file:
                    file.write(line)
        except (OSError, Timeout):  # a disk that is full stops no training: standard error says it
            self.handleError(record)


def _older(file: Path) -> Path:
    return file.with_name(f"{file.name}.1")


def keep_log() -> Path:
    """Have this process write its log into the home folder; to ask again changes nothing."""
    handler = _File(Settings().home / FILE)
    for name in LOGGERS:
        logger = logging.getLogger(name)
        for old in [known for known in logger.handlers if isinstance(known, _File)]:
            logger.removeHandler(old)
        logger.addHandler(handler)
        if name == "mnist_core":
            logger.setLevel(logging.INFO)
    return handler.file


def last_problems(most: int) -> list[dict[str, object]]:
    """The last warnings and errors in the home folder's log, the latest first.

    Lines that were cut, as by a full disk, are left out.
    """
    file = Settings().home / FILE
    found: list[dict[str, object]] = []
    for part in (file, _older(file)):
        try:
            lines = part.read_text(encoding="utf-8", errors="replace").splitlines()
        except FileNotFoundError:
            continue
        for line in reversed(lines):
            if len(found) == most:
                return found
            try:
                said = json.loads(line)
            except json.JSONDecodeError:
                continue
            if isinstance(said, dict) and said.get("level") in ("warning", "error", "critical"):
                found.append(said)
    return found
