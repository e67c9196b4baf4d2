"""The hub against hostile bytes, late and doubled frames, gaps and lag; step by step, without threads or waiting."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
import pytest
import zmq
from hostile_wire import hostile_messages

from eclips4d.acquisition.fakes import FakeSource
from eclips4d.core.frame import Frame
from eclips4d.core.messages import (
    Ack,
    Bye,
    End,
    Failed,
    FrameOffer,
    GapOffer,
    Hello,
    Inverted,
    Message,
    Ready,
    RegisteredOffer,
    Skip,
    Skipped,
    Welcome,
    Work,
)
from eclips4d.core.wire import Received, encode
from eclips4d.pipeline.config import Endpoints, RunConfig
from eclips4d.pipeline.hub import Hub
from eclips4d.pipeline.ports import PeerPort
from eclips4d.storage import open as open_store

M = TypeVar("M", bound=Message)


class Run:
    """A hub, and the other stages played by the test."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.context: zmq.Context[Any] = zmq.Context()
        self.source = FakeSource(6)
        self.out = folder / "run.zarr"
        self.config = RunConfig(
            run_id="test",
            source="fake",
            out=self.out,
            spill_dir=folder / "spill",
            endpoints=Endpoints(hub=f"ipc://{folder}/h", surfaces=f"ipc://{folder}/s", notices=f"ipc://{folder}/n"),
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
        good |= {"slope": np.stack([plane, plane]), "trust": plane.astype(np.uint8)}
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


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    run = Run(tmp_path)
    yield run
    run.close()


@pytest.fixture
def frames(run: Run) -> list[Frame]:
    return list(run.source.frames())


def test_hostile_bytes_are_counted_and_recording_goes_on(run: Run, frames: list[Frame]) -> None:
    acquisition = run.acquisition()
    stranger = run.port("stranger")
    hostile = [(name, parts) for name, parts in hostile_messages() if parts]
    for _, parts in hostile:
        stranger.socket.send_multipart(parts)
        acquisition.socket.send_multipart(parts)
    run.offer(acquisition, frames[0])
    run.until("the frame after them", 0, 1)
    assert run.hub.port.bad_messages >= len(hostile)


def test_a_frame_without_its_pixels_or_with_others_is_dropped(run: Run, frames: list[Frame]) -> None:
    acquisition = run.acquisition()
    header = frames[0].header
    acquisition.send(FrameOffer(header=header, stamps={}))
    acquisition.send(FrameOffer(header=header, stamps={}), {"raw": np.zeros((1, 2, 3), np.uint16)})
    run.offer(acquisition, frames[0])
    run.until("the sound one", 0, 1)
    assert run.hub.port.bad_messages == 2


def test_a_frame_that_arrives_damaged_is_asked_for_again(run: Run, frames: list[Frame]) -> None:
    acquisition = run.acquisition()
    run.offer(acquisition, frames[0])
    parts = encode(FrameOffer(header=frames[1].header, stamps={}), {"raw": frames[1].data})
    acquisition.socket.send_multipart([parts[0], bytes(len(parts[1]))])
    for frame in frames[2:4]:
        run.offer(acquisition, frame)
    again = run.expect(acquisition, Welcome).body
    assert again.next_sequence == 1
    for frame in frames[1:4]:
        run.offer(acquisition, frame)
    run.until("all four", 0, 4)
    assert run.hub.port.bad_messages == 1


def test_stages_may_only_say_what_is_theirs(run: Run, frames: list[Frame]) -> None:
    acquisition, (worker, registration) = run.acquisition(), run.others()
    worker.send(End(total=0))
    registration.send(Ready(credits=5))
    stranger = run.port("stranger")
    stranger.send(Hello(role="inference", name="inference-0", pid=9))
    stranger.send(Hello(role="boss", name="stranger", pid=9))
    nameless: zmq.Socket[bytes] = run.context.socket(zmq.DEALER)
    nameless.connect(run.config.endpoints.hub)
    nameless.send_multipart(encode(Hello(role="inference", name="x", pid=9)))
    run.offer(acquisition, frames[0])
    run.until("the frame", 0, 1)
    deadline = time.monotonic() + 20
    while run.hub.port.bad_messages < 5 and time.monotonic() < deadline:
        run.step()
    nameless.close(linger=0)
    assert run.hub.port.bad_messages == 5


def test_a_result_that_is_no_surface_or_of_no_known_calibration_is_dropped(run: Run, frames: list[Frame]) -> None:
    acquisition, (worker, registration) = run.acquisition(), run.others()
    worker.send(Ready(credits=1))
    run.offer(acquisition, frames[0])
    work = run.expect(worker, Work)
    for change, planes in (
        ({"calibration": "none of ours"}, None),
        ({}, {}),
        ({}, {"height": np.zeros((2, 2), np.float32)}),
    ):
        run.finish_work(worker, registration, work, planes=planes, **change)
    run.finish_work(worker, registration, work)
    run.until("the sound one", 1, 1)
    assert run.hub.port.bad_messages == 3


def test_an_acknowledgement_means_durable(run: Run, frames: list[Frame]) -> None:
    acquisition = run.acquisition()
    run.offer(acquisition, frames[0])
    ack = run.expect(acquisition, Ack).body
    assert (ack.durable, ack.credits) == (1, 1)
    run.until("what was acknowledged", 0, 1)
    with open_store(run.out, recorded=True) as data:
        np.testing.assert_array_equal(data["raw"].values[0], frames[0].data)


def test_what_comes_twice_is_written_once_and_answered_twice(run: Run, frames: list[Frame]) -> None:
    acquisition = run.acquisition()
    for frame in (frames[0], frames[0], frames[1]):
        run.offer(acquisition, frame)
    run.until("both", 0, 2)
    credits = 0
    while credits < 3:
        credits += run.expect(acquisition, Ack).body.credits
    assert run.hub.active is not None
    assert run.hub.active.intake.duplicates == 0


def test_a_gap_is_a_row_without_pixels(run: Run, frames: list[Frame]) -> None:
    acquisition = run.acquisition()
    acquisition.send(GapOffer(sequence=0, frame_id=70, start_s=0.0))
    run.offer(acquisition, frames[1])
    run.until("the gap is settled, the frame recorded", 1, 2)
    with open_store(run.out) as data:
        assert data["status"].values.tolist() == [2]
        assert data["frame_id"].values.tolist() == [70]


def test_frames_are_committed_in_order_and_the_run_ends(run: Run, frames: list[Frame]) -> None:
    acquisition, (worker, registration) = run.acquisition(), run.others()
    worker.send(Ready(credits=6))
    for frame in frames:
        run.offer(acquisition, frame)
    acquisition.send(End(total=6))
    works: list[Received[Work]] = []
    for _ in range(6):
        works.append(run.expect(worker, Work))
        if len(works) == 4:  # the window is full: nothing more is handed out before something is registered
            for work in works:
                run.finish_work(worker, registration, work)
    for work in works[4:]:
        run.finish_work(worker, registration, work)
    assert [work.body.after for work in works] == [-1, 0, 1, 2, 3, 4]
    run.until("all of it", 6, 6)
    run.hub.run()
    assert isinstance(run.expect(worker, Bye).body, Bye)
    with open_store(run.out) as data:
        assert data["height"].values[:, 0, 0].tolist() == [0, 1, 2, 3, 4, 5]


def test_a_frame_that_cannot_be_inverted_is_quarantined(run: Run, frames: list[Frame]) -> None:
    acquisition, (worker, registration) = run.acquisition(), run.others()
    worker.send(Ready(credits=2))
    for frame in frames[:2]:
        run.offer(acquisition, frame)
    first, second = run.expect(worker, Work), run.expect(worker, Work)
    worker.send(Failed(sequence=0, reason="nothing to see"))
    skip = run.expect(registration, Skip).body
    assert (skip.sequence, skip.after) == (first.body.header.sequence, -1)
    registration.send(Skipped(sequence=0))
    run.finish_work(worker, registration, second)
    run.until("both settled", 2, 2)
    with open_store(run.out) as data:
        assert data["status"].values.tolist() == [8, 1]


def test_lagging_frames_are_deferred_and_made_up_for_when_the_source_has_ended(tmp_path: Path) -> None:
    run = Run(tmp_path, skip_lag_s=1.0)
    try:
        frames = list(run.source.frames())
        acquisition, (worker, registration) = run.acquisition(), run.others()
        for frame in frames:
            run.offer(acquisition, frame, age_s=60.0 - frame.header.sequence)
        run.until("all but the newest are settled without results", 5, 6)
        worker.send(Ready(credits=1))
        newest = run.expect(worker, Work)
        assert newest.body.header.sequence == 5
        run.finish_work(worker, registration, newest)
        run.until("the newest is done", 6, 6)
        with open_store(run.out) as data:
            assert data["status"].values.tolist() == [32] * 5 + [1]
            assert np.isnan(data["height"].values[:5]).all()
        acquisition.send(End(total=6))
        worker.send(Ready(credits=5))
        assert run.expect(registration, Welcome).body.state == b"", "registration starts from what it was before them"
        for sequence in range(5):
            work = run.expect(worker, Work)
            assert work.body.header.sequence == sequence
            run.finish_work(worker, registration, work)
        run.hub.run()
        with open_store(run.out) as data:
            assert data["status"].values.tolist() == [33] * 5 + [1]
            assert data["height"].values[:, 0, 0].tolist() == [0, 1, 2, 3, 4, 5]
    finally:
        run.close()


def test_registration_that_dies_while_catching_up_goes_on_from_there(tmp_path: Path) -> None:
    first = Run(tmp_path, record_only=True)
    try:
        frames = list(first.source.frames())
        acquisition = first.acquisition()
        for frame in frames:
            first.offer(acquisition, frame)
        acquisition.send(End(total=6))
        first.hub.run()
    finally:
        first.close()
    run = Run(tmp_path)
    try:
        acquisition, (worker, registration) = run.acquisition(), run.others()
        acquisition.send(End(total=6))
        worker.send(Ready(credits=1))
        for sequence in range(3):
            work = run.expect(worker, Work)
            assert work.body.header.sequence == sequence
            run.finish_work(worker, registration, work)
            worker.send(Ready(credits=1))
        run.expect(worker, Work)
        reborn = run.port("registration")
        reborn.send(Hello(role="registration", name="registration", pid=33))
        welcome = run.expect(reborn, Welcome).body
        assert (welcome.last, welcome.state) == (2, bytes([2]))
    finally:
        run.close()
    again = Run(tmp_path)
    try:
        acquisition, (worker, registration) = again.acquisition(), again.others()
        acquisition.send(End(total=6))
        worker.send(Ready(credits=1))
        work = again.expect(worker, Work)
        assert work.body.header.sequence == 3
        welcomes = []
        while (received := registration.receive()) is not None:
            welcomes += [received.body] if isinstance(received.body, Welcome) else []
        assert welcomes[-1].state == bytes([2]), "also when everything was killed"
    finally:
        again.close()


def test_a_store_with_a_gap_that_was_not_committed_goes_on(tmp_path: Path) -> None:
    first = Run(tmp_path)
    try:
        frames = list(first.source.frames())
        acquisition = first.acquisition()
        run_frames = [frames[0], None, frames[2]]
        for sequence, frame in enumerate(run_frames):
            if frame is None:
                acquisition.send(GapOffer(sequence=sequence, frame_id=71, start_s=0.5))
            else:
                first.offer(acquisition, frame)
        first.until("recorded, not committed", 0, 3)
    finally:
        first.close()
    for record_only, committed in ((True, 3),):
        again = Run(tmp_path, record_only=record_only)
        try:
            acquisition = again.acquisition()
            acquisition.send(End(total=3))
            again.hub.run()
        finally:
            again.close()
        with open_store(tmp_path / "run.zarr") as data:
            assert data.sizes["time"] == committed
            assert data["status"].values.tolist() == [32, 2, 32]
    last = Run(tmp_path)
    try:
        acquisition, (worker, registration) = last.acquisition(), last.others()
        acquisition.send(End(total=3))
        worker.send(Ready(credits=4))
        for sequence in (0, 2):
            work = last.expect(worker, Work)
            assert work.body.header.sequence == sequence
            last.finish_work(worker, registration, work)
        last.hub.run()
    finally:
        last.close()
    with open_store(tmp_path / "run.zarr") as data:
        assert data["status"].values.tolist() == [33, 2, 33]


def test_a_first_frame_that_says_nothing_is_quarantined_and_the_next_is_the_reference(tmp_path: Path) -> None:
    run = Run(tmp_path)
    try:
        frames = list(run.source.frames())
        blank = Frame(frames[0].header, np.zeros_like(frames[0].data))
        acquisition, (worker, registration) = run.acquisition(), run.others()
        worker.send(Ready(credits=2))
        for frame in (blank, frames[1]):
            run.offer(acquisition, frame)
        work = run.expect(worker, Work)
        assert work.body.header.sequence == 1
        assert work.body.calibration.valid_from == 1
        run.finish_work(worker, registration, work)
        run.until("both", 2, 2)
        with open_store(run.out) as data:
            assert data["status"].values.tolist() == [8, 1]
    finally:
        run.close()
