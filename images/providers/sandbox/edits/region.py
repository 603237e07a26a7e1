"""Where to write in the marked area of a mask."""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Box = tuple[int, int, int, int]

# The area is examined in so many cells along each side.
CELLS_MAX: Final = 96
MARKED: Final = 255


def largest_rectangle(marked: Image.Image) -> Box:
    """Return about the largest rectangle (left, top, right, bottom) in the marked area of a picture in mode L.

    An area without such a rectangle, such as a line, gives the box around it.
    """
    around = marked.getbbox() or (0, 0, *marked.size)
    part = marked.crop(around)
    columns, rows = (min(CELLS_MAX, side) for side in part.size)
    # A cell counts if every pixel of it is marked.
    cells = np.asarray(part.resize((columns, rows), Image.Resampling.BOX)) == MARKED
    left, top, right, bottom = _largest(cells)
    if left == right:
        return around
    across, down = part.width / columns, part.height / rows
    return (
        around[0] + round(left * across),
        around[1] + round(top * down),
        around[0] + round(right * across),
        around[1] + round(bottom * down),
    )


def _largest(cells: NDArray[np.bool_]) -> Box:
    """Return the largest rectangle of true cells; an empty one if all are false."""
    best, best_area = (0, 0, 0, 0), 0
    heights = [0] * cells.shape[1]
    for bottom, row in enumerate(cells, start=1):
        heights = [height + 1 if cell else 0 for height, cell in zip(heights, row, strict=True)]
        # Columns whose rectangles may still grow to the right: where each starts, and how tall it is.
        growing: list[tuple[int, int]] = []
        for right, height in enumerate([*heights, 0]):
            start = right
            while growing and growing[-1][1] >= height:
                start, tall = growing.pop()
                if tall * (right - start) > best_area:
                    best_area = tall * (right - start)
                    best = (start, bottom - tall, right, bottom)
            growing.append((start, height))
    return best
