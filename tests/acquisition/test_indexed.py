from __future__ import annotations

from itertools import islice
from threading import Event

import msgspec
import pytest

from eclips4d.acquisition.fakes import FakeSource
from eclips4d.acquisition.indexed import IndexedSource
from eclips4d.acquisition.pace import Pace, parse_speed
from eclips4d.core.errors import InputError, SourceError


def indexed(*, live: bool, frames: int | None = 6, pace: Pace | None = None, buffered: int = 16, read=None):
    fake = FakeSource(10_000)
    info = msgspec.structs.replace(fake.info, frames=frames, can_wait=not live)
    return IndexedSource(info, read or fake.frame, pace=pace or Pace(None), buffered=buffered)


@pytest.mark.parametrize(("text", "speed"), [("realtime", 1.0), ("max", None), ("4x", 4.0), ("0.5x", 0.5)])
def test_speeds(text: str, speed: float | None) -> None:
    assert parse_speed(text) == speed


@pytest.mark.parametrize("text", ["", "x", "0x", "-2x", "nanx", "infx", "4", "fast"])
def test_other_speeds_are_refused(text: str) -> None:
    with pytest.raises(InputError, match="realtime, max"):
        parse_speed(text)


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def is_set(self) -> bool:
        return False

    def wait(self, seconds: float) -> bool:
        self.now += seconds
        return False


@pytest.mark.parametrize("speed", [1.0, 4.0, 0.25])
def test_frames_are_due_at_their_times_over_the_speed(speed: float) -> None:
    clock = Clock()
    pace = Pace(speed, clock=clock)
    pace.start(2.0)
    for time_s in (2.5, 3.0, 7.0):
        assert pace.wait(time_s, clock) == pytest.approx(0.0)
        assert clock.now == pytest.approx(100.0 + (time_s - 2.0) / speed)


def test_a_late_frame_does_not_delay_the_next() -> None:
    clock = Clock()
    pace = Pace(1.0, clock=clock)
    pace.start(0.0)
    clock.now += 3.0
    assert pace.wait(1.0, clock) == pytest.approx(2.0)
    assert pace.wait(4.0, clock) == pytest.approx(0.0)
    assert clock.now == pytest.approx(104.0)


@pytest.mark.parametrize("live", [False, True])
def test_frames_come_in_order_and_are_counted(live: bool) -> None:
    with indexed(live=live) as source:
        assert [f.header.sequence for f in source.frames(2)] == [2, 3, 4, 5]
        assert source.health().state == "ended"
        assert source.health().delivered == 4


@pytest.mark.parametrize("live", [False, True])
def test_gaps_of_the_original_run_are_left_out(live: bool) -> None:
    fake = FakeSource(6)
    with indexed(live=live, read=lambda k: None if k == 3 else fake.frame(k)) as source:
        assert [f.header.sequence for f in source.frames()] == [0, 1, 2, 4, 5]


@pytest.mark.parametrize("live", [False, True])
def test_a_failing_read_reaches_the_reader(live: bool) -> None:
    fake = FakeSource(6)

    def read(sequence: int):
        if sequence == 2:
            raise SourceError("the scan broke off")
        return fake.frame(sequence)

    with indexed(live=live, read=read) as source:
        frames = source.frames()
        assert [next(frames).header.sequence for _ in range(2)] == [0, 1]
        with pytest.raises(SourceError, match="broke off"):
            next(frames)
        assert source.health().state == "failed"
        assert "broke off" in source.health().reason


def test_a_live_source_goes_on_while_its_reader_is_busy_and_counts_what_it_loses() -> None:
    """With room for three, who sleeps through frames 1-9 finds the first of them, and is told of the rest."""
    fake, taken = FakeSource(10), Event()

    def read(sequence: int):
        if sequence == 9:
            taken.set()
        return fake.frame(sequence)

    with indexed(live=True, frames=10, buffered=3, read=read) as source:
        frames = source.frames()
        first = next(frames)
        taken.wait()
        rest = [f.header.frame_id for f in frames]
        assert first.header.frame_id == 0
        # Frame 0 takes one of the three places for as long as the reader has not come for it.
        assert len(rest) >= 2 and rest == sorted(set(rest))
        assert source.health().lost + source.health().delivered == 10


def test_an_endless_live_source_can_be_left_in_the_middle() -> None:
    with indexed(live=True, frames=None, pace=Pace(1.0)) as source:
        frames = source.frames()
        assert [f.header.sequence for f in islice(frames, 2)] == [0, 1]
        frames.close()


def test_an_endless_live_source_can_be_closed_under_its_reader() -> None:
    source = indexed(live=True, frames=None, pace=Pace(1.0))
    frames = source.frames()
    next(frames)
    source.close()
    assert len(list(frames)) <= 16


def test_continuing_goes_on_at_the_same_time() -> None:
    with indexed(live=False) as one, indexed(live=False) as two:
        assert [f.header.start_s for f in one.frames()][3:] == [f.header.start_s for f in two.frames(3)]
