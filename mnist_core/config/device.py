"""Which device ``auto`` means, decided without PyTorch, so that a form can say it."""

from collections.abc import Sequence
from itertools import pairwise

# From about 800 units (50 million multiplications a step of 100) a second thread pays. The same
# number decides for an Apple GPU, computed and not measured: a step starts some 25 kernels at about
# 20 us each, in which time one core of an Apple processor does a step of this size.
LARGE = 50_000_000
# A step of a small network is shorter than what two threads need to meet: on a machine with two
# busy cores, hidden 32 takes 0.3 s an epoch on one thread and 20 s on two that wait for a core.
THREADS_A_RUN = 2


def multiplications(sizes: Sequence[int], batch_size: int) -> int:
    """Of one step's forward pass; ``sizes`` are the inputs, the hidden sizes and the classes."""
    return batch_size * sum(a * b for a, b in pairwise(sizes))


def parameter_count(sizes: Sequence[int]) -> int:
    """All weights and biases; ``sizes`` are the inputs, the hidden sizes and the classes."""
    return sum(a * b + b for a, b in pairwise(sizes))


def threads_for(work: int) -> int:
    """How many CPU threads to train with; ``work`` is a step's ``multiplications``."""
    return THREADS_A_RUN if work >= LARGE else 1


def automatic_device(names: Sequence[str], work: int | None = None) -> str:
    """What ``auto`` is among the devices ``names``, of which the best is first and the CPU last.

    ``work`` is a step's ``multiplications``, if they are known: small networks stay on the CPU
    where the alternative is an Apple GPU.
    """
    small = work is not None and work < LARGE
    return names[-1] if names[0] == "mps" and small else names[0]


def explain_automatic(devices: Sequence[tuple[str, str]], work: int) -> str:
    """A sentence for a form, from the (name, label) of each device: what ``auto`` is, and why."""
    chosen = automatic_device([name for name, _ in devices], work)
    label = dict(devices)[chosen]
    if chosen == devices[0][0]:
        return f"Automatic is: {label}."
    return (
        f"Automatic is: {label}. A network of this size trains faster there, since the "
        f"{devices[0][1]} would take longer to start each step than the CPU to do it."
    )
