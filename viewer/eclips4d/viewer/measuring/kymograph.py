"""A kymograph as an image whose rows are evenly spaced in time, and the velocity of a line drawn on it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eclips4d.metrology.quantity import Quantity

F64 = NDArray[np.float64]
F32 = NDArray[np.float32]
Place = tuple[float, float]
"""Distance along the line (nm) and time (s)."""

MOST_ROWS = 1024
ONE_FRAME_S = 1.0
"""Shown of a frame that is the only one, and seen in one moment."""
PER_FRAME = 4
"""Rows of the image for one frame, so that each sample begins where it was seen to a quarter of a frame."""
ONE = 1.0 / math.sqrt(12.0)
"""Standard deviation of what lies anywhere within one unit."""


def even_rows(slope: F32, time_s: F64) -> tuple[F32, tuple[float, float], float]:
    """Every sample stands from half a frame before the moment at which it was seen to half a frame after it.

    Parameters
    ----------
    slope : float32 [frame, distance]
    time_s : float64 [frame, distance]
        When each sample was seen; NaN where it was not.

    Returns
    -------
    image : float32 [time, distance]
        NaN where nothing was seen, and in gaps longer than two frames.
    span_s : (float, float)
        Times of the outer edges of its first and last row.
    frame_s : float
        From frame to frame, the median.
    """
    starts = _row_starts(time_s)
    offset = _offsets(time_s, starts)
    frame_s = float(np.median(np.diff(starts))) if starts.size > 1 else max(float(np.ptp(offset)), ONE_FRAME_S)
    half = 0.5 * frame_s
    first, last = float(starts[0] + offset.min()) - half, float(starts[-1] + offset.max()) + half
    rows = int(np.clip(round(PER_FRAME * (last - first) / frame_s), 1, MOST_ROWS))
    at = first + (np.arange(rows) + 0.5) * (last - first) / rows
    image = np.full((rows, slope.shape[1]), np.nan, np.float32)
    for k in range(slope.shape[1]):
        nearest = _nearest(starts + offset[k], at)
        shown = np.abs(starts[nearest] + offset[k] - at) <= frame_s
        image[shown, k] = slope[nearest[shown], k]
    return image, (first, last), frame_s


def _row_starts(time_s: F64) -> F64:
    """One time for each frame, increasing."""
    known = np.isfinite(time_s).any(axis=1)
    found = np.full(time_s.shape[0], np.nan)
    found[known] = np.nanmin(time_s[known], axis=1)
    at = np.arange(found.size, dtype=np.float64)
    return np.interp(at, at[known], found[known]) if known.any() else at


def _offsets(time_s: F64, starts: F64) -> F64:
    """How much later than its frame's first each sample is seen, the median over frames."""
    late = time_s - starts[:, None]
    known = np.isfinite(late).any(axis=0)
    found = np.zeros(time_s.shape[1])
    found[known] = np.nanmedian(late[:, known], axis=0)
    return found


def _nearest(times: F64, at: F64) -> NDArray[np.int64]:
    after = np.clip(np.searchsorted(times, at), 1, max(times.size - 1, 1))
    before = after - 1
    after = np.minimum(after, times.size - 1)
    return np.where(np.abs(times[before] - at) <= np.abs(times[after] - at), before, after)


@dataclass(frozen=True, slots=True)
class Drawn:
    """A straight line drawn on a kymograph, from where and when to where and when."""

    start: Place
    end: Place

    def velocity(self, spacing_nm: float, frame_s: float) -> Quantity:
        """Velocity along the line, nm/s.

        What a hand places lies somewhere within one sample and one frame of what was meant, at either end; the
        uncertainty is that of both ends together: u² = (2 u_x² + 2 v² u_t²) / T². It is not that of a fit.
        """
        (x0, t0), (x1, t1) = self.start, self.end
        duration = t1 - t0
        if duration == 0.0:
            return Quantity(math.nan, math.nan)
        velocity = (x1 - x0) / duration
        u_x, u_t = ONE * spacing_nm, ONE * frame_s
        return Quantity(velocity, math.sqrt(2.0 * (u_x**2 + (velocity * u_t) ** 2)) / abs(duration))
