"""The tutorial's functions: a batch, an evaluation, a fit."""

from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch import Tensor, nn

Metric = Callable[[Tensor, Tensor], float]
LossFunction = Callable[[Tensor, Tensor], Tensor]


def accuracy(outputs: Tensor, labels: Tensor) -> float:
    """Share of rows of ``outputs`` (N, classes) whose largest entry is at ``labels`` (N,)."""
    return (outputs.argmax(dim=1) == labels).sum().item() / len(labels)


def loss_batch(
    model: nn.Module,
    loss_func: LossFunction,
    xb: Tensor,
    yb: Tensor,
    opt: torch.optim.Optimizer | None = None,
    metric: Metric | None = None,
) -> tuple[float, int, float | None]:
    """(loss, batch length, metric) of one batch; with ``opt``, also one step of training."""
    preds = model(xb)
    loss = loss_func(preds, yb)
    if opt is not None:
        loss.backward()
        opt.step()
        opt.zero_grad()
    return loss.item(), len(xb), None if metric is None else metric(preds, yb)


def evaluate(
    model: nn.Module,
    loss_fn: LossFunction,
    valid_dl: Iterable[tuple[Tensor, Tensor]],
    metric: Metric | None = None,
) -> tuple[float, int, float | None]:
    """(mean loss, number of examples, mean metric) over ``valid_dl``.

    The model is in evaluation mode meanwhile (no dropout) and in its own mode afterwards.
    """
    mode = model.training
    model.eval()
    try:
        with torch.no_grad():
            results = [loss_batch(model, loss_fn, xb, yb, metric=metric) for xb, yb in valid_dl]
    finally:
        model.train(mode)
    losses, nums, metrics = zip(*results, strict=True)
    total = sum(nums)
    mean = float(np.average(losses, weights=nums))
    return mean, total, None if metric is None else float(np.average(metrics, weights=nums))


def fit(
    epochs: int,
    lr: float,
    model: nn.Module,
    loss_fn: LossFunction,
    train_dl: Iterable[tuple[Tensor, Tensor]],
    valid_dl: Iterable[tuple[Tensor, Tensor]],
    metric: Metric | None = None,
    opt_fn: Callable[..., torch.optim.Optimizer] | None = None,
) -> tuple[list[float], list[float | None]]:
    """Train as the tutorial does and print each epoch: (validation losses, metrics).

    ``opt_fn`` makes the optimizer from ``(parameters, lr=lr)``; SGD if it is not given.
    """
    opt = (opt_fn or torch.optim.SGD)(model.parameters(), lr=lr)
    losses, metrics = [], []
    for epoch in range(epochs):
        model.train()
        for xb, yb in train_dl:
            loss_batch(model, loss_fn, xb, yb, opt)
        loss, _, value = evaluate(model, loss_fn, valid_dl, metric)
        losses.append(loss)
        metrics.append(value)
        shown = "" if metric is None else f", {getattr(metric, '__name__', 'metric')}: {value:.4f}"
        print(f"Epoch [{epoch + 1}/{epochs}], loss: {loss:.4f}{shown}")
    return losses, metrics
