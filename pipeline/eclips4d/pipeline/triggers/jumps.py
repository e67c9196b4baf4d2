"""How far each frame lies from where the frames before let expect it; pure."""

from __future__ import annotations

import math
from collections import deque
from statistics import median
from typing import Final

SURE_SD: Final = 5.0
"""What noise alone can do does not count: exp(-SURE_SD² / 2) is the share of still frames beyond it, 4 in a million."""
SEEN, LEAST_SEEN = 100, 50
"""Frames whose scatter stands for the noise where it is smaller than stated, and from how many on."""
RAYLEIGH = math.sqrt(2.0 * math.log(2.0))
"""Median of a distance whose two components scatter by 1."""
RATES: Final = 5
"""Intervals whose median is the drift that goes on; so one jump among them does not count as drift."""
LEAST_RATES: Final = 3
Pair = tuple[float, float]


class Jumps:
    """Drift, frame after frame."""

    def __init__(self) -> None:
        self._rates: deque[Pair] = deque(maxlen=RATES)
        self._distances: deque[float] = deque(maxlen=SEEN)
        self._last: tuple[float, Pair, Pair] | None = None

    def take(self, time_s: float, start: Pair, sd: Pair) -> float:
        """Distance in px from the place that the median drift of the last intervals leads to.

        Parameters
        ----------
        time_s
            Start of the frame.
        start, sd
            Where its content lies, (row, column), and how sure that is.

        Returns
        -------
        float
            0 within what noise can do; NaN for the first frames, and for one that was not aligned (a place of NaN).
        """
        if not all(map(math.isfinite, (time_s, *start))):
            return math.nan
        last, self._last = self._last, (time_s, start, sd)
        if last is None or time_s <= last[0]:
            return math.nan
        passed_s = time_s - last[0]
        gone = (start[0] - last[1][0], start[1] - last[1][1])
        usual = [median(rate[k] for rate in self._rates) * passed_s for k in (0, 1)] if self._rates else [0.0, 0.0]
        known = len(self._rates) >= LEAST_RATES
        self._rates.append((gone[0] / passed_s, gone[1] / passed_s))
        if not known:
            return math.nan
        off = (gone[0] - usual[0], gone[1] - usual[1])
        # The place before counts twice: it is in the way gone and in the usual rate.
        noise = [math.sqrt(_squared(sd[k]) + 2.0 * _squared(last[2][k])) for k in (0, 1)]
        distance, scatter = math.hypot(*off), self._scatter()
        self._distances.append(distance)
        # Stated is how sure the way from the first frame is, which all that follow share in part.
        is_noise = _deviations(off, noise) < SURE_SD and distance < SURE_SD * scatter
        return 0.0 if is_noise else distance

    def _scatter(self) -> float:
        """Of one component, by the last frames; no bound while they are few."""
        few = len(self._distances) < LEAST_SEEN
        return math.inf if few else median(self._distances) / RAYLEIGH


def _squared(sd: float) -> float:
    return sd * sd if math.isfinite(sd) else 0.0


def _deviations(off: Pair, noise: list[float]) -> float:
    return math.hypot(
        *(o / n if n > 0 else math.copysign(math.inf, o) if o else 0.0 for o, n in zip(off, noise, strict=True))
    )
