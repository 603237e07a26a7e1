"""Arithmetic on arrays of vectors, (3, N), component by component: several times faster than axis reductions."""

import numpy as np
from numpy.typing import NDArray

from images.providers.sandbox.artwork.colour import Floats


def dot(first: Floats, second: Floats) -> Floats:
    """Return the dot product of each pair."""
    product: Floats = first[0] * second[0] + first[1] * second[1] + first[2] * second[2]
    return product


def length(vectors: Floats) -> Floats:
    """Return the length of each vector."""
    return np.asarray(np.sqrt(dot(vectors, vectors)))


def highest(vectors: Floats) -> Floats:
    """Return the largest component of each vector."""
    return np.asarray(np.maximum(np.maximum(vectors[0], vectors[1]), vectors[2]))


def lowest(vectors: Floats) -> Floats:
    """Return the smallest component of each vector."""
    return np.asarray(np.minimum(np.minimum(vectors[0], vectors[1]), vectors[2]))


def unit(vector: NDArray[np.floating]) -> Floats:
    """Return one vector scaled to length 1."""
    return np.asarray(vector / np.sqrt((vector * vector).sum()), dtype=np.float32)


def column(parts: tuple[float, float, float]) -> Floats:
    """Return three numbers as an array of one vector."""
    return np.array(parts, dtype=np.float32)[:, None]
