"""How fast answers travel, and how coarse a picture must be to come soon."""

from __future__ import annotations

from eclips4d.viewer.shrinking import MOST_HALVINGS

FIRST_LEVEL = 3
"""As long as nobody knows: a picture that comes over any line, and soon gives way to the whole one."""
SOON_S = 0.7
LEAST_BYTES = 16 << 10
"""The time of less tells of the distance, not of the line."""


class Pace:
    """Of the answers so far."""

    def __init__(self) -> None:
        self._bytes_per_s: float | None = None
        self._whole_bytes = 0.0
        self._came = False

    @property
    def level(self) -> int:
        """How often maps have to be halved so that a picture comes within about `SOON_S`."""
        if not self._came:
            return FIRST_LEVEL
        if self._bytes_per_s is None:
            return 0
        return next((k for k in range(MOST_HALVINGS + 1) if self.expected_s(k) <= SOON_S), MOST_HALVINGS)

    def expected_s(self, level: int) -> float:
        """How long a picture halved so often will be on its way; 0 as long as nobody knows."""
        return 0.0 if self._bytes_per_s is None else self._whole_bytes / 4**level / self._bytes_per_s

    def came(self, nbytes: int, seconds: float, level: int) -> None:
        """A picture has come.

        Parameters
        ----------
        nbytes : int
        seconds : float
            On its way.
        level : int
            How often its maps were halved.
        """
        self._came = True
        if nbytes < LEAST_BYTES:
            return
        rate = nbytes / max(seconds, 1e-3)
        self._bytes_per_s = rate if self._bytes_per_s is None else (self._bytes_per_s + rate) / 2
        if level == 0:
            self._whole_bytes = max(float(nbytes), self._whole_bytes / 2)
        self._whole_bytes = self._whole_bytes or float(nbytes * 4**level)
