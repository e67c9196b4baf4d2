"""EPICS servers with one process variable, on this host alone, to test without an experiment."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread
from typing import Any

HERE = "127.0.0.1"
START_S = 10.0


class FakeCa:
    """A Channel Access server by caproto, on a thread; EPICS_CA_SERVER_PORT says where."""

    def __init__(self, pv: str, value: float) -> None:
        from caproto import ChannelDouble

        self._name, self._pv = pv, ChannelDouble(value=value)
        self._begun: Future[None] = Future()
        self._thread = Thread(target=self._run, name="fake-ca")
        self._thread.start()
        self._begun.result(START_S)

    def say(self, value: float, severity: int = 0) -> None:
        """Set the value and how bad it is, 0 to 3; whoever monitors it hears."""
        from caproto import AlarmSeverity, AlarmStatus

        status = AlarmStatus.READ if severity else AlarmStatus.NO_ALARM
        self._do(self._pv.write(value, severity=AlarmSeverity(severity), status=status))

    def close(self) -> None:
        """Leave."""
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()

    def _do(self, what: Any) -> None:
        asyncio.run_coroutine_threadsafe(what, self._loop).result(START_S)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except OSError as error:
            self._begun.set_exception(error)

    async def _serve(self) -> None:
        from caproto.asyncio.server import Context

        async def begun(_: object) -> None:
            self._begun.set_result(None)

        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        server = Context({self._name: self._pv}, [HERE])
        serving = asyncio.create_task(server.run(startup_hook=begun))
        ended = asyncio.create_task(self._ended.wait())
        await asyncio.wait([serving, ended], return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            serving.result()
        for circuit in list(server.circuits):
            circuit.client.close()
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving


class FakePva:
    """A pvAccess server by p4p; `server` holds what a client needs to find it."""

    def __init__(self, pv: str, value: float, unit: str = "") -> None:
        from p4p.nt import NTScalar
        from p4p.server import Server
        from p4p.server.thread import SharedPV
        from p4p.util import ThreadedWorkQueue

        self._scalar = NTScalar("d", display=True)
        self._unit = unit
        self._queue = ThreadedWorkQueue(name="fake-pva").start()
        self._pv = SharedPV(initial=self._value(value), queue=self._queue)
        self.server = Server(providers=[{pv: self._pv}], isolate=True)

    def _value(self, value: float, severity: int = 0) -> Any:
        told = {"value": value, "alarm.severity": severity, "display.units": self._unit}
        return self._scalar.wrap(told)

    def say(self, value: float, severity: int = 0) -> None:
        """Set the value and how bad it is, 0 to 3; whoever monitors it hears."""
        self._pv.post(self._value(value, severity))

    def close(self) -> None:
        """Leave."""
        self.server.stop()
        self._queue.stop()
