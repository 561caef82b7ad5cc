"""What all pictures of a class have in common, and how many of each class there are."""

import numpy as np
from numpy.typing import NDArray

AT_ONCE = 4096  # pictures added up at a time: as float64, all would take eight times their memory


def class_counts(labels: NDArray[np.int64], classes: int) -> NDArray[np.int64]:
    """(classes,): how many of ``labels`` (N,) each class has."""
    return np.bincount(labels, minlength=classes)


def mean_and_deviation(
    images: NDArray[np.uint8], labels: NDArray[np.int64], classes: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The mean picture of each class, and how far its pictures lie from it, pixel by pixel.

    Pictures uint8 (N, ...) become two arrays (classes, ...) from 0 to 1 and from 0 to 0.5; the
    second is the standard deviation. A class without pictures is 0.
    """
    shape = (classes, *images.shape[1:])
    sums, squares = np.zeros(shape), np.zeros(shape)
    for first in range(0, len(images), AT_ONCE):
        part, known = images[first : first + AT_ONCE] / 255, labels[first : first + AT_ONCE]
        for label in np.unique(known):
            shown = part[known == label]
            sums[label] += shown.sum(0)
            squares[label] += (shown**2).sum(0)
    counts = np.maximum(class_counts(labels, classes), 1).reshape(-1, *[1] * (len(shape) - 1))
    mean = sums / counts
    variance = np.maximum(squares / counts - mean**2, 0)  # rounding may leave less than 0
    return mean.astype(np.float32), np.sqrt(variance).astype(np.float32)
