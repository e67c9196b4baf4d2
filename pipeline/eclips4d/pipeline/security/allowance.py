"""How much is heard of each sender: so many messages a second, then nothing until the second is over."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

MOST_SENDERS = 256


class Allowances:
    """An allowance for each sender that fills up with time; of senders without number the least recent are forgotten.

    Parameters
    ----------
    per_s
        Messages a second that are heard in the long run.
    burst
        Messages that are heard at once after a silence.
    clock
        Seconds; for tests.
    """

    def __init__(self, per_s: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s, self._burst, self._clock = per_s, burst, clock
        self._left: OrderedDict[bytes, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._left)

    def take(self, sender: bytes) -> bool:
        """One message of this sender; False when it has used up what it may say."""
        now = self._clock()
        left, since = self._left.pop(sender, (float(self._burst), now))
        left = min(float(self._burst), left + (now - since) * self._per_s)
        heard = left >= 1.0
        self._left[sender] = (left - heard, now)
        if len(self._left) > MOST_SENDERS:
            self._left.popitem(last=False)
        return heard
