"""The gradient of one network, written out; a population's is in ``population.engine``."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mnist_core.nn.model import MnistModel

aten = torch.ops.aten


@dataclass(frozen=True)
class Function:
    """An activation for (sum, out=) and its derivative, applied in place to a gradient."""

    forward: Callable[..., object]
    backward: Callable[[Tensor, Tensor, Tensor], object]
    needs_sum: bool = False
    moves_zero: bool = False


# The derivatives take (gradient, sum, activation).
FUNCTIONS: dict[str, Function] = {
    "relu": Function(
        lambda z, out: torch.clamp_min(z, 0, out=out),
        lambda g, z, a: aten.threshold_backward.grad_input(g, a, 0, grad_input=g),
    ),
    "tanh": Function(torch.tanh, lambda g, z, a: aten.tanh_backward.grad_input(g, a, grad_input=g)),
    "sigmoid": Function(
        torch.sigmoid,
        lambda g, z, a: aten.sigmoid_backward.grad_input(g, a, grad_input=g),
        moves_zero=True,
    ),
    "gelu": Function(
        lambda z, out: aten.gelu.out(z, out=out),
        lambda g, z, a: aten.gelu_backward.grad_input(g, z, grad_input=g),
        needs_sum=True,
    ),
    "none": Function(lambda z, out: out, lambda g, z, a: g),
}


@torch.no_grad()
def gradient(
    model: MnistModel, images: Tensor, labels: Tensor, smoothing: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Mean cross-entropy of a batch; its gradient is in each parameter's ``grad`` afterwards.

    The same as ``F.cross_entropy(model(images), labels, label_smoothing=smoothing).backward()``
    up to rounding. Autograd writes down every operation before it goes back over them, which on
    the tutorial's network takes longer than the arithmetic.

    Args:
        model: in training mode, else nothing is dropped.
        images: float32 (N, in_size).
        labels: int64 (N,).
        smoothing: the share of the certainty that goes to all classes evenly (Szegedy et al.
            2016).

    Returns:
        The loss, of shape (), and the logits, float32 (N, classes), from which it was computed.
    """
    f = FUNCTIONS[model.activation]
    *hidden, last = (layer for layer in model.layers if isinstance(layer, nn.Linear))
    x, passed = images, []
    for linear in hidden:
        sums = torch.addmm(linear.bias, x, linear.weight.t())
        active = torch.empty_like(sums) if f.needs_sum else sums
        f.forward(sums, out=active)
        keep = model.draw_keep(active)
        passed.append((linear, x, sums, active, keep))
        x = active if keep is None else active * keep
    logits = torch.addmm(last.bias, x, last.weight.t())
    log_p = torch.log_softmax(logits, 1)
    loss = F.nll_loss(log_p, labels) * (1 - smoothing)
    if smoothing:
        loss -= log_p.mean() * smoothing
    # d(cross-entropy)/d(logits) = softmax - what is wanted
    grad = log_p.exp_().scatter_(1, labels[:, None], smoothing - 1, reduce="add")
    if smoothing:
        grad -= smoothing / grad.shape[1]
    grad /= len(labels)
    last.weight.grad, last.bias.grad = grad.t() @ x, grad.sum(0)
    above = last
    for linear, x, sums, active, keep in reversed(passed):
        grad = grad @ above.weight
        if keep is not None:
            grad *= keep
        f.backward(grad, sums, active)
        linear.weight.grad, linear.bias.grad = grad.t() @ x, grad.sum(0)
        above = linear
    return loss, logits
