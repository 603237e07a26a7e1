"""Arithmetic on stacks of three-part vectors, (3, N): one part at a time, which is several times faster than by axis."""

import numpy as np
from numpy.typing import NDArray

from .colour import Floats


def dot(first: Floats, second: Floats) -> Floats:
    product: Floats = first[0] * second[0] + first[1] * second[1] + first[2] * second[2]
    return product


def length(vectors: Floats) -> Floats:
    return np.sqrt(dot(vectors, vectors))


def highest(vectors: Floats) -> Floats:
    """The largest part of each vector."""
    return np.maximum(np.maximum(vectors[0], vectors[1]), vectors[2])


def lowest(vectors: Floats) -> Floats:
    """The smallest part of each vector."""
    return np.minimum(np.minimum(vectors[0], vectors[1]), vectors[2])


def unit(vector: NDArray[np.floating]) -> Floats:
    return (vector / np.sqrt((vector * vector).sum())).astype(np.float32)


def column(parts: tuple[float, float, float]) -> Floats:
    return np.array(parts, dtype=np.float32)[:, None]
