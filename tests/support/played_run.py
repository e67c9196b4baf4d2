"""A hub, and the other stages played by a test: step by step, without threads or processes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
import zmq

from eclips4d.acquisition.fakes import FakeSource
from eclips4d.core.frame import Frame
from eclips4d.core.messages import (
    End,
    FrameOffer,
    GapOffer,
    Hello,
    Inverted,
    Message,
    Ready,
    RegisteredOffer,
    Welcome,
    Work,
)
from eclips4d.core.wire import Received
from eclips4d.pipeline.config import Endpoints, RunConfig
from eclips4d.pipeline.hub import Hub
from eclips4d.pipeline.ports import PeerPort

M = TypeVar("M", bound=Message)


class PlayedRun:
    """A hub, and the other stages played by the test."""

    def __init__(self, folder: Path, *, notes: bool = False, **settings: Any) -> None:
        self.context: zmq.Context[Any] = zmq.Context()
        self.source = FakeSource(6)
        self.out = folder / "run.zarr"
        ends = {name: f"ipc://{folder}/{name[0]}" for name in ("hub", "surfaces", "notices")}
        self.config = RunConfig(
            run_id="test",
            source="fake",
            out=self.out,
            spill_dir=folder / "spill",
            endpoints=Endpoints(**ends, notes=f"ipc://{folder}/notes" if notes else None),
            **settings,
        )
        self.hub = Hub(self.config, self.context)
        self.ports: list[PeerPort] = []

    def close(self) -> None:
        for port in self.ports:
            port.close()
        self.hub.close()
        self.source.close()
        self.context.term()

    def port(self, name: str) -> PeerPort:
        port = PeerPort(self.context, self.config.endpoints.hub, name)
        self.ports.append(port)
        return port

    def acquisition(self) -> PeerPort:
        port = self.port("acquisition")
        port.send(Hello(role="acquisition", name="acquisition", pid=1, source=self.source.info))
        self.expect(port, Welcome)
        return port

    def others(self) -> tuple[PeerPort, PeerPort]:
        worker, registration = self.port("inference-0"), self.port("registration")
        worker.send(Hello(role="inference", name="inference-0", pid=2))
        registration.send(Hello(role="registration", name="registration", pid=3))
        self.expect(worker, Welcome)
        self.expect(registration, Welcome)
        return worker, registration

    def step(self) -> None:
        self.hub.port.socket.poll(20)
        self.hub.step()

    def until(self, what: str, *counts: int) -> None:
        deadline = time.monotonic() + 20
        while self.counts() != counts:
            assert time.monotonic() < deadline, f"{what}: {self.counts()} is not {counts}"
            self.step()

    def counts(self) -> tuple[int, int]:
        assert self.hub.active is not None
        writer = self.hub.active.journal.writer
        return writer.committed, writer.recorded

    def expect(self, port: PeerPort, kind: type[M]) -> Received[M]:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            self.step()
            received = port.receive()
            if received is not None and isinstance(received.body, kind):
                return received  # type: ignore[return-value]
        raise AssertionError(f"no {kind.__name__}")

    def offer(self, port: PeerPort, frame: Frame, *, age_s: float = 0.0) -> None:
        acquired = time.time_ns() - int(age_s * 1e9)
        port.send(FrameOffer(header=frame.header, stamps={"acquired": acquired}), {"raw": frame.data})

    def finish_work(
        self,
        worker: PeerPort,
        registration: PeerPort,
        work: Received[Work],
        planes: dict[str, Any] | None = None,
        **change: Any,
    ) -> None:
        """Play worker and registration for one frame: a surface that is its own sequence number."""
        sequence = work.body.header.sequence
        _, rows, columns = work.body.header.shape
        plane = np.full((rows, columns), sequence, np.float32)
        good = dict.fromkeys(("slope_sd", "height", "height_sd", "residual"), plane)
        good |= {"slope": np.stack([plane, plane]), "trust": np.full_like(plane, 100, np.uint8)}
        worker.send(Inverted(sequence=sequence))
        offer = RegisteredOffer(
            sequence=sequence,
            drift_px=(0.0, 0.0),
            drift_rate_px=(0.0, 0.0),
            drift_sd_px=(0.1, 0.1),
            aligned=True,
            reference=0,
            calibration=work.body.calibration.fingerprint,
            model="m",
            state=bytes([sequence]),
            stamps=work.body.stamps | {"inferred": time.time_ns(), "registered": time.time_ns()},
        )
        registration.send(msgspec.structs.replace(offer, **change), good if planes is None else planes)


@contextmanager
def played(folder: Path, **settings: Any) -> Iterator[PlayedRun]:
    run = PlayedRun(folder, **settings)
    try:
        yield run
    finally:
        run.close()


def recorded(folder: Path, *, gaps: tuple[int, ...] = ()) -> None:
    """A store of six frames, some lost, none inverted."""
    with played(folder, record_only=True) as run:
        acquisition = run.acquisition()
        for frame in list(run.source.frames()):
            sequence = frame.header.sequence
            if sequence in gaps:
                acquisition.send(GapOffer(sequence=sequence, frame_id=frame.header.frame_id, start_s=0.1 * sequence))
            else:
                run.offer(acquisition, frame)
        acquisition.send(End(total=6))
        run.hub.run()


def begun(run: PlayedRun) -> tuple[PeerPort, PeerPort]:
    """Worker and registration of a run whose source has nothing new."""
    acquisition, (worker, registration) = run.acquisition(), run.others()
    acquisition.send(End(total=6))
    worker.send(Ready(credits=6))
    return worker, registration


def given(run: PlayedRun, worker: PeerPort, *sequences: int) -> list[Received[Work]]:
    """The worker is given these, in this order."""
    works = [run.expect(worker, Work) for _ in sequences]
    assert tuple(work.body.header.sequence for work in works) == sequences
    return works


def heard(registration: PeerPort, kind: type) -> list[Any]:
    """What registration was told."""
    told = []
    while (received := registration.receive()) is not None:
        told.append(received.body)
    return [body for body in told if isinstance(body, kind)]


def until(run: PlayedRun, there: Callable[[], bool]) -> None:
    """Let the hub work until something is so."""
    deadline = time.monotonic() + 60
    while not there():
        assert time.monotonic() < deadline, f"the frames are {statuses(run)}"
        run.step()


def statuses(run: PlayedRun) -> list[int]:
    """As they are on the disk."""
    assert run.hub.active is not None
    return [int(bits) for bits in run.hub.active.journal.writer.statuses()]
