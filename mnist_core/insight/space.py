"""A map of a hidden layer: pictures that the network takes for alike lie close to each other."""

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnist_core.nn.network import ACTIVATIONS, FloatArray, Network

STAGES = 4  # in which the slow map is made, so that it can be watched
STEPS = 250  # of gradient descent in each; scikit-learn takes no fewer
PERPLEXITY = 30.0  # neighbours that count for each picture; scikit-learn's default


def hidden_answers(network: Network, layer: int, pictures: FloatArray) -> FloatArray:
    """What a hidden layer, counted from 0, hands on for ``pictures`` (N, inputs): (N, units).

    Of a network without hidden layers its logits.
    """
    if len(network.layers) == 1:
        return network(pictures)
    return ACTIVATIONS[network.activation][0](network.sums(pictures)[layer])


@dataclass(frozen=True, eq=False)
class Plane:
    """Points (N, 2); ``kept`` is the share of all variance along each axis, 0 to 1."""

    points: NDArray[np.float64]
    kept: tuple[float, float]


def principal_plane(values: FloatArray) -> Plane:
    """The plane that keeps most of the variance of ``values`` (N, units), by PCA.

    N is 2 or more. Each axis points to where its largest share of a unit is positive, so that the
    same values give the same map. Where there is no variance left, all is 0.
    """
    centred = values.astype(float) - values.mean(0, dtype=float)
    variances, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, ::-1][:, :2]
    axes = axes * np.sign(axes[np.abs(axes).argmax(0), np.arange(axes.shape[1])])
    total = float(np.clip(variances, 0, None).sum())
    kept = [float(max(v, 0)) / total if total else 0.0 for v in variances[::-1][:2]]
    points = np.zeros((len(values), 2))
    points[:, : axes.shape[1]] = centred @ axes
    return Plane(points, (kept[0], kept[1] if len(kept) > 1 else 0.0))


def neighbour_maps(values: FloatArray) -> Generator[NDArray[np.float64], None, None]:
    """A map (N, 2) that keeps neighbours together, in ``STAGES`` that come closer to it.

    t-SNE (van der Maaten and Hinton, 2008) as scikit-learn does it, from the principal plane on;
    the first stage exaggerates what is alike. Distances between groups say little.

    Raises:
        ValueError: fewer than 4 values.
    """
    from sklearn.manifold import TSNE  # a second, for whoever asks for this map

    if len(values) < 4:
        raise ValueError(f"{len(values)} pictures have no neighbours to speak of; 4 are needed")
    points = principal_plane(values).points
    points = points / max(float(points[:, 0].std()), 1e-12) * 1e-4  # as scikit-learn begins
    for stage in range(STAGES):
        made = TSNE(
            perplexity=min(PERPLEXITY, (len(values) - 1) / 3),
            early_exaggeration=12.0 if stage == 0 else 1.0,
            init=points.astype(np.float32),
            max_iter=STEPS,
            random_state=0,
        )
        points = made.fit_transform(values)
        yield points
