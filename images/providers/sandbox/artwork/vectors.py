"""Arithmetic on stacks of vectors, (3, N), one part at a time: several times faster than reducing an axis."""

import numpy as np
from numpy.typing import NDArray

from images.providers.sandbox.artwork.colour import Floats


def dot(first: Floats, second: Floats) -> Floats:
    """The scalar product of each pair."""
    product: Floats = first[0] * second[0] + first[1] * second[1] + first[2] * second[2]
    return product


def length(vectors: Floats) -> Floats:
    """The length of each vector."""
    return np.asarray(np.sqrt(dot(vectors, vectors)))


def highest(vectors: Floats) -> Floats:
    """The largest part of each vector."""
    return np.asarray(np.maximum(np.maximum(vectors[0], vectors[1]), vectors[2]))


def lowest(vectors: Floats) -> Floats:
    """The smallest part of each vector."""
    return np.asarray(np.minimum(np.minimum(vectors[0], vectors[1]), vectors[2]))


def unit(vector: NDArray[np.floating]) -> Floats:
    """One vector, brought to length 1."""
    return np.asarray(vector / np.sqrt((vector * vector).sum()), dtype=np.float32)


def column(parts: tuple[float, float, float]) -> Floats:
    """Three numbers as a stack of one vector."""
    return np.array(parts, dtype=np.float32)[:, None]
