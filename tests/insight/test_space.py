"""Maps of a hidden layer, against scikit-learn."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

from mnist_core.insight.space import STAGES, hidden_answers, neighbour_maps, principal_plane
from mnist_core.nn.model import MnistModel
from mnist_core.nn.network import ACTIVATIONS
from tests.helpers.networks import in_numpy


def blobs(units: int = 8, each: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Three groups of points, and which is which."""
    random = np.random.default_rng(0)
    centres = 6 * random.normal(size=(3, units))
    which = np.repeat(np.arange(3), each)
    return (centres[which] + random.normal(size=(len(which), units))).astype(np.float32), which


def test_the_plane_is_that_of_pca() -> None:
    values, _ = blobs()
    found = principal_plane(values)
    pca = PCA(2).fit(values)
    expected = pca.transform(values)
    np.testing.assert_allclose(np.abs(found.points), np.abs(expected), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(found.kept, pca.explained_variance_ratio_, rtol=1e-4)
    again = principal_plane(values[:, ::-1])  # the order of the units turns nothing over
    np.testing.assert_allclose(again.points, found.points, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("values", [np.ones((5, 3)), np.arange(4.0)[:, None]])
def test_a_plane_without_two_directions_is_flat(values: np.ndarray) -> None:
    found = principal_plane(values.astype(np.float32))
    assert found.points.shape == (len(values), 2)
    np.testing.assert_allclose(found.points[:, 1], 0, atol=1e-9)
    assert sum(found.kept) == pytest.approx(float(np.ptp(values) > 0))


def test_neighbours_stay_neighbours_and_the_map_is_the_same_each_time() -> None:
    values, _ = blobs()
    first, second = list(neighbour_maps(values)), list(neighbour_maps(values))
    assert len(first) == STAGES
    np.testing.assert_array_equal(first[-1], second[-1])
    assert trustworthiness(values, first[-1], n_neighbors=5) > 0.9


def test_too_few_pictures_are_refused() -> None:
    with pytest.raises(ValueError, match="3 pictures"):
        next(neighbour_maps(np.zeros((3, 2), np.float32)))


def test_what_a_layer_hands_on() -> None:
    pictures = np.random.default_rng(0).random((9, 6), np.float32)
    deep = in_numpy(MnistModel(6, (5, 4), 3, "tanh"))
    activate, _ = ACTIVATIONS["tanh"]
    np.testing.assert_array_equal(
        hidden_answers(deep, 1, pictures), activate(deep.sums(pictures)[1])
    )
    flat = in_numpy(MnistModel(6, (), 3))
    np.testing.assert_array_equal(hidden_answers(flat, 0, pictures), flat(pictures))
