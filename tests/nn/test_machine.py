"""What a process may use: of a laptop, in a container, on a machine with GPUs."""

import os
import sys
from pathlib import Path

import psutil
import pytest

from mnist_core.config.fields import parse_config
from mnist_core.errors import ConfigError
from mnist_core.nn import machine
from mnist_core.nn.machine import check_fits, check_machine, gpu_names, usable_cores, usable_memory

GB = 2**30


@pytest.fixture
def limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The control group of a process on a machine with 64 cores and 256 GB."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(64)), raising=False)
    monkeypatch.setattr(
        "os.sysconf", {"SC_PAGE_SIZE": 4096, "SC_PHYS_PAGES": 256 * GB // 4096}.__getitem__
    )
    own = tmp_path / "cgroup"
    own.write_text("4:memory:/elsewhere\n0::/box/app\n")
    monkeypatch.setattr(machine, "OWN_CGROUP", own)
    monkeypatch.setattr(machine, "CGROUPS", tmp_path / "fs")
    group = tmp_path / "fs" / "box" / "app"
    group.mkdir(parents=True)
    return group


def test_the_memory_is_the_machine_s(monkeypatch: pytest.MonkeyPatch) -> None:
    here = machine._machine_memory()
    assert here == pytest.approx(psutil.virtual_memory().total, rel=0.01)
    monkeypatch.delattr("os.sysconf")  # as on Windows
    assert machine._machine_memory() == psutil.virtual_memory().total


def test_a_machine_without_limits_is_ours(limits: Path) -> None:
    assert (usable_cores(), usable_memory()) == (64, 256 * GB)
    (limits / "cpu.max").write_text("max 100000\n")
    (limits / "memory.max").write_text("max\n")
    assert (usable_cores(), usable_memory()) == (64, 256 * GB)


@pytest.mark.parametrize(
    ("share", "cores"),
    [("200000 100000", 2), ("250000 100000", 2), ("50000 100000", 1), ("9900000 100000", 64)],
)
def test_a_container_has_its_share_of_the_cores(limits: Path, share: str, cores: int) -> None:
    (limits / "cpu.max").write_text(f"{share}\n")
    assert usable_cores() == cores


def test_the_tightest_limit_on_the_way_up_counts(limits: Path) -> None:
    (limits / "cpu.max").write_text("800000 100000\n")
    (limits.parent / "cpu.max").write_text("300000 100000\n")
    (limits / "memory.max").write_text(f"{8 * GB}\n")
    (limits.parent / "memory.max").write_text(f"{16 * GB}\n")
    assert (usable_cores(), usable_memory()) == (3, 8 * GB)


def test_memory_from_which_a_group_is_slowed_down_is_none_to_count_on(limits: Path) -> None:
    (limits / "memory.max").write_text(f"{8 * GB}\n")
    (limits / "memory.high").write_text("max\n")
    assert usable_memory() == 8 * GB
    (limits.parent / "memory.high").write_text(f"{6 * GB}\n")
    assert usable_memory() == 6 * GB


def test_a_namespace_of_its_own_shows_the_limits_at_the_root(limits: Path) -> None:
    machine.OWN_CGROUP.write_text("0::/\n")
    (machine.CGROUPS / "cpu.max").write_text("200000 100000\n")
    assert usable_cores() == 2


@pytest.mark.parametrize("folder", ["cpu", "cpu,cpuacct", "cpuacct,cpu"])
@pytest.mark.parametrize("listed", ["cpu,cpuacct", "cpuacct,cpu"])
def test_control_groups_of_version_1(limits: Path, folder: str, listed: str) -> None:
    machine.OWN_CGROUP.write_text(f"4:memory:/box\n3:{listed}:/box\n0::/\n")
    for controller in (folder, "memory"):
        (machine.CGROUPS / controller / "box").mkdir(parents=True)
    cpu, memory = machine.CGROUPS / folder / "box", machine.CGROUPS / "memory"
    (cpu / "cpu.cfs_quota_us").write_text("-1\n")
    (cpu / "cpu.cfs_period_us").write_text("100000\n")
    (memory / "memory.limit_in_bytes").write_text("9223372036854771712\n")  # none
    assert (usable_cores(), usable_memory()) == (64, 256 * GB)
    (cpu / "cpu.cfs_quota_us").write_text("250000\n")
    (memory / "box" / "memory.limit_in_bytes").write_text(f"{8 * GB}\n")
    assert (usable_cores(), usable_memory()) == (2, 8 * GB)


def test_a_container_of_version_1_sees_its_own_group_as_the_root(limits: Path) -> None:
    machine.OWN_CGROUP.write_text("4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n0::/\n")
    cpu, memory = machine.CGROUPS / "cpu,cpuacct", machine.CGROUPS / "memory"
    for tree in (cpu, memory):
        tree.mkdir()
    (cpu / "cpu.cfs_quota_us").write_text("150000\n")
    (cpu / "cpu.cfs_period_us").write_text("50000\n")
    (memory / "memory.limit_in_bytes").write_text(f"{4 * GB}\n")
    assert (usable_cores(), usable_memory()) == (3, 4 * GB)


def test_affinity_counts(limits: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {3, 5, 7}, raising=False)
    assert usable_cores() == 3


def test_other_systems_have_no_control_groups(
    limits: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("os.sched_getaffinity")
    monkeypatch.setattr("os.cpu_count", lambda: 12)
    machine.OWN_CGROUP.unlink()
    assert (usable_cores(), usable_memory()) == (12, 256 * GB)


@pytest.mark.skipif(os.name == "nt", reason="the stand-in for the tool is a shell script")
@pytest.mark.parametrize(
    ("visible", "names"),
    [(None, ["cuda:0", "cuda:1"]), ("1", ["cuda:0"]), ("", []), ("-1", []), ("0,1,2", 2)],
)
def test_gpus_are_counted_by_their_driver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, visible: str | None, names: object
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'GPU 0: A card (UUID: x)'\necho 'GPU 1: A card (UUID: y)'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    if visible is None:
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    else:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert gpu_names() == (names if isinstance(names, list) else ["cuda:0", "cuda:1"])


def test_an_apple_gpu_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    assert gpu_names() == ["mps"]
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    assert gpu_names() == []


def test_a_network_that_this_machine_has_no_memory_for_is_refused_with_the_numbers(
    limits: Path,
) -> None:
    (limits / "memory.max").write_text(f"{8 * GB}\n")
    check_fits(parse_config({"hidden_sizes": "4096,3000", "optimizer": "adam"}))
    layers = ",".join(["8192"] * 8)
    with pytest.raises(ConfigError, match=r"needs 7\.1 GB .* sgd, and this machine has 6\.0 GB"):
        check_fits(parse_config({"hidden_sizes": layers}))
    (limits / "memory.max").write_text(f"{16 * GB}\n")
    check_fits(parse_config({"hidden_sizes": layers}))
    with pytest.raises(ConfigError, match=r"needs 7\.1 GB .*each worker has 7\.0 GB"):
        check_machine(parse_config({"hidden_sizes": layers}), [], jobs=2)
    with pytest.raises(ConfigError, match=r"14\.2 GB .* adam"):
        check_fits(parse_config({"hidden_sizes": layers, "optimizer": "adam"}))


def test_a_card_has_memory_of_its_own(limits: Path) -> None:
    (limits / "memory.max").write_text(f"{4 * GB}\n")
    config = parse_config({"hidden_sizes": ",".join(["8192"] * 8)})
    check_machine(config, ["cuda:0"])  # the worker that has it looks
    check_fits(config, memory=8 * GB)
    with pytest.raises(ConfigError, match=r"needs 7\.1 GB .*the GPU has 4\.0 GB"):
        check_fits(config, memory=4 * GB)
    for device, gpus in (("auto", []), ("auto", ["mps"]), ("cpu", ["cuda:0"])):
        with pytest.raises(ConfigError, match="this machine has 2"):
            check_machine(config.model_copy(update={"device": device}), gpus)


def test_the_processor_is_called_as_it_calls_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text("processor\t: 0\nmodel name\t: Test CPU: fast @ 3 GHz\nmodel name\t: other\n")
    monkeypatch.setattr(machine, "CPUINFO", file)
    assert machine.cpu_name() == "Test CPU: fast @ 3 GHz"
    monkeypatch.setattr(machine, "CPUINFO", tmp_path / "none")
    monkeypatch.setattr("platform.processor", lambda: "")
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    assert machine.cpu_name() == "arm64"
