"""Side values from EPICS by pvAccess, read by p4p; nothing is ever written."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from eclips4d.acquisition.side.series import Series

INVALID = 3
"""Severity of an alarm that says that the value is none."""


class PvaReader:
    """Monitors process variables until it is closed; servers may come and go.

    Parameters
    ----------
    series : sequence of Series
        All of scheme `pva`.
    """

    def __init__(self, series: Sequence[Series]) -> None:
        from p4p.client.thread import Context
        from p4p.util import ThreadedWorkQueue

        self._context = Context("pva", nt=False)
        self._queue = ThreadedWorkQueue(name="side-pva", daemon=True, maxsize=0).start()
        self._open = [
            self._context.monitor(one.stream.key, partial(_event, one), notify_disconnect=True, queue=self._queue)
            for one in series
        ]

    def close(self) -> None:
        """Leave the servers and end the threads; may be called again."""
        if self._open:
            for monitor in self._open:
                monitor.close()
            self._open = []
            self._context.close()
            self._queue.stop()


def _event(series: Series, event: Any) -> None:
    """A value as a normative type has it, or an exception where the server is gone."""
    if isinstance(event, Exception):
        series.holds(False)
        return
    told = event.todict()
    try:
        value = float(told["value"])
        severity = int(told.get("alarm", {}).get("severity", 0))
        stamp = told.get("timeStamp", {})
        sent_s = float(stamp.get("secondsPastEpoch", 0)) + 1e-9 * float(stamp.get("nanoseconds", 0))
        unit = str(told.get("display", {}).get("units", ""))
    except (KeyError, ValueError, TypeError, AttributeError):
        series.refuse()
        return
    usable = severity < INVALID
    series.holds(usable)
    if usable:
        series.add(value, unit, sent_s or None, time.time())
