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
from eclips4d.core.strip_messages import StripMade, StripWork
from eclips4d.core.wire import AnyArray, Received
from eclips4d.inference.models import Model
from eclips4d.inference.own_dark import calibration_of_frame
from eclips4d.inference.strips import StripPreview
from eclips4d.inference.trust.rendered import make_ready
from eclips4d.pipeline.arrivals import check_calibration, received_instrument, received_raw, received_rows
from eclips4d.pipeline.config import RunConfig
from eclips4d.pipeline.measures import WorkMetrics
from eclips4d.pipeline.model_shelf import ModelShelf
from eclips4d.pipeline.own_version import VERSION
from eclips4d.pipeline.ports import PeerPort
from eclips4d.pipeline.security.keyring import hub_key, surfaces_key
from eclips4d.pipeline.security.limits import largest_part
from eclips4d.pipeline.warm_up import Warm

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
    warm : Warm, optional
        What is ready of the model.
    pulse : Pulse, optional
    """

    def __init__(
        self,
        config: RunConfig,
        context: zmq.Context[zmq.Socket[bytes]],
        name: str,
        metrics: StageMetrics | None = None,
        warm: Warm | None = None,
        pulse: Pulse | None = None,
    ) -> None:
        self.config, self.name = config, name
        self.pulse = pulse or Pulse()
        self._warm = warm
        largest = largest_part(config)
        self.hub = PeerPort(context, config.endpoints.hub, name, hub_key(config), largest)
        self.registration = PeerPort(context, config.endpoints.surfaces, name, surfaces_key(config), largest)
        self.metrics = WorkMetrics(metrics or StageMetrics(name))
        self.models: ModelShelf | None = None
        self._rows: tuple[StripWork, RawArray] | None = None
        """To be looked at when there is no frame to invert."""
        self._preview: StripPreview | None = None
        self.hub.send(Hello(role="inference", name=name, pid=os.getpid(), version=VERSION))

    def run(self, keep_going: Callable[[], bool] = lambda: True) -> None:
        """Work until the hub says that the run is over."""
        while keep_going():
            self.pulse.tick()
            self.pulse.lack(self.hub.silence)
            self.metrics.bad_messages.follow(self.hub.bad_messages + self.registration.bad_messages)
            self.hub.keep_in_touch()
            received = self.hub.receive(0 if self._rows else TICK_MS)
            for ready in self.models.prepared() if self.models is not None else ():
                self.hub.send(ready)
            if received is None:
                self._look_at_rows()
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
            case StripWork() as rows:
                check_calibration(rows.calibration, rows.header)
                self._rows = rows, received_rows(received.arrays.get("raw"), rows.header, rows.rows)
            case Welcome() as welcome:
                self._welcomed(welcome)
            case Prepare() as asked if self.models is not None:
                self.models.prepare(asked.name)
            case Who():
                self.hub.send(Hello(role="inference", name=self.name, pid=os.getpid(), version=VERSION))
            case _:
                pass

    def _welcomed(self, welcome: Welcome) -> None:
        if self.models is None and welcome.source is not None:
            instrument = received_instrument(welcome.source)
            self.models = ModelShelf(self.config, instrument, self._warm)
            make_ready(instrument, (welcome.source.shape[1], welcome.source.shape[2]))
        self.hub.send(Ready(credits=PREFETCH))
        self.pulse.ready()

    def _look_at_rows(self) -> None:
        """Preview the rows that wait; they are nobody's only copy, so whatever is wrong with them ends there."""
        if self._rows is None or self.models is None:
            return
        (work, raw), self._rows = self._rows, None
        sequence, shape = work.header.sequence, work.header.shape
        try:
            with self.pulse.busy_with(sequence), about_frame(sequence):
                model = self.models.of(work.model)
                if self._preview is None or self._preview.model is not model:
                    self._preview = StripPreview(model, shape[1] // max(1, self.config.strips))
                calibration = calibration_of_frame(work.calibration, work.header, raw)
                height = self._preview(sequence, raw, shape[1], calibration)
        except (EclipsError, ArithmeticError, ValueError, LookupError) as error:
            get_logger().warning("no preview", sequence=sequence, rows=work.rows, error=str(error))
            refused = str(error)[:MOST_TEXT] or type(error).__name__
            self.hub.send(StripMade(sequence=sequence, rows=work.rows, stamps={}, refused=refused))
            return
        stamps = work.stamps | {"inferred": time.time_ns()}
        self.hub.send(StripMade(sequence=sequence, rows=work.rows, stamps=stamps), {"height": height})

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
    """The frame inverted with its own dark level, in its own gas: a pure function of frame, snapshot and model."""
    return model(raw, calibration_of_frame(work.calibration, work.header, raw))
