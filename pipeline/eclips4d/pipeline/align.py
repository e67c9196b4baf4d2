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

from eclips4d.core.errors import EclipsError, WireError
from eclips4d.core.frame import FrameHeader, RawArray
from eclips4d.core.log import about_frame, get_logger
from eclips4d.core.messages import (
    MOST_TEXT,
    Bye,
    Failed,
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
from eclips4d.core.pulse import Pulse
from eclips4d.core.results import Surface
from eclips4d.core.wire import Received
from eclips4d.pipeline.arrivals import check_calibration, received_inversion, received_raw
from eclips4d.pipeline.config import RunConfig, window_of
from eclips4d.pipeline.measures import PlacingMetrics
from eclips4d.pipeline.own_version import VERSION
from eclips4d.pipeline.ports import HubPort, PeerPort
from eclips4d.pipeline.reorder import ReorderBuffer
from eclips4d.pipeline.resuming import Resuming
from eclips4d.pipeline.security.gate import gate_of
from eclips4d.pipeline.security.keyring import hub_key
from eclips4d.pipeline.security.limits import largest_part
from eclips4d.registration.placing import Placed, Placer
from eclips4d.registration.registrar import Registrar

TICK_MS = 500
MOST_EARLY = 2
"""Times the frames that can be under way: so many surfaces wait for their turn, whoever sent them."""
Arrived: TypeAlias = tuple[SurfaceOffer, RawArray, Surface]
"""A worker's message, checked."""


class Aligner:
    """The registration stage's event loop.

    Parameters
    ----------
    config : RunConfig
    context : zmq.Context
    metrics : StageMetrics, optional
    pulse : Pulse, optional
    """

    def __init__(
        self,
        config: RunConfig,
        context: zmq.Context[zmq.Socket[bytes]],
        metrics: StageMetrics | None = None,
        pulse: Pulse | None = None,
    ) -> None:
        self.pulse = pulse or Pulse()
        metrics = metrics or StageMetrics("registration")
        self.metrics = PlacingMetrics(metrics)
        largest = largest_part(config)
        self.gate = gate_of(config, (config.endpoints.surfaces,), context, metrics)
        self.surfaces = HubPort(context, config.endpoints.surfaces, self.gate, largest)
        self.hub = PeerPort(context, config.endpoints.hub, "registration", hub_key(config), largest)
        self.placer: Placer | None = None
        self.resuming: Resuming | None = None
        self._offers: dict[int, SurfaceOffer] = {}
        """Of frames that have not been handed on."""
        self._skips: list[int] = []
        """Links to be passed over once the frame before them has been handed on."""
        self._no_more_after: int | None = None
        self._like: FrameHeader | None = None
        """The frame that the others are registered to."""
        self._most = MOST_EARLY * window_of(config)
        self.buffer: ReorderBuffer[Arrived | None] | None = None
        self._introduce()

    def run(self, keep_going: Callable[[], bool] = lambda: True) -> None:
        """Work until the hub says that the run is over."""
        poller = zmq.Poller()
        poller.register(self.surfaces.socket, zmq.POLLIN)
        poller.register(self.hub.socket, zmq.POLLIN)
        while keep_going():
            self.pulse.tick()
            poller.poll(TICK_MS)
            self.pulse.lack(self.hub.silence)
            self.metrics.bad_messages.follow(self.hub.bad_messages + self.surfaces.bad_messages)
            self.hub.keep_in_touch()
            while (received := self.hub.receive()) is not None:
                if isinstance(received.body, Bye):
                    return
                self._believed(self.hub, self._from_hub, received)
            for mail in self.surfaces.arrived():
                self._believed(self.surfaces, self._from_worker, mail.message)
            self._register_ready()
            if self.placer is not None:
                self.placer.look_back()

    def _believed(
        self, port: HubPort | PeerPort, take: Callable[[Received[Message]], None], received: Received[Message]
    ) -> None:
        """A message that is not what it says is counted and dropped."""
        try:
            take(received)
        except WireError as error:
            port.drop(error)

    def close(self) -> None:
        """Release the sockets."""
        self.surfaces.close()
        self.hub.close()
        if self.gate is not None:
            self.gate.close()

    def _introduce(self) -> None:
        self.hub.send(Hello(role="registration", name="registration", pid=os.getpid(), version=VERSION))

    def _from_hub(self, received: Received[Message]) -> None:
        match received.body:
            case Welcome() as welcome:
                self.pulse.ready()
                self.buffer = ReorderBuffer(welcome.last)
                self.placer = self.resuming = self._no_more_after = None
                self._offers, self._skips, self._like = {}, [], None
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
        check_calibration(welcome.calibration, header)
        self._like = header
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
        if not isinstance(body, SurfaceOffer) or self.buffer is None or not (self.placer or self.resuming):
            return
        if self._like is not None and _scan_of(body.header) != _scan_of(self._like):
            raise WireError("a frame of another scan than the first one", where=body.header.label)
        arrived = (body, *received_inversion(body, received.arrays))
        if not self.buffer.make_room(self._most):
            self.surfaces.drop(WireError("more frames than are under way"))
        self.buffer.put(body.header.sequence, body.after, arrived)

    def _register_ready(self) -> None:
        if self.buffer is None or self.resuming is not None:
            return
        for sequence, arrived in self.buffer.ready():
            if arrived is None:
                self._skips.append(sequence)
            else:
                self._register(*arrived)
            if self.buffer is None:
                return
            self._pass_over_last()
        if self.placer is not None and self.placer.waiting is not None and self.buffer.last == self._no_more_after:
            self._hand_on(self.placer.no_more())
            self._pass_over_last()
        self.metrics.backlog.set(len(self.buffer))

    def _register(self, offer: SurfaceOffer, raw: RawArray, surface: Surface) -> None:
        assert self.placer is not None, "the hub sends the reference before it hands out frames"
        sequence = offer.header.sequence
        self._offers[sequence] = offer
        try:
            with self.metrics.busy.time(), self.pulse.busy_with(sequence), about_frame(sequence):
                placed = self.placer.take(offer.header, raw, surface)
        except (EclipsError, ArithmeticError, ValueError, LookupError) as error:
            # Half of the frame may be in the registrar: the hub starts it anew from its last state, without the frame.
            get_logger().error("not placed", sequence=sequence, error=str(error))
            self.buffer = self.placer = None
            self.hub.send(Failed(sequence=sequence, reason=str(error)[:MOST_TEXT]))
            return
        if self.placer.waiting is not None:
            self.hub.send(Held(sequence=self.placer.waiting))
        self._hand_on(placed)

    def _pass_over_last(self) -> None:
        """Links are handed on in order: those to be passed over wait for the frame that waits."""
        if self.placer is None or self.placer.waiting is None:
            self._pass_over(self._skips)

    def _pass_over(self, sequences: list[int]) -> None:
        for sequence in sequences:
            self.hub.send(Skipped(sequence=sequence))
        self._skips = [s for s in self._skips if s not in sequences]

    def _hand_on(self, frames: tuple[Placed, ...]) -> None:
        for placed in frames:
            self._pass_over([s for s in self._skips if s < placed.sequence])
            offer, registered = self._offers.pop(placed.sequence), placed.registered
            if not registered.drift.aligned:
                self.metrics.not_aligned.inc()
                get_logger().warning("not aligned", sequence=placed.sequence)
            self.hub.send(_registered(offer, placed), registered.surface.planes())
            self.metrics.frames.inc()


def _scan_of(header: FrameHeader) -> tuple[object, ...]:
    return header.shape, header.dtype, header.segments, header.pixel_size_nm, header.rotation_deg


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
