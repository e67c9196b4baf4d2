"""The hub against hostile bytes, late and doubled frames and gaps; step by step, without threads or waiting."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import zmq
from hostile_wire import hostile_messages
from played_run import PlayedRun as Run

from eclips4d.core.frame import Frame
from eclips4d.core.messages import (
    Ack,
    Bye,
    End,
    Failed,
    FrameOffer,
    GapOffer,
    Hello,
    Ready,
    Skip,
    Skipped,
    Welcome,
    Work,
)
from eclips4d.core.wire import Received, encode
from eclips4d.storage import open as open_store


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
