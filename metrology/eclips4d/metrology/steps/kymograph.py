"""A line over time: slope and height along it in every frame, each sample at its own time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from eclips4d.metrology.profiles.profile import Profile

if TYPE_CHECKING:
    import xarray as xr


def kymograph(profiles: Sequence[Profile], frames: Sequence[int]) -> xr.Dataset:
    """Profiles of one line as a table over frame and distance.

    Returns
    -------
    xarray.Dataset
        `slope_along`, `slope_across`, `height` (nm, less each profile's median), `slope_sd` and `time` (s), all
        [frame, distance]; coordinates `frame` and `distance` (nm).
    """
    import xarray as xr

    def rows(name: str) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        return np.stack([getattr(profile, name) for profile in profiles])

    height = rows("height_nm")
    known = np.isfinite(height).any(axis=1)
    middle = np.zeros(len(profiles))
    middle[known] = np.nanmedian(height[known], axis=1)
    dims = ("frame", "distance")
    return xr.Dataset(
        {
            "slope_along": (dims, rows("slope_along"), {"units": "1", "long_name": "slope along the line"}),
            "slope_across": (dims, rows("slope_across"), {"units": "1", "long_name": "slope across the line"}),
            "height": (dims, height - middle[:, None], {"units": "nm", "long_name": "height less its median"}),
            "slope_sd": (dims, rows("slope_sd"), {"units": "1", "long_name": "standard deviation of the slope"}),
            "time": (dims, rows("row_time_s"), {"units": "s", "long_name": "when each sample was seen"}),
        },
        coords={
            "frame": np.asarray(frames, np.int64),
            "distance": ("distance", profiles[0].distance_nm, {"units": "nm", "long_name": "along the line"}),
        },
    )
