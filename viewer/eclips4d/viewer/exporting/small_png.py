"""PNG files for a page: with a palette where colours need too much room."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from eclips4d.viewer.exporting.names import whole

MOST_BYTES = 150_000
PALETTES = (256, 128, 64, 32, 16)
"""Numbers of colours that are tried, until the file is small enough."""


def write_small(image: NDArray[np.uint8], path: Path) -> int:
    """Write [row, column, rgb] with all its colours, or as many as fit; how many bytes it has."""
    from PIL import Image

    full = Image.fromarray(image)
    data = _encoded(full)
    for colours in PALETTES:
        if len(data) <= MOST_BYTES:
            break
        # The octree keeps the hues of thin lines; the noise of dithering would cost more than the colours left out.
        data = _encoded(full.quantize(colours, method=Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE))
    with whole(path) as partial:
        partial.write_bytes(data)
    return len(data)


def _encoded(image: object) -> bytes:
    held = io.BytesIO()
    image.save(held, "PNG", optimize=True)  # type: ignore[attr-defined]
    return held.getvalue()
