"""How fast training goes on a device: its own steps, and the largest rate that there is to reach.

What is timed are the steps of ``training.epoch_steps``, with the shuffle and the labels that an
epoch begins with, and without the evaluation that it ends with. The pictures are on the device.
"""

import time
from dataclasses import dataclass

import torch

from mnist_core.config.measuring import CLASSES, IN_SIZE, Machine, Plan, Precision, Setting
from mnist_core.config.train import TrainConfig
from mnist_core.data.made_up import made_up
from mnist_core.nn.device import available_devices, threads
from mnist_core.nn.machine import cpu_name, load_average, usable_cores
from mnist_core.nn.state import TrainState
from mnist_core.nn.training import Parts, epoch_steps

WARM_UP = 0.2  # seconds, or a step where one takes longer
MEASURED = 0.5  # the same
RATE = 0.01  # learning rate: at any size the numbers stay ordinary ones

DTYPES: dict[Precision, torch.dtype] = {
    "float32": torch.float32,
    "float64": torch.float64,
    "bfloat16": torch.bfloat16,
}
SMALLEST, LARGEST = 256, 8192  # sides of the matrices whose product is timed
PRODUCT = 0.1  # seconds for the products of one size in one way; one that takes longer is the last


@dataclass(frozen=True)
class Timed:
    """So many pictures were trained on in so many seconds."""

    seconds: float
    pictures: int


def machine_info() -> Machine:
    """This machine."""
    gpus = tuple(device.label for device in available_devices() if device.name != "cpu")
    return Machine(
        cpu=cpu_name(),
        cores=usable_cores(),
        load=load_average(),
        gpus=gpus,
        torch=torch.__version__,
    )


def synchronize(device: torch.device) -> None:
    """Wait until the device has done all that it was given; on the CPU it has."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def new_state(plan: Plan, value: int, setting: Setting) -> TrainState:
    """The untrained network of a plan at this value."""
    there = plan.at(value)
    config = TrainConfig(
        hidden_sizes=(there["units"],) * there["layers"],
        batch_size=there["batch_size"],
        learning_rate=RATE,
    )
    state = TrainState(config, IN_SIZE, CLASSES, torch.device(setting.device))
    state.model.to(DTYPES[setting.precision])
    return state


def sample(plan: Plan, value: int, setting: Setting) -> Timed:
    """Train a new network for a moment that does not count, and for one that does."""
    device = torch.device(setting.device)
    with threads(setting.threads):
        data = made_up(plan.at(value)["pictures"], device, DTYPES[setting.precision])
        state, parts = new_state(plan, value, setting), Parts(data, val_fraction=0.0)
        train_for(WARM_UP, state, parts)
        return train_for(MEASURED, state, parts)


def train_for(seconds: float, state: TrainState, parts: Parts) -> Timed:
    """Train until so many seconds are over, epoch after epoch; the last is broken off.

    Training says four times a second how far it is, so it may be a quarter of a second more.
    """
    synchronize(state.device)
    pictures, began = 0, time.perf_counter()
    over = False
    while not over:
        for _ in epoch_steps(state, parts):
            if time.perf_counter() - began >= seconds:
                break
        pictures += state.seen
        state.epoch += 1
        over = time.perf_counter() - began >= seconds
    synchronize(state.device)
    return Timed(time.perf_counter() - began, pictures)


def peak(setting: Setting) -> float:
    """Multiply-adds a second of the fastest product of two square matrices, sides doubling.

    In each of the three ways in which a layer's matrices lie in memory when training multiplies
    them: some processors have a fast product for one of them alone.
    """
    device, best = torch.device(setting.device), 0.0
    with threads(setting.threads):
        side = SMALLEST
        while side <= LARGEST:
            a = torch.rand(side, side).to(device, DTYPES[setting.precision])
            taken = min(_product(*pair) for pair in ((a, a), (a, a.t()), (a.t(), a)))
            best = max(best, side**3 / taken)
            if 8 * taken > PRODUCT:  # what a product of the next size takes
                break
            side *= 2
    return best


def _product(a: torch.Tensor, b: torch.Tensor) -> float:
    """Seconds of a product: the mean of as many as there is time for, after one to warm up."""
    out = torch.mm(a, b)
    times = 1
    while True:
        synchronize(a.device)
        began = time.perf_counter()
        for _ in range(times):
            torch.mm(a, b, out=out)
        synchronize(a.device)
        seconds = time.perf_counter() - began
        if 2 * seconds > PRODUCT:
            return seconds / times
        times *= 2
