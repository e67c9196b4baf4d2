"""Rows of a frame that is being scanned: when they are told, and that the frames stay what they are."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eclips4d.acquisition.conformance import ConformanceError, strips_are_parts_of_frames
from eclips4d.acquisition.fakes import FakeSource
from eclips4d.acquisition.indexed import IndexedSource
from eclips4d.acquisition.open import open_source
from eclips4d.acquisition.pace import Pace
from eclips4d.acquisition.strips import LEAST_ROWS, MOST_STRIPS, Strips, StripSource, strip_ends
from eclips4d.core.frame import Frame

SLOW = "sim://copper-redox?size=32&fps=20&frames=4&seed=5&render=live"


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


class Waiting(Pace):
    """A pace whose waits take no time, and are written down."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(1.0, clock=clock)
        self.untils: list[float] = []

    def wait(self, until_s: float, stopped: object) -> float:
        self.untils.append(until_s)
        return 0.0


@given(rows=st.integers(1, 5000), count=st.integers(1, 100))
def test_strips_of_a_frame_are_alike_and_the_last_is_the_frame(rows: int, count: int) -> None:
    ends = (0, *strip_ends(rows, count), rows)
    heights = [b - a for a, b in pairwise(ends)]
    assert len(heights) <= max(1, min(count, MOST_STRIPS))
    assert len(heights) == 1 or min(heights) >= LEAST_ROWS
    assert max(heights) - min(heights) <= 1


def slow_frame(sequence: int) -> Frame:
    """Of 12 rows, 0.5 ms each."""
    frame = FakeSource(100).frame(sequence)
    return Frame(msgspec.structs.replace(frame.header, line_time_s=5e-4), frame.data)


def test_rows_are_told_when_the_beam_has_passed_them() -> None:
    pace, told = Waiting(Clock()), []
    info = msgspec.structs.replace(FakeSource(100).info, frames=2)
    with IndexedSource(info, slow_frame, pace=pace) as source:
        source.give_strips(Strips(3, lambda header, raw: told.append((header.sequence, raw.shape[1]))))
        frames = list(source.frames())
    assert told == [(0, 4), (0, 8), (1, 4), (1, 8)]
    assert pace.untils == pytest.approx([0.002, 0.004, 0.01, 0.012, 0.014, 0.02])
    assert [frame.header.sequence for frame in frames] == [0, 1]


def test_a_source_that_is_read_as_fast_as_it_can_be_has_no_strips() -> None:
    told: list[object] = []
    info = msgspec.structs.replace(FakeSource(100).info, frames=2)
    with IndexedSource(info, slow_frame, pace=Pace(None)) as source:
        source.give_strips(Strips(3, lambda header, raw: told.append(raw)))
        assert len(list(source.frames())) == 2
    assert told == []


def test_frames_are_the_same_whether_or_not_anybody_takes_strips() -> None:
    with open_source(SLOW) as alone, open_source(SLOW) as watched:
        assert isinstance(watched, StripSource)
        rows: list[int] = []
        watched.give_strips(Strips(8, lambda header, raw: rows.append(raw.shape[1])))
        for one, two in zip(alone.frames(), watched.frames(), strict=True):
            assert one.header == two.header
            assert one.data.tobytes() == two.data.tobytes()
    assert rows == [4, 8, 12, 16, 20, 24, 28] * 4


def test_strips_of_another_frame_are_noticed() -> None:
    class Wrong(IndexedSource):
        def give_strips(self, strips: Strips) -> None:
            super().give_strips(Strips(strips.count, lambda header, raw: strips.take(header, raw + 1)))

    info = msgspec.structs.replace(FakeSource(100).info, frames=2)
    with pytest.raises(ConformanceError, match="first rows"):
        strips_are_parts_of_frames(lambda: Wrong(info, slow_frame, pace=Waiting(Clock())))
    strips_are_parts_of_frames(lambda: open_source(SLOW))
