"""Some pictures to show to a network."""

import numpy as np
from numpy.typing import NDArray

from mnist_core.data.datasets import read_again
from mnist_core.data.pictures import in_rows

PROBE = 2000  # pictures shown to a network to find units that answer to none of them


def probe_pictures(dataset: str, source: str) -> NDArray[np.float32]:
    """Some of the pictures that a run saw, float32 (PROBE, in_size) in [0, 1].

    ``source`` is what the run says its data came from. Nothing is downloaded.

    Raises:
        DataError: the data set is not on this machine any more.
    """
    return in_rows(read_again(dataset, source).test_images[:PROBE])
