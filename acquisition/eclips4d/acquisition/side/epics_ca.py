"""Side values from EPICS by Channel Access, read by caproto; nothing is ever written."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from eclips4d.acquisition.side.series import Series

INVALID = 3
"""Severity of an alarm that says that the value is none."""
ONE = 1


class CaReader:
    """Monitors process variables until it is closed; servers may come and go.

    Parameters
    ----------
    series : sequence of Series
        All of scheme `ca`.
    """

    def __init__(self, series: Sequence[Series]) -> None:
        from caproto.threading.client import Context, SharedBroadcaster

        self._broadcaster = SharedBroadcaster()
        self._context = Context(self._broadcaster)
        # caproto keeps weak references to callbacks only.
        self._kept: list[object] = []
        # It ends the threads of circuits that are open, not those of circuits whose server has left.
        self._circuits: list[Any] = []
        for one in series:
            heard = partial(_connection, one, self._circuits)
            (pv,) = self._context.get_pvs(one.stream.key, connection_state_callback=heard)
            subscription = pv.subscribe(data_type="time", data_count=ONE)
            value = partial(_value, one)
            subscription.add_callback(value)
            self._kept += [heard, value, pv, subscription]

    def close(self) -> None:
        """Leave the servers and end the threads; may be called again."""
        if self._kept:
            self._kept = []
            self._context.disconnect()
            self._broadcaster.disconnect()
            for circuit in self._circuits:
                circuit.user_callback_executor.shutdown()


def _connection(series: Series, circuits: list[Any], pv: Any, state: str) -> None:
    series.holds(state == "connected")
    circuit = pv.circuit_manager
    if circuit is not None and not any(circuit is one for one in circuits):
        circuits.append(circuit)


def _value(series: Series, subscription: Any, response: Any) -> None:
    told = response.metadata
    try:
        value = float(response.data[0])
    except (ValueError, TypeError, LookupError):
        series.refuse()
        return
    usable = int(told.severity) < INVALID
    series.holds(usable)
    if usable:
        series.add(value, "", float(told.timestamp), time.time())
