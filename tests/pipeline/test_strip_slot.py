"""Rows of the frame that is being scanned leave acquisition one at a time, the newest, and never twice."""

from __future__ import annotations

import numpy as np
import pytest

from eclips4d.acquisition.fakes import FakeSource
from eclips4d.acquisition.strips import Strips
from eclips4d.core.frame import FrameHeader
from eclips4d.pipeline import strip_slot
from eclips4d.pipeline.strip_slot import StripSlot


class Scanning(FakeSource):
    """A source whose strips the test hands over."""

    strips: Strips | None = None

    def give_strips(self, strips: Strips) -> None:
        self.strips = strips

    def scan(self, sequence: int, rows: int) -> FrameHeader:
        assert self.strips is not None
        frame = self.frame(sequence)
        self.strips.take(frame.header, frame.data[:, :rows])
        return frame.header


@pytest.fixture
def source():
    with Scanning(10) as source:
        yield source


def test_only_the_newest_rows_leave_and_the_others_are_counted(source: Scanning) -> None:
    woken: list[int] = []
    slot = StripSlot(source, 4, lambda: woken.append(1))
    for rows in (3, 6, 9):
        source.scan(2, rows)
    sent = slot.next(2)
    assert sent is not None
    offer, raw = sent
    assert (offer.rows, offer.dropped, offer.header.sequence) == (9, 2, 2)
    assert raw.flags.c_contiguous
    np.testing.assert_array_equal(raw, source.frame(2).data[:, :9])
    assert len(woken) == 3
    assert slot.next(2) is None


def test_nothing_leaves_before_what_was_sent_is_answered_or_lost(
    source: Scanning, monkeypatch: pytest.MonkeyPatch
) -> None:
    slot = StripSlot(source, 4, lambda: None)
    source.scan(0, 3)
    assert slot.next(0) is not None
    source.scan(0, 6)
    assert slot.next(0) is None
    slot.answered()
    assert slot.next(0) is not None
    source.scan(0, 9)
    assert slot.next(0) is None
    monkeypatch.setattr(strip_slot, "NO_ANSWER_S", 0.0)
    assert slot.next(0) is not None


def test_rows_of_a_frame_that_has_come_whole_do_not_leave(source: Scanning) -> None:
    slot = StripSlot(source, 4, lambda: None)
    source.scan(3, 6)
    assert slot.next(4) is None
    source.scan(4, 6)
    sent = slot.next(4)
    assert sent is not None and (sent[0].header.sequence, sent[0].dropped) == (4, 1)


@pytest.mark.parametrize("strips", [0, 1])
def test_nobody_asks_for_strips_that_nobody_wants(source: Scanning, strips: int) -> None:
    slot = StripSlot(source, strips, lambda: None)
    assert source.strips is None
    assert slot.next(0) is None


def test_a_source_without_strips_has_none() -> None:
    with FakeSource(3) as source:
        assert StripSlot(source, 8, lambda: None).next(0) is None
