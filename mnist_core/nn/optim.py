"""Optimizers by name, and learning-rate schedules as functions of the share of steps taken."""

import inspect
import math
from collections.abc import Callable
from typing import Any

import torch

from mnist_core.config.train import TrainConfig


class _Uncompiled(torch.optim.Optimizer):
    """The methods that torch hides from its compiler, as they are written.

    What hides them imports the compiler on the first call: 1,000 modules of torch._dynamo and its
    kin, 1.2 s and 155 MB, before a worker's first run and in each process of the command line.
    Nothing here is compiled.
    """

    add_param_group = inspect.unwrap(torch.optim.Optimizer.add_param_group)
    load_state_dict = inspect.unwrap(torch.optim.Optimizer.load_state_dict)
    state_dict = inspect.unwrap(torch.optim.Optimizer.state_dict)
    zero_grad = inspect.unwrap(torch.optim.Optimizer.zero_grad)


class SGD(_Uncompiled, torch.optim.SGD):
    """torch.optim.SGD with its step written out, for dense gradients; it calls no hooks.

    Within the loop on a network of the tutorial's size, torch's own fused step costs 106 us, a
    quarter of a training step and nearly all of it Python; this one costs 27 us
    (``python -m mnist_core bench`` prints it).
    """

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            rate, momentum, decay = group["lr"], group["momentum"], group["weight_decay"]
            for parameter in group["params"]:
                change = parameter.grad
                if decay:
                    change = change.add(parameter, alpha=decay)
                if momentum:
                    slots = self.state[parameter]
                    if "momentum_buffer" in slots:
                        slots["momentum_buffer"].mul_(momentum).add_(change)
                    else:
                        slots["momentum_buffer"] = change.clone()
                    change = slots["momentum_buffer"]
                parameter.add_(change, alpha=-rate)

    # Keeps torch from wrapping the step in its profiler and hooks, which double its time: called
    # alone, in turns, it takes 10 us, 20 with them, and torch's fused step 28.
    step.hooked = True  # type: ignore[attr-defined]


class Adam(_Uncompiled, torch.optim.Adam):
    """torch.optim.Adam that imports no compiler."""

    step = torch.no_grad()(inspect.unwrap(torch.optim.Adam.step))


class AdamW(_Uncompiled, torch.optim.AdamW):
    """torch.optim.AdamW that imports no compiler."""

    step = Adam.step


# fused: one kernel for all parameters. On 2 cores an Adam step takes 63 us instead of 213.
OPTIMIZERS: dict[str, Callable[[Any, TrainConfig], torch.optim.Optimizer]] = {
    "sgd": lambda params, c: SGD(params, c.learning_rate, weight_decay=c.weight_decay),
    "momentum": lambda params, c: SGD(
        params, c.learning_rate, momentum=c.momentum, weight_decay=c.weight_decay
    ),
    "adam": lambda params, c: Adam(
        params, c.learning_rate, weight_decay=c.weight_decay, fused=True
    ),
    "adamw": lambda params, c: AdamW(
        params, c.learning_rate, weight_decay=c.weight_decay, fused=True
    ),
}

ONE_CYCLE_WARMUP = 0.3  # share of the steps that climb, from a 25th of the peak (fastai's defaults)
ONE_CYCLE_START = 1 / 25


def learning_rate_at(config: TrainConfig, done: float) -> float:
    """The learning rate when the share ``done`` (0 to 1) of all steps has been taken.

    One-cycle is Smith's (arXiv 1708.07120) with cosine flanks; cosine is Loshchilov and Hutter's
    (arXiv 1608.03983) without restarts.
    """
    peak = config.learning_rate
    match config.schedule:
        case "constant":
            return peak
        case "cosine":
            return peak * (1 + math.cos(math.pi * done)) / 2
        case "one_cycle":
            if done < ONE_CYCLE_WARMUP:
                low, rise = peak * ONE_CYCLE_START, done / ONE_CYCLE_WARMUP
                return low + (peak - low) * (1 - math.cos(math.pi * rise)) / 2
            fall = (done - ONE_CYCLE_WARMUP) / (1 - ONE_CYCLE_WARMUP)
            return peak * (1 + math.cos(math.pi * fall)) / 2
