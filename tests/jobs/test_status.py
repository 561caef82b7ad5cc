"""What whoever runs the app looks at."""

import shutil
import subprocess
import sys

import torch

from mnist_core.jobs.status import disk, memory, versions
from mnist_core.settings import Settings


def test_versions_are_those_that_run() -> None:
    found = versions()
    assert found["Python"] == ".".join(map(str, sys.version_info[:3]))
    assert torch.__version__.startswith(found["torch"])


def test_memory_counts_what_the_process_started() -> None:
    hold = "import sys; x = bytearray(50_000_000); print(1, flush=True); sys.stdin.read()"
    before = memory()
    with subprocess.Popen(
        [sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert memory().workers - before.workers > 40_000_000
        process.communicate("")
    assert before.page > 10_000_000
    assert before.available > 0


def test_the_disk_says_what_each_part_takes() -> None:
    home = Settings().home
    (home / "artifacts" / "run").mkdir(parents=True)
    (home / "artifacts" / "run" / "a").write_bytes(bytes(1000))
    (home / "artifacts" / "b").write_bytes(bytes(500))
    (home / "log.jsonl").write_bytes(bytes(7))
    (home / "log.jsonl.lock").touch()
    found = disk()
    assert found.home == home
    assert found.parts["artifacts"] == 1500
    assert found.parts["log.jsonl"] == 7
    assert "log.jsonl.lock" not in found.parts
    assert 0 < found.free <= shutil.disk_usage(home).total


def test_a_home_that_is_not_there_yet_takes_nothing() -> None:
    shutil.rmtree(Settings().home, ignore_errors=True)
    assert disk().parts == {}
    assert disk().free > 0
