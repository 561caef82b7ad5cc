"""Devices: what is there, and how things get to them."""

import pytest
import torch
from torch import nn

from mnist_core.config.device import LARGE, explain_automatic, multiplications, threads_for
from mnist_core.errors import DeviceError
from mnist_core.nn.device import (
    available_devices,
    get_default_device,
    resolve_device,
    to_device,
)


class FakeGpu:
    name = "Test GPU"
    total_memory = 8 * 2**30


@pytest.fixture
def _two_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: FakeGpu)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.fixture
def _cpu_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.mark.usefixtures("_cpu_only")
@pytest.mark.parametrize(("cores", "label"), [({0}, "CPU, 1 core"), ({0, 1}, "CPU, 2 cores")])
def test_without_a_gpu_it_is_the_cpu(
    cores: set[int], label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: cores, raising=False)
    assert [(d.name, d.label) for d in available_devices()] == [("cpu", label)]
    assert get_default_device() == resolve_device("auto") == torch.device("cpu")


@pytest.mark.usefixtures("_two_gpus")
def test_a_gpu_comes_first_with_its_name_and_memory() -> None:
    first, second, cpu = available_devices()
    assert (first.name, first.label) == ("cuda:0", "Test GPU, 8 GB")
    assert (second.name, cpu.name) == ("cuda:1", "cpu")
    assert get_default_device() == torch.device("cuda:0")
    assert resolve_device("cuda:1") == torch.device("cuda:1")
    assert resolve_device("cpu") == torch.device("cpu")


@pytest.mark.usefixtures("_cpu_only")
@pytest.mark.parametrize("name", ["cuda:0", "mps"])
def test_a_device_that_is_not_there_is_named_with_those_that_are(name: str) -> None:
    with pytest.raises(DeviceError, match=f"'{name}': this machine has cpu"):
        resolve_device(name)


@pytest.fixture
def _a_mac(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)


SMALL = multiplications((784, 32, 10), 100)
WIDE = multiplications((784, 1600, 10), 256)


@pytest.mark.usefixtures("_a_mac")
def test_small_networks_stay_on_the_cpu_where_the_gpu_is_apples() -> None:
    assert get_default_device() == resolve_device("auto") == torch.device("mps")
    assert resolve_device("auto", SMALL) == torch.device("cpu")
    assert resolve_device("auto", WIDE) == torch.device("mps")
    assert resolve_device("mps", SMALL) == torch.device("mps")  # whoever asks for it gets it
    assert resolve_device("auto", WIDE, best="cpu") == torch.device("cpu")
    devices = [(device.name, device.label) for device in available_devices()]
    assert explain_automatic(devices, WIDE) == "Automatic is: Apple GPU."
    assert "Apple GPU would take longer" in explain_automatic(devices, SMALL)


@pytest.mark.usefixtures("_two_gpus")
def test_elsewhere_the_size_of_a_network_decides_nothing() -> None:
    assert resolve_device("auto", SMALL) == torch.device("cuda:0")
    assert resolve_device("auto", SMALL, best="cuda:1") == torch.device("cuda:1")
    devices = [(device.name, device.label) for device in available_devices()]
    assert explain_automatic(devices, SMALL) == "Automatic is: Test GPU, 8 GB."


class Arriving:
    """Something that notes how it is moved."""

    def to(self, device: object, non_blocking: bool) -> tuple[object, bool]:
        return device, non_blocking


@pytest.mark.parametrize(("name", "waits"), [("cpu", True), ("cuda:0", False)])
def test_what_goes_to_the_cpu_is_there_when_it_is_read(name: str, waits: bool) -> None:
    for device in (name, torch.device(name)):
        assert to_device([Arriving()], device) == [(device, not waits)]  # type: ignore[arg-type]


def test_to_device_takes_tensors_modules_and_batches() -> None:
    meta = torch.device("meta")
    assert to_device(torch.zeros(2), meta).device == meta
    assert to_device(nn.Linear(2, 3), meta).weight.device == meta
    xb, (yb,) = to_device((torch.zeros(2), [torch.ones(1)]), meta)
    assert xb.device == yb.device == meta


def test_small_networks_train_on_one_thread() -> None:
    assert threads_for(25_450 * 100) == 1
    assert threads_for(LARGE) > 1
