"""How large a part of a message can be that a stage of this run has to send."""

from __future__ import annotations

from eclips4d.core.frame import MOST_BYTES, MOST_SEGMENTS
from eclips4d.core.wire import MAX_HEADER_BYTES
from eclips4d.pipeline.config import RunConfig

BYTES_PER_PIXEL = 2 * MOST_SEGMENTS
"""The raw frame of a detector with the most segments; every plane of a surface takes less."""


def largest_part(config: RunConfig) -> int:
    """Bytes of the largest part, from the frames' size where the run knows it already."""
    if config.frame_shape is None:
        return MOST_BYTES
    rows, columns = config.frame_shape
    return min(MOST_BYTES, max(MAX_HEADER_BYTES, rows * columns * BYTES_PER_PIXEL))
