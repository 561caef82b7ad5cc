"""Random distortions of a whole batch of images on its device.

Shift, scale, rotation, slant and elastic deformation are one displacement field per image, and
the field is linear in its random numbers: a constant, x and y carry the affine part, and a coarse
lattice of Gaussian bumps the elastic part (the smooth random fields of Simard, Steinkraus and
Platt, "Best Practices for Convolutional Neural Networks Applied to Visual Document Analysis",
2003). So one matrix product makes the fields of a batch and one `grid_sample` applies them.
"""

from __future__ import annotations

from functools import lru_cache
from math import isqrt

import torch
from torch import Tensor
from torch.nn import functional as F

from mnist_core.config.distortion import Distortion


def distort(images: Tensor, distortion: Distortion, generator: torch.Generator) -> Tensor:
    """A distorted copy of each image, of the same shape and type, on the same device.

    images: float (N, S, S), (N, 1, S, S) or (N, S * S), with 0 as background, or colour pictures
        as rows (N, S * S * 3) with the colours of a pixel side by side.
    generator: the only source of randomness, on the images' device.
    Raises ValueError for pictures that are not square.
    """
    if not (distortion.bends or distortion.thickness):
        return images
    numbers = images[0].numel()
    channels = 1 if isqrt(numbers) ** 2 == numbers else 3
    side = isqrt(numbers // channels)
    if side * side * channels != numbers:
        raise ValueError(f"pictures of {numbers} numbers are not square")
    out = images.reshape(-1, side, side, channels).permute(0, 3, 1, 2)
    if distortion.bends:
        field = _sampling_points(len(out), side, distortion, generator).to(out.dtype)
        out = F.grid_sample(out, field, align_corners=False)
    if distortion.thickness:
        amount = _uniform((len(out), 1, 1, 1), distortion.thickness, generator).to(out.dtype)
        out = _thicken(out, amount)
    return out.permute(0, 2, 3, 1).reshape(images.shape)


def _uniform(shape: tuple[int, ...], bound: float, generator: torch.Generator) -> Tensor:
    return torch.empty(shape, device=generator.device).uniform_(-bound, bound, generator=generator)


def _sampling_points(
    count: int, side: int, distortion: Distortion, generator: torch.Generator
) -> Tensor:
    """(count, side, side, 2): where each output pixel looks, as grid_sample wants it."""
    pixel = 2 / side  # in grid_sample's units, where the image reaches from -1 to 1

    def each(bound: float) -> Tensor:
        return _uniform((count,), bound, generator)

    turn, lean = torch.deg2rad(each(distortion.rotation)), torch.deg2rad(each(distortion.slant))
    wide, tall = torch.exp(each(distortion.scale)), torch.exp(each(distortion.scale))
    cos, sin, shear = torch.cos(turn), torch.sin(turn), torch.tan(lean)
    basis = _basis(side, distortion.smoothness, generator.device)
    numbers = torch.zeros(count, 2, len(basis), device=generator.device)
    if distortion.elastic:
        numbers.normal_(std=distortion.elastic * pixel, generator=generator)
    # Rows of the basis: 1, x, y, bumps.
    numbers[:, :, 0] = _uniform((count, 2), distortion.shift * pixel, generator)
    numbers[:, 0, 1] = cos * wide
    numbers[:, 0, 2] = (cos * shear - sin) * wide
    numbers[:, 1, 1] = sin * tall
    numbers[:, 1, 2] = (sin * shear + cos) * tall
    field = numbers.reshape(count * 2, -1) @ basis
    return field.reshape(count, 2, side, side).permute(0, 2, 3, 1)


@lru_cache(maxsize=8)
def _basis(side: int, smoothness: float, device: torch.device) -> Tensor:
    """(3 + bumps, side * side): 1, x, y, and Gaussian bumps whose squares sum to 1 everywhere."""
    at = (torch.arange(side) + 0.5) * 2 / side - 1
    sigma = smoothness * 2 / side
    # Bumps one sigma apart leave no ripple; one more ring outside keeps the edges as lively.
    lattice = torch.arange(-1 - sigma, 1 + 2 * sigma, sigma)
    line = torch.exp(-((at[None] - lattice[:, None]) ** 2) / (2 * sigma**2))
    line = line / line.square().sum(0).sqrt()
    bumps = torch.einsum("ay,bx->abyx", line, line).reshape(-1, side * side)
    y, x = torch.meshgrid(at, at, indexing="ij")
    affine = torch.stack([torch.ones_like(x), x, y]).reshape(3, -1)
    return torch.cat([affine, bumps]).to(device)


def _thicken(images: Tensor, amount: Tensor) -> Tensor:
    """Part of the way to the brightest (amount > 0) or darkest neighbour in each direction."""
    padded = F.pad(images, (1, 1, 1, 1))
    shifted = [
        padded[..., 1:-1, :-2],
        padded[..., 1:-1, 2:],
        padded[..., :-2, 1:-1],
        padded[..., 2:, 1:-1],
    ]
    brightest = darkest = images
    for neighbour in shifted:
        brightest = torch.maximum(brightest, neighbour)
        darkest = torch.minimum(darkest, neighbour)
    return (
        images
        + amount.clamp(min=0) * (brightest - images)
        + amount.clamp(max=0) * (images - darkest)
    )
