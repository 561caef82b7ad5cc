"""Which pictures train, and which validate."""

import dataclasses

import numpy as np
import pytest

from mnist_core.data.resident import ResidentDataset
from mnist_core.data.split import split_indices, split_rows
from mnist_core.errors import ConfigError


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


def test_a_share_that_keeps_nothing_aside_is_refused(tiny: ResidentDataset) -> None:
    few = dataclasses.replace(tiny, images=tiny.images[:3], labels=tiny.labels[:3])
    with pytest.raises(ConfigError, match=r"val_fraction = 0.2: keeps none of 3 .* it takes 0.34"):
        split_rows(few, 0.2)
    assert [len(rows) for rows in split_rows(few, 0.34)] == [2, 1]
