"""Registration's side of the wire: a message that is not what it says is counted and dropped, and the stage goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
import pytest
import zmq
from hostile_wire import hostile_messages
from shifted_frames import calibration, frame, header, series, surface

from eclips4d.core.errors import WireError
from eclips4d.core.frame import FrameHeader
from eclips4d.core.messages import (
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
)
from eclips4d.core.results import Surface
from eclips4d.core.wire import AnyArray, encode
from eclips4d.pipeline import align
from eclips4d.pipeline.align import Aligner
from eclips4d.pipeline.arrivals import received_inversion, received_raw
from eclips4d.pipeline.config import Endpoints, RunConfig
from eclips4d.pipeline.ports import HubPort, PeerPort
from eclips4d.registration import Registrar
from eclips4d.registration.placing import Placed, Placer
from eclips4d.registration.registrar import frames_needed

M = TypeVar("M", bound=Message)
SHAPE = (64, 72)
DATA = [frame(series(seed=3), SHAPE, (0.7 * k, -0.4 * k), seed=k) for k in range(3)]
SURFACE = surface(SHAPE)


def head(k: int, **change: Any) -> FrameHeader:
    return msgspec.structs.replace(header(k, DATA[0]), **change)


def offer(k: int, **change: Any) -> SurfaceOffer:
    made = SurfaceOffer(header=head(k), calibration=calibration(), model="m", after=k - 1, stamps={})
    return msgspec.structs.replace(made, **change)


def inversion(k: int, **change: AnyArray | None) -> dict[str, AnyArray]:
    """The arrays of a worker's message, some of them changed or, with None, left out."""
    planes: dict[str, Any] = {"raw": DATA[k], **SURFACE.planes(), **change}
    return {name: np.ascontiguousarray(plane) for name, plane in planes.items() if plane is not None}


def expected() -> list[Placed]:
    """What registration makes of the frames without a wire."""
    by = Placer(Registrar.start(head(0), DATA[0], calibration()))
    return [placed for k in range(3) for placed in by.take(head(k), DATA[k], SURFACE)]


class Stage:
    """The registration stage, its hub and one worker played by the test: tick by tick, without threads."""

    def __init__(self, folder: Path) -> None:
        self.context: zmq.Context[Any] = zmq.Context()
        ends = Endpoints(hub=f"ipc://{folder}/h", surfaces=f"ipc://{folder}/s", notices=f"ipc://{folder}/n")
        config = RunConfig(run_id="r", source="s", out=folder / "o.zarr", spill_dir=folder / "spill", endpoints=ends)
        self.hub = HubPort(self.context, ends.hub)
        self.aligner = Aligner(config, self.context)
        self.worker = PeerPort(self.context, ends.surfaces, "inference-0")
        self.said: list[Message] = []

    def close(self) -> None:
        for port in (self.worker, self.aligner, self.hub):
            port.close()
        self.context.term()

    def tell(self, body: Message, arrays: dict[str, AnyArray] | None = None) -> None:
        """From the hub, to the registration that has introduced itself."""
        if not any(isinstance(said, Hello) for said in self.said):
            self.expect(Hello)
        whole = {name: np.ascontiguousarray(array) for name, array in (arrays or {}).items()}
        assert self.hub.send(b"registration", body, whole)

    def until(self, there: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 20
        while not there():
            assert time.monotonic() < deadline, f"only {[type(m).__name__ for m in self.said]}"
            once = iter((True, False))
            self.aligner.run(lambda once=once: next(once))  # type: ignore[misc]
            while (mail := self.hub.receive()) is not None:
                self.said.append(mail.message.body)

    def expect(self, kind: type[M], count: int = 1) -> list[M]:
        self.until(lambda: len(self.all(kind)) >= count)
        return self.all(kind)

    def all(self, kind: type[M]) -> list[M]:
        return [said for said in self.said if isinstance(said, kind)]

    @property
    def dropped(self) -> int:
        return self.aligner.hub.bad_messages + self.aligner.surfaces.bad_messages

    def welcome(self, **change: Any) -> Welcome:
        made = Welcome(run_id="r", header=head(0), calibration=calibration())
        return msgspec.structs.replace(made, **change)


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    monkeypatch.setattr(align, "TICK_MS", 5)  # nothing comes unless the test sends it
    played = Stage(tmp_path)
    yield played
    played.close()


def same(told: list[RegisteredOffer], placed: list[Placed]) -> bool:
    """Whether the states, which hold every bit that later frames depend on, are those made without a wire."""
    return [(t.sequence, t.state) for t in told] == [(p.sequence, p.state) for p in placed]


# -- what a worker sends --------------------------------------------------------------------------------------------

WRONG_INVERSIONS: dict[str, dict[str, Any]] = {
    "no pixels": {"raw": None},
    "pixels of another type": {"raw": DATA[0].astype(np.uint8)},
    "a row less": {"raw": DATA[0][:, 1:]},
    "a segment less": {"raw": DATA[0][1:]},
    "no height": {"height": None},
    "a plane that no surface has": {"depth": SURFACE.height},
    "a height of another frame's shape": {"height": SURFACE.height[:, :-1]},
    "one slope": {"slope": SURFACE.slope[:1]},
    "a height in double precision": {"height": SURFACE.height.astype(np.float64)},
    "trust that is no number of per cent": {"trust": SURFACE.height},
}


@pytest.mark.parametrize("change", WRONG_INVERSIONS.values(), ids=WRONG_INVERSIONS.keys())
def test_an_inversion_that_is_not_what_its_header_says_is_no_inversion(change: dict[str, Any]) -> None:
    with pytest.raises(WireError, match="sequence 0"):
        received_inversion(offer(0), inversion(0, **change))


def test_an_inversion_is_passed_on_as_it_came() -> None:
    raw, made = received_inversion(offer(0), inversion(0))
    assert raw is DATA[0]
    assert isinstance(made, Surface)
    assert all(getattr(made, name) is plane for name, plane in SURFACE.planes().items())


def test_pixels_are_named_when_they_are_not_those_of_the_header() -> None:
    with pytest.raises(WireError, match=r"there: .*uint16\(4, 64, 72\), but nothing came"):
        received_raw(None, head(0), "there")
    with pytest.raises(WireError, match=r"but uint16\(4, 64, 71\) came"):
        received_raw(DATA[0][..., 1:], head(0), "there")


def test_wrong_inversions_are_dropped_and_the_right_ones_registered_as_if_nothing_had_been(stage: Stage) -> None:
    stage.tell(stage.welcome(), {"raw": DATA[0]})
    stage.until(lambda: stage.aligner.placer is not None)
    for change in WRONG_INVERSIONS.values():
        stage.worker.send(offer(0), inversion(0, **change))
    hostile = [parts for _, parts in hostile_messages() if parts]
    for parts in hostile:
        stage.worker.socket.send_multipart(parts)
    for k in (2, 0, 1):
        stage.worker.send(offer(k), inversion(k))
    assert same(stage.expect(RegisteredOffer, 3), expected())
    assert stage.dropped >= len(WRONG_INVERSIONS) + len(hostile)


def test_a_frame_of_another_scan_is_dropped_however_well_it_agrees_with_itself(stage: Stage) -> None:
    stage.tell(stage.welcome(), {"raw": DATA[0]})
    stage.until(lambda: stage.aligner.placer is not None)
    smaller = {name: np.ascontiguousarray(plane[..., :32, :]) for name, plane in inversion(0).items()}
    stage.worker.send(offer(0, header=head(0, shape=(4, 32, 72))), smaller)
    stage.worker.send(offer(0, header=head(0, pixel_size_nm=(2.0, 2.0))), inversion(0))
    stage.until(lambda: stage.dropped == 2)
    for k in range(3):
        stage.worker.send(offer(k), inversion(k))
    assert same(stage.expect(RegisteredOffer, 3), expected())


def test_an_inversion_that_comes_before_any_reference_is_nothing(stage: Stage) -> None:
    stage.tell(stage.welcome(header=None, calibration=None))
    stage.until(lambda: stage.aligner.buffer is not None)
    stage.worker.send(offer(0), inversion(0))
    stage.tell(stage.welcome(), {"raw": DATA[0]})
    stage.until(lambda: stage.aligner.placer is not None)
    stage.worker.send(offer(0), inversion(0))
    assert [held.sequence for held in stage.expect(Held)] == [0]
    assert stage.dropped == 0


def test_a_frame_passed_over_while_the_first_one_waits_is_handed_on_between_it_and_the_next(stage: Stage) -> None:
    """The hub drops what is handed on out of turn, and would wait for it in vain."""
    stage.tell(stage.welcome(), {"raw": DATA[0]})
    stage.until(lambda: stage.aligner.placer is not None)
    stage.worker.send(offer(0), inversion(0))
    stage.expect(Held)
    stage.tell(Skip(sequence=1, after=0))
    stage.worker.send(offer(2), inversion(2))
    stage.expect(RegisteredOffer, 2)
    stage.expect(Skipped)
    assert [m.sequence for m in stage.said if isinstance(m, RegisteredOffer | Skipped)] == [0, 1, 2]


# -- what the hub sends ----------------------------------------------------------------------------------------------


def test_a_welcome_whose_reference_is_not_its_headers_is_dropped_and_the_next_one_counts(stage: Stage) -> None:
    raw = DATA[0]
    wrong: list[dict[str, AnyArray]] = [{"raw": a} for a in (raw[:, :-1], raw[:3], raw.astype(np.uint8))]
    for count, arrays in enumerate([{}, {"other": raw}, *wrong], start=1):
        stage.tell(stage.welcome(), arrays)
        stage.until(lambda count=count: stage.dropped == count)  # type: ignore[misc]
        assert stage.aligner.placer is None
    stage.tell(stage.welcome(), {"raw": DATA[0]})
    stage.until(lambda: stage.aligner.placer is not None)
    for k in range(3):
        stage.worker.send(offer(k), inversion(k))
    assert same(stage.expect(RegisteredOffer, 3), expected())


def test_a_welcome_with_a_calibration_for_other_segments_is_dropped(stage: Stage) -> None:
    stage.tell(stage.welcome(calibration=calibration(3)), {"raw": DATA[0]})
    stage.until(lambda: stage.dropped == 1)
    assert stage.aligner.placer is None
    stage.tell(stage.welcome(), {"raw": DATA[0]})
    stage.until(lambda: stage.aligner.placer is not None)


def test_a_welcome_that_arrives_damaged_is_dropped(stage: Stage) -> None:
    stage.expect(Hello)
    head_part, array = (bytes(part) for part in encode(stage.welcome(), {"raw": DATA[0]}))
    for damaged in ([head_part], [head_part, array[:-1]], [head_part, bytes(len(array))], [head_part[:-1], array]):
        stage.hub.socket.send_multipart([b"registration", *damaged])
    stage.until(lambda: stage.dropped == 4)
    assert stage.aligner.buffer is None


def resumable() -> tuple[bytes, list[Placed], list[int]]:
    """A state after the second frame, what comes after it, and the frames it asks for besides the reference."""
    placed = expected()
    state = placed[1].state
    return state, placed[2:], [s for s in frames_needed(state) if s != 0]


def test_recalled_frames_that_are_not_what_was_asked_for_are_dropped(stage: Stage) -> None:
    state, after, needed = resumable()
    stage.tell(stage.welcome(state=state, last=1), {"raw": DATA[0]})
    assert [list(asked.sequences) for asked in stage.expect(Recall)] == [needed]
    wrong: list[tuple[int, dict[str, AnyArray]]] = [
        (needed[0], {}),
        (needed[0], {"raw": DATA[1][:, 1:]}),
        (needed[0], {"raw": DATA[1].astype(np.float32)}),
        (2, {"raw": DATA[2]}),
        (0, {"raw": DATA[0]}),
    ]
    for sequence, arrays in wrong:
        stage.tell(Recalled(sequence=sequence), arrays)
    stage.until(lambda: stage.dropped == len(wrong))
    assert stage.aligner.placer is None
    stage.worker.send(offer(2), inversion(2))
    for sequence in needed:
        stage.tell(Recalled(sequence=sequence), {"raw": DATA[sequence]})
    assert same(stage.expect(RegisteredOffer), after)
    assert stage.dropped == len(wrong)


def test_a_frame_recalled_that_nobody_waits_for_is_nothing(stage: Stage) -> None:
    stage.tell(stage.welcome(), {"raw": DATA[0]})
    stage.tell(Recalled(sequence=1), {"raw": DATA[1]})
    stage.worker.send(offer(0), inversion(0))
    stage.expect(Held)
    stage.tell(NoMore(after=0))
    assert [told.sequence for told in stage.expect(RegisteredOffer)] == [0]
    assert stage.dropped == 0


def test_a_second_welcome_forgets_what_the_first_had_brought(stage: Stage) -> None:
    """The hub was restarted: links under way are handed out again, so nothing of before may be handed on."""
    stage.tell(stage.welcome(), {"raw": DATA[0]})
    stage.until(lambda: stage.aligner.placer is not None)
    stage.worker.send(offer(0), inversion(0))
    stage.expect(Held)
    before = stage.aligner.placer
    stage.tell(stage.welcome(), {"raw": DATA[0]})
    stage.until(lambda: stage.aligner.placer is not before)
    for k in range(3):
        stage.worker.send(offer(k), inversion(k))
    assert same(stage.expect(RegisteredOffer, 3), expected())
