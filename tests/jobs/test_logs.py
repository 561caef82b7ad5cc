"""The log in the home folder."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from mnist_core.config.train import TrainConfig
from mnist_core.errors import DeviceError
from mnist_core.jobs import logs, tasks
from mnist_core.jobs.logs import FILE, LOGGERS, keep_log, last_problems
from mnist_core.runs.store import RunStore
from mnist_core.settings import Settings

log = logging.getLogger("mnist_core.of_this_test")


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    yield
    for name in LOGGERS:
        for handler in list(logging.getLogger(name).handlers):
            if isinstance(handler, logs._File):
                logging.getLogger(name).removeHandler(handler)


def lines(file: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in file.read_text().splitlines()]


def test_each_line_says_when_what_and_of_which_run() -> None:
    file = keep_log()
    keep_log()  # a second time changes nothing
    assert file == Settings().home / FILE
    log.info("training", extra={"run": "r1"})
    log.warning("it is\n%s", "late")
    try:
        raise ValueError("broken")
    except ValueError:
        logging.getLogger("streamlit.error_util").exception("a page")
    first, second, third = lines(file)
    assert (first["level"], first["message"], first["run"]) == ("info", "training", "r1")
    assert datetime.fromisoformat(first["time"]).tzinfo is not None
    assert second["message"] == "it is\nlate"
    assert "run" not in second
    assert "ValueError: broken" in third["traceback"]
    assert [said["message"] for said in last_problems(5)] == ["a page", "it is\nlate"]
    assert [said["message"] for said in last_problems(1)] == ["a page"]


def test_it_never_takes_more_than_two_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "MOST_BYTES", 1000)
    file = keep_log()
    for number in range(100):
        log.warning("number %d", number)
    files = sorted(path for path in file.parent.glob(f"{FILE}*") if path.suffix != ".lock")
    assert [path.name for path in files] == [FILE, f"{FILE}.1"]
    assert all(path.stat().st_size <= 1000 for path in files)
    latest = [said["message"] for said in last_problems(100)]
    assert latest == [f"number {number}" for number in range(99, 99 - len(latest), -1)]
    assert len(latest) > 5  # of both files


def test_processes_share_one_file() -> None:
    program = (
        "import logging; from mnist_core.jobs.logs import keep_log; keep_log()\n"
        "for number in range(50): logging.getLogger('mnist_core.x').info('%d', number)"
    )
    processes = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    found = [line["message"] for line in lines(Settings().home / FILE)]
    assert sorted(found) == sorted([str(number) for number in range(50)] * 2)


def test_a_log_that_cannot_be_written_stops_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_log().mkdir(parents=True)  # a folder where the file should be
    log.warning("unheard")
    assert "Logging error" in capsys.readouterr().err


def test_a_line_that_was_cut_is_left_out() -> None:
    file = keep_log()
    log.warning("whole")
    with file.open("a") as half:
        half.write('{"level": "warning", "mess')
    assert [said["message"] for said in last_problems(5)] == ["whole"]


def test_a_run_is_followed_by_its_id(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "_own_device", lambda: "cpu")
    store = RunStore()
    good = store.create(TrainConfig(hidden_sizes=(4,), epochs=1, device="cpu"))
    bad = store.create(TrainConfig(hidden_sizes=(4,), epochs=1, device="cuda:7"))
    file = keep_log()
    tasks.run_job(good, store.uri)
    with pytest.raises(DeviceError):
        tasks.run_job(bad, store.uri)
    said = [(line["run"], line["level"], line["message"]) for line in lines(file) if "run" in line]
    assert said == [
        (good, "info", "training"),
        (good, "info", "the run is completed"),
        (bad, "info", "training"),
        (bad, "error", "the job of the run broke"),
    ]
    (problem,) = last_problems(5)
    assert problem["run"] == bad


def test_without_a_log_there_are_no_problems() -> None:
    assert last_problems(5) == []
