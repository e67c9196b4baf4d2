"""When and where a frame is taken."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """When and where one frame is taken.

    Attributes
    ----------
    start_s
        Of the first row.
    drift_px
        (row, column) displacement of the image content at the first row, relative to the specimen's grid.
    drift_within_px
        Its change from first to last row.
    """

    start_s: float
    drift_px: tuple[float, float] = (0.0, 0.0)
    drift_within_px: tuple[float, float] = (0.0, 0.0)
