"""Distortions: each does what its name says, and the same numbers give the same pictures."""

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor
from torch.nn import functional as F

from mnist_core.config.distortion import Distortion
from mnist_core.data.augment import distort


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def bars() -> Tensor:
    """500 upright bars of 4 x 16 in the middle of 28 x 28."""
    image = torch.zeros(28, 28)
    image[6:22, 12:16] = 1
    return image.expand(500, 28, 28)


def moments(images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mass (N,), centre (N, 2) as x and y, and covariance (N, 2, 2) of the ink."""
    at = torch.arange(28) + 0.5
    y, x = torch.meshgrid(at, at, indexing="ij")
    mass = images.sum((1, 2))
    points = torch.stack([x, y])
    centre = (images[:, None] * points).sum((2, 3)) / mass[:, None]
    away = points - centre[:, :, None, None]
    covariance = torch.einsum("nhw,nahw,nbhw->nab", images, away, away) / mass[:, None, None]
    return mass, centre, covariance


def lean(images: Tensor) -> Tensor:
    """Horizontal drift per pixel of height."""
    _, _, covariance = moments(images)
    return covariance[:, 0, 1] / covariance[:, 1, 1]


def test_nothing_is_done_without_strength(bars):
    assert not Distortion(smoothness=9).bends
    assert distort(bars, Distortion(), generator()) is bars


def test_a_weak_field_is_the_identity(bars):
    torch.testing.assert_close(
        distort(bars, Distortion(shift=1e-7), generator()), bars, atol=1e-5, rtol=0
    )


def test_shift_moves_the_centre_up_to_its_bound(bars):
    _, centre, _ = moments(distort(bars, Distortion(shift=3), generator()))
    moved = centre - 14
    assert moved.abs().max() <= 3.001
    assert moved.amin() < -2.8
    assert moved.amax() > 2.8
    assert moved.mean(0).abs().max() < 0.3


def test_scale_changes_the_size_up_to_its_bound(bars):
    _, centre, covariance = moments(distort(bars, Distortion(scale=0.2), generator()))
    height = (covariance[:, 1, 1] / moments(bars)[2][0, 1, 1]).sqrt()
    assert 0.78 < height.min() < 0.85
    assert 1.18 < height.max() < 1.26
    assert (centre - 14).abs().max() < 0.05


def test_rotation_turns_and_slant_leans(bars):
    turned = lean(distort(bars, Distortion(rotation=20), generator()))
    assert 0.25 < turned.max() < 0.37  # tan 20 degrees is 0.36
    assert -0.37 < turned.min() < -0.25
    slanted = distort(bars, Distortion(slant=20), generator())
    assert 0.25 < lean(slanted).max() < 0.37
    # A slant keeps heights, a rotation does not.
    heights = moments(slanted)[2][:, 1, 1]
    assert heights.max() - heights.min() < 0.3


@pytest.mark.parametrize("smoothness", [2.0, 4.0, 8.0])
@pytest.mark.parametrize("strength", [0.5, 1.5])
def test_elastic_moves_a_pixel_by_its_strength(smoothness, strength):
    # On a ramp the grey value is the place it was taken from.
    ramp = ((torch.arange(28) + 0.5) / 28).expand(400, 28, 28)
    field = Distortion(elastic=strength, smoothness=smoothness)
    moved = ((distort(ramp, field, generator()) - ramp) * 28)[:, 8:20, 8:20]
    assert moved.std() == pytest.approx(strength, rel=0.1)
    # Neighbours move together, the more the smoother: exp(-1 / (4 s^2)) for Gaussian bumps.
    apart = moved[:, :, 1:] - moved[:, :, :-1]
    expected = strength * (2 - 2 * torch.exp(torch.tensor(-1 / (4 * smoothness**2)))) ** 0.5
    assert apart.std() == pytest.approx(float(expected), rel=0.15)


def test_thickness_widens_and_thins(bars):
    mass, _, _ = moments(distort(bars, Distortion(thickness=1), generator()))
    widths = mass / 16
    assert 1.74 < widths.min() < 2.6  # 2 wide, and 14 high instead of 16
    assert 5.6 < widths.max() <= 6.6
    assert distort(bars, Distortion(thickness=1), generator()).max() <= 1


def test_thickness_stays_within_the_neighbours():
    images = torch.rand(50, 28, 28, generator=generator())
    out = distort(images, Distortion(thickness=1), generator(1))
    brightest = F.max_pool2d(images[:, None], 3, 1, 1)[:, 0]
    darkest = -F.max_pool2d(-images[:, None], 3, 1, 1)[:, 0]
    assert (out <= brightest + 1e-6).all()
    assert (out >= darkest - 1e-6)[:, 1:-1, 1:-1].all()  # beyond the edge all is dark


EVERYTHING = Distortion(
    shift=1, scale=0.1, rotation=10, slant=10, elastic=1, smoothness=4, thickness=0.5
)


def test_same_seed_same_pictures(bars):
    first = distort(bars, EVERYTHING, generator(3))
    assert torch.equal(first, distort(bars, EVERYTHING, generator(3)))
    assert not torch.equal(first, distort(bars, EVERYTHING, generator(4)))
    assert not torch.equal(first[0], first[1])


@pytest.mark.parametrize("shape", [(7, 28, 28), (7, 1, 28, 28), (7, 784)])
def test_shapes_are_kept(shape):
    images = torch.rand(7, 784, generator=generator())
    out = distort(images.reshape(shape), EVERYTHING, generator())
    assert out.shape == shape
    torch.testing.assert_close(out.reshape(7, 784), distort(images, EVERYTHING, generator()))
    assert out.min() >= 0
    assert out.max() <= 1


def test_colours_move_together():
    grey = torch.rand(5, 1024, generator=generator())
    colour = grey[:, :, None].expand(5, 1024, 3).reshape(5, 3072)
    out = distort(colour, EVERYTHING, generator()).reshape(5, 1024, 3)
    torch.testing.assert_close(out[..., 1], distort(grey, EVERYTHING, generator()))
    assert torch.equal(out[..., 0], out[..., 2])
    with pytest.raises(ValueError, match="50 numbers"):
        distort(torch.rand(2, 50), EVERYTHING, generator())


def test_the_input_is_left_alone(bars):
    before = bars.clone()
    distort(bars, EVERYTHING, generator())
    assert torch.equal(bars, before)


@pytest.mark.parametrize(
    "bad", [{"shift": -1}, {"rotation": 90}, {"smoothness": 0}, {"elastic": float("nan")}, {"x": 1}]
)
def test_bounds(bad):
    with pytest.raises(ValidationError):
        Distortion(**bad)


def test_every_strength_explains_itself():
    for name, info in Distortion.model_fields.items():
        assert info.title, name
        assert info.description, name
