"""Which pictures train, and which validate."""

import numpy as np
import pytest

from mnist_core.data.split import split_indices


def test_split_indices_parts_are_disjoint_and_complete() -> None:
    a, b = split_indices(50, 0.2, seed=1)
    assert (len(a), len(b)) == (40, 10)
    assert sorted(np.concatenate([a, b])) == list(range(50))
    assert np.array_equal(a, split_indices(50, 0.2, seed=1)[0])
    with pytest.raises(ValueError, match=r"1\.5"):
        split_indices(50, 1.5)


def test_numpys_seed_decides_as_in_the_tutorial() -> None:
    def tutorials(n: int, val_pct: float) -> tuple[np.ndarray, np.ndarray]:
        n_val = int(val_pct * n)
        idxs = np.random.permutation(n)
        return idxs[n_val:], idxs[:n_val]

    for seed in (0, 42):
        np.random.seed(seed)
        expected = tutorials(50, 0.2)
        np.random.seed(seed)
        for ours, theirs in zip(split_indices(50, 0.2), expected, strict=True):
            assert np.array_equal(ours, theirs)
