"""How long the disk will last, from how its free space shrinks."""

from __future__ import annotations

from collections import deque

WINDOW_S = 120.0
SHORTEST_S = 5.0


class DiskForecast:
    """Free space over the last two minutes, extrapolated. Other programs filling the same disk count too, rightly."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    @property
    def free_bytes(self) -> int | None:
        """Room left as last seen."""
        return self._seen[-1][1] if self._seen else None

    def add(self, now_s: float, free_bytes: int) -> None:
        """Note the free space; at most one value per second is kept."""
        if self._seen and now_s - self._seen[-1][0] < 1.0:
            return
        self._seen.append((now_s, free_bytes))
        while now_s - self._seen[0][0] > WINDOW_S:
            self._seen.popleft()

    def seconds_left(self) -> float | None:
        """Time until nothing is left; None while nobody knows or nothing is being written."""
        if len(self._seen) < 2:
            return None
        (t0, free0), (t1, free1) = self._seen[0], self._seen[-1]
        if t1 - t0 < SHORTEST_S or free1 >= free0:
            return None
        return free1 * (t1 - t0) / (free0 - free1)
