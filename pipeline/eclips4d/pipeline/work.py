"""The inference stage: ask for frames, invert them, hand the surfaces to registration. It remembers nothing."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import cast

import zmq

from eclips4d.core.errors import EclipsError
from eclips4d.core.frame import RawArray
from eclips4d.core.instrument import parse_instrument
from eclips4d.core.log import get_logger
from eclips4d.core.messages import Bye, Failed, Hello, Inverted, Ready, SurfaceOffer, Welcome, Who, Work
from eclips4d.core.metrics import StageMetrics
from eclips4d.core.results import Surface
from eclips4d.core.wire import AnyArray
from eclips4d.inference.gas import in_gas
from eclips4d.inference.models import Model, load_model
from eclips4d.inference.networks.pair import NetworkPair
from eclips4d.pipeline.config import RunConfig
from eclips4d.pipeline.ports import PeerPort

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
    """

    def __init__(
        self,
        config: RunConfig,
        context: zmq.Context[zmq.Socket[bytes]],
        name: str,
        metrics: StageMetrics | None = None,
        networks: NetworkPair | None = None,
    ) -> None:
        self.config, self.name = config, name
        self._networks = networks
        self.hub = PeerPort(context, config.endpoints.hub, name)
        self.registration = PeerPort(context, config.endpoints.surfaces, name)
        self.metrics = metrics or StageMetrics(name)
        self.model: Model | None = None
        self.hub.send(Hello(role="inference", name=name, pid=os.getpid()))

    def run(self, keep_going: Callable[[], bool] = lambda: True) -> None:
        """Work until the hub says that the run is over."""
        while keep_going():
            self.hub.keep_in_touch()
            received = self.hub.receive(TICK_MS)
            if received is None:
                continue
            match received.body:
                case Work():
                    self._invert(received.body, received.arrays)
                case Welcome():
                    self._welcomed(received.body)
                case Who():
                    self.hub.send(Hello(role="inference", name=self.name, pid=os.getpid()))
                case Bye():
                    return
                case _:
                    pass

    def close(self) -> None:
        """Release the sockets."""
        self.hub.close()
        self.registration.close()

    def _welcomed(self, welcome: Welcome) -> None:
        if self.model is None and welcome.source is not None:
            instrument = parse_instrument(welcome.source.instrument_toml, welcome.source.address)
            self.model = load_model(self.config.model, instrument, self.config.engine, self._networks)
            told = {"model": self.config.model, "fingerprint": self.model.fingerprint, "engine": self.model.engine}
            get_logger().info("model loaded", **told)
        self.hub.send(Ready(credits=PREFETCH))

    def _invert(self, work: Work, arrays: dict[str, AnyArray]) -> None:
        assert self.model is not None, "work comes after the welcome"
        raw = cast(RawArray, arrays["raw"])
        try:
            with self.metrics.busy.time():
                surface = surface_of(self.model, work, raw)
        except (EclipsError, ArithmeticError, ValueError) as error:
            # A frame that cannot be inverted is given up; the recording keeps it, the rest goes on.
            get_logger().error("not inverted", sequence=work.header.sequence, error=str(error))
            self.hub.send(Failed(sequence=work.header.sequence, reason=str(error)))
            return
        offer = SurfaceOffer(
            header=work.header,
            calibration=work.calibration,
            model=self.model.fingerprint,
            engine=self.model.engine,
            pixels_alike=self.model.pixels_alike,
            after=work.after,
            stamps=work.stamps | {"inferred": time.time_ns()},
        )
        self.registration.send(offer, {"raw": raw, **surface.planes()})
        self.hub.send(Inverted(sequence=work.header.sequence))
        self.metrics.frames.inc()


def surface_of(model: Model, work: Work, raw: RawArray) -> Surface:
    """The frame inverted in its own gas: a pure function of frame, snapshot and model."""
    return model(raw, in_gas(work.calibration, work.header.side, raw))
