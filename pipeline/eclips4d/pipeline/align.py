"""The registration stage: surfaces come from the workers in any order, are registered in order, and go to the store.

Its only memory is the registrar's: a few frames and a small state that travels with every result. A new process is
given the state, asks for those frames again, and goes on where the other one ended.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TypeAlias

import zmq

from eclips4d.core.errors import WireError
from eclips4d.core.frame import FrameHeader, RawArray
from eclips4d.core.log import get_logger
from eclips4d.core.messages import (
    Bye,
    Held,
    Hello,
    Message,
    NoMore,
    Recall,
    Recalled,
    RegisteredOffer,
    Skip,
    Skipped,
    SurfaceOffer,
    Welcome,
    Who,
)
from eclips4d.core.metrics import StageMetrics
from eclips4d.core.results import Surface
from eclips4d.core.wire import Received
from eclips4d.pipeline.arrivals import received_inversion, received_raw
from eclips4d.pipeline.config import RunConfig
from eclips4d.pipeline.ports import HubPort, PeerPort
from eclips4d.pipeline.reorder import ReorderBuffer
from eclips4d.pipeline.resuming import Resuming
from eclips4d.registration.placing import Placed, Placer
from eclips4d.registration.registrar import Registrar

TICK_MS = 500
Arrived: TypeAlias = tuple[SurfaceOffer, RawArray, Surface]
"""A worker's message, checked."""


class Aligner:
    """The registration stage's event loop.

    Parameters
    ----------
    config : RunConfig
    context : zmq.Context
    metrics : StageMetrics, optional
    """

    def __init__(
        self, config: RunConfig, context: zmq.Context[zmq.Socket[bytes]], metrics: StageMetrics | None = None
    ) -> None:
        self.surfaces = HubPort(context, config.endpoints.surfaces)
        self.hub = PeerPort(context, config.endpoints.hub, "registration")
        self.metrics = metrics or StageMetrics("registration")
        self.placer: Placer | None = None
        self.resuming: Resuming | None = None
        self._offers: dict[int, SurfaceOffer] = {}
        """Of frames that have not been handed on."""
        self._skips: list[int] = []
        """Links to be passed over once the frame before them has been handed on."""
        self._no_more_after: int | None = None
        self.buffer: ReorderBuffer[Arrived | None] | None = None
        self._introduce()

    def run(self, keep_going: Callable[[], bool] = lambda: True) -> None:
        """Work until the hub says that the run is over."""
        poller = zmq.Poller()
        poller.register(self.surfaces.socket, zmq.POLLIN)
        poller.register(self.hub.socket, zmq.POLLIN)
        while keep_going():
            poller.poll(TICK_MS)
            self.hub.keep_in_touch()
            while (received := self.hub.receive()) is not None:
                if isinstance(received.body, Bye):
                    return
                self._believed(self.hub, self._from_hub, received)
            while (mail := self.surfaces.receive()) is not None:
                self._believed(self.surfaces, self._from_worker, mail.message)
            self._register_ready()

    def _believed(
        self, port: HubPort | PeerPort, take: Callable[[Received[Message]], None], received: Received[Message]
    ) -> None:
        """A message that is not what it says is counted and dropped."""
        try:
            take(received)
        except WireError as error:
            port.bad_messages += 1
            get_logger().warning("message dropped", error=str(error))

    def close(self) -> None:
        """Release the sockets."""
        self.surfaces.close()
        self.hub.close()

    def _introduce(self) -> None:
        self.hub.send(Hello(role="registration", name="registration", pid=os.getpid()))

    def _from_hub(self, received: Received[Message]) -> None:
        match received.body:
            case Welcome() as welcome:
                self.buffer = ReorderBuffer(welcome.last)
                self.placer = self.resuming = self._no_more_after = None
                self._offers, self._skips = {}, []
                if welcome.header is not None and welcome.calibration is not None:
                    raw = received_raw(received.arrays.get("raw"), welcome.header, "the reference frame")
                    self._begin(welcome.header, raw, welcome)
            case Recalled() as recalled if self.resuming is not None:
                self.resuming.take(recalled.sequence, received.arrays.get("raw"))
                self._resume_if_complete()
            case Who():
                self._introduce()
            case NoMore() as no_more:
                self._no_more_after = no_more.after
            case Skip() as skip if self.buffer is not None:
                self.buffer.put(skip.sequence, skip.after, None)
            case _:
                pass

    def _begin(self, header: FrameHeader, raw: RawArray, welcome: Welcome) -> None:
        """Start at the reference frame, or go on from a state once the frames are here that it rests on."""
        assert welcome.calibration is not None, "checked by the caller"
        if not welcome.state:
            self.placer = Placer(Registrar.start(header, raw, welcome.calibration))
            return
        self.resuming = Resuming(welcome.state, welcome.calibration, header, {header.sequence: raw})
        if self.resuming.missing:
            self.hub.send(Recall(sequences=self.resuming.missing))
        self._resume_if_complete()

    def _resume_if_complete(self) -> None:
        if self.resuming is not None and not self.resuming.missing:
            self.placer, self.resuming = Placer(self.resuming.registrar()), None

    def _from_worker(self, received: Received[Message]) -> None:
        body = received.body
        if isinstance(body, SurfaceOffer) and self.buffer is not None and (self.placer or self.resuming):
            self.buffer.put(body.header.sequence, body.after, (body, *received_inversion(body, received.arrays)))

    def _register_ready(self) -> None:
        if self.buffer is None or self.resuming is not None:
            return
        for sequence, arrived in self.buffer.ready():
            if arrived is None:
                self._skips.append(sequence)
            else:
                self._register(*arrived)
            self._pass_over()
        if self.placer is not None and self.placer.waiting is not None and self.buffer.last == self._no_more_after:
            self._hand_on(self.placer.no_more())
            self._pass_over()
        self.metrics.backlog.set(len(self.buffer))

    def _register(self, offer: SurfaceOffer, raw: RawArray, surface: Surface) -> None:
        assert self.placer is not None, "the hub sends the reference before it hands out frames"
        self._offers[offer.header.sequence] = offer
        with self.metrics.busy.time():
            placed = self.placer.take(offer.header, raw, surface)
        if self.placer.waiting is not None:
            self.hub.send(Held(sequence=self.placer.waiting))
        self._hand_on(placed)

    def _pass_over(self) -> None:
        """Links are handed on in order: those to be passed over wait for the frame that waits."""
        if self.placer is None or self.placer.waiting is None:
            for sequence in self._skips:
                self.hub.send(Skipped(sequence=sequence))
            self._skips.clear()

    def _hand_on(self, frames: tuple[Placed, ...]) -> None:
        for placed in frames:
            offer, registered = self._offers.pop(placed.sequence), placed.registered
            if not registered.drift.aligned:
                get_logger().warning("not aligned", sequence=placed.sequence)
            self.hub.send(_registered(offer, placed), registered.surface.planes())
            self.metrics.frames.inc()


def _registered(offer: SurfaceOffer, placed: Placed) -> RegisteredOffer:
    drift, datum = placed.registered.drift, placed.registered.datum
    return RegisteredOffer(
        sequence=placed.sequence,
        drift_px=drift.start,
        drift_rate_px=drift.rate,
        drift_sd_px=drift.sd,
        aligned=drift.aligned,
        reference=drift.reference,
        datum=datum.plane,
        datum_sd=datum.sd,
        events=placed.events,
        calibration=offer.calibration.fingerprint,
        model=offer.model,
        engine=offer.engine,
        pixels_alike=offer.pixels_alike,
        state=placed.state,
        stamps=offer.stamps | {"registered": time.time_ns()},
    )
