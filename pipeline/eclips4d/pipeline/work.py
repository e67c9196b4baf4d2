"""The inference stage: ask for frames, invert them, hand the surfaces to registration. It remembers nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import zmq

from eclips4d.core.errors import EclipsError, WireError
from eclips4d.core.frame import RawArray
from eclips4d.core.log import about_frame, get_logger
from eclips4d.core.messages import (
    MOST_TEXT,
    Bye,
    Failed,
    Hello,
    Inverted,
    Message,
    Ready,
    SurfaceOffer,
    Welcome,
    Who,
    Work,
)
from eclips4d.core.metrics import StageMetrics
from eclips4d.core.model_messages import Prepare
from eclips4d.core.pulse import Pulse
from eclips4d.core.results import Surface
from eclips4d.core.wire import AnyArray, Received
from eclips4d.inference.gas import in_gas
from eclips4d.inference.models import Model
from eclips4d.inference.networks.pair import NetworkPair
from eclips4d.inference.trust.rendered import make_ready
from eclips4d.pipeline.arrivals import check_calibration, received_instrument, received_raw
from eclips4d.pipeline.config import RunConfig
from eclips4d.pipeline.measures import WorkMetrics
from eclips4d.pipeline.model_shelf import ModelShelf
from eclips4d.pipeline.ports import PeerPort
from eclips4d.pipeline.security.keyring import hub_key, surfaces_key
from eclips4d.pipeline.security.limits import largest_part

PREFETCH = 2
"""Frames a worker may hold: one being inverted, one already here."""
TICK_MS = 500


class Worker:
    """One inference worker.

    Parameters
    ----------
    config : RunConfig
    context : zmq.Context
    name : str
        How the hub knows it.
    metrics : StageMetrics, optional
    networks : NetworkPair, optional
        Of the model, where they are loaded already.
    pulse : Pulse, optional
    """

    def __init__(
        self,
        config: RunConfig,
        context: zmq.Context[zmq.Socket[bytes]],
        name: str,
        metrics: StageMetrics | None = None,
        networks: NetworkPair | None = None,
        pulse: Pulse | None = None,
    ) -> None:
        self.config, self.name = config, name
        self.pulse = pulse or Pulse()
        self._networks = networks
        largest = largest_part(config)
        self.hub = PeerPort(context, config.endpoints.hub, name, hub_key(config), largest)
        self.registration = PeerPort(context, config.endpoints.surfaces, name, surfaces_key(config), largest)
        self.metrics = WorkMetrics(metrics or StageMetrics(name))
        self.models: ModelShelf | None = None
        self.hub.send(Hello(role="inference", name=name, pid=os.getpid()))

    def run(self, keep_going: Callable[[], bool] = lambda: True) -> None:
        """Work until the hub says that the run is over."""
        while keep_going():
            self.pulse.tick()
            self.pulse.lack(self.hub.silence)
            self.metrics.bad_messages.follow(self.hub.bad_messages + self.registration.bad_messages)
            self.hub.keep_in_touch()
            received = self.hub.receive(TICK_MS)
            for ready in self.models.prepared() if self.models is not None else ():
                self.hub.send(ready)
            if received is None:
                continue
            if isinstance(received.body, Bye):
                return
            try:
                self._take(received)
            except WireError as error:
                self.hub.drop(error)

    def close(self) -> None:
        """Release the sockets."""
        self.hub.close()
        self.registration.close()
        if self.models is not None:
            self.models.close()

    def _take(self, received: Received[Message]) -> None:
        match received.body:
            case Work() as work:
                self._invert(work, received.arrays)
            case Welcome() as welcome:
                self._welcomed(welcome)
            case Prepare() as asked if self.models is not None:
                self.models.prepare(asked.name)
            case Who():
                self.hub.send(Hello(role="inference", name=self.name, pid=os.getpid()))
            case _:
                pass

    def _welcomed(self, welcome: Welcome) -> None:
        if self.models is None and welcome.source is not None:
            instrument = received_instrument(welcome.source)
            self.models = ModelShelf(self.config, instrument, self._networks)
            make_ready(instrument, (welcome.source.shape[1], welcome.source.shape[2]))
        self.hub.send(Ready(credits=PREFETCH))
        self.pulse.ready()

    def _invert(self, work: Work, arrays: dict[str, AnyArray]) -> None:
        if self.models is None:
            raise WireError("work before a welcome", where=work.header.label)
        check_calibration(work.calibration, work.header)
        raw = received_raw(arrays.get("raw"), work.header, work.header.label)
        sequence = work.header.sequence
        try:
            with self.metrics.busy.time(), self.pulse.busy_with(sequence), about_frame(sequence):
                model = self.models.of(work.model)
                surface = surface_of(model, work, raw)
        except (EclipsError, ArithmeticError, ValueError, LookupError) as error:
            # A frame that cannot be inverted is given up; the recording keeps it, the rest goes on.
            get_logger().error("not inverted", sequence=sequence, error=str(error))
            self.hub.send(Failed(sequence=sequence, reason=str(error)[:MOST_TEXT]))
            return
        offer = SurfaceOffer(
            header=work.header,
            calibration=work.calibration,
            model=model.fingerprint,
            engine=model.engine,
            pixels_alike=model.pixels_alike,
            after=work.after,
            stamps=work.stamps | {"inferred": time.time_ns()},
        )
        self.registration.send(offer, {"raw": raw, **surface.planes()})
        self.hub.send(Inverted(sequence=sequence))
        self.metrics.frames.inc()


def surface_of(model: Model, work: Work, raw: RawArray) -> Surface:
    """The frame inverted in its own gas: a pure function of frame, snapshot and model."""
    return model(raw, in_gas(work.calibration, work.header.side, raw))
